//! One turn of a conversation with the semantics of Lex V2: what was said, and the
//! session so far, give the next question. Pure; `answer` reads single answers.
//!
//! Friendlier than Lex in one thing: a question in the middle ("help", "status")
//! is answered without losing the conversation; Lex would switch intents.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::bot::{Bot, Intent};
use super::classify::{Match, classify};
use super::english::{is_anew, is_marker, is_no, is_thumb_up, is_yes};
use super::reading::{Rank, Reader};
use super::sentence::Sentence;
use super::turn::{Next, Session, Slots, Turn};
use super::vocabulary::Vocabulary;
use super::{intent, prompt};

/// Everything a turn depends on besides the session and the text.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// The manifest.
    pub bot: &'a Bot,
    /// The values of the moment.
    pub vocabulary: &'a Vocabulary,
    /// What is known about the person, like `UserName`.
    pub attributes: &'a BTreeMap<String, String>,
    /// The time of the turn.
    pub now: Timestamp,
}

/// What a turn leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The session to keep; `None` when there is nothing to remember.
    pub session: Option<Session>,
    /// What to tell the person.
    pub turn: Turn,
}

impl Outcome {
    /// With other words when nothing was understood and they say why.
    fn told_if(mut self, applies: bool, words: impl Fn() -> String) -> Self {
        if applies && self.turn.next == Next::NotUnderstood {
            self.turn.message = words();
        }
        self
    }
}

impl<'a> Engine<'a> {
    /// Takes one turn. A session past its time is as good as none.
    ///
    /// # Errors
    /// As [`Engine::readable`].
    pub fn turn(&self, session: Option<Session>, text: &str) -> Result<Outcome, String> {
        self.readable(session.as_ref(), text)?;
        let sentence = Sentence::new(text);
        let late = session.as_ref().is_some_and(|session| session.is_open() && session.expires_at <= self.now);
        let session = session.filter(|session| self.now < session.expires_at);
        let held = session.as_ref().and_then(|session| self.bot.intent(&session.intent));
        Ok(match (session, held) {
            (Some(session), Some(intent)) => self.go_on(intent, session, &sentence),
            _ => self.start(None, &sentence).told_if(late, || self.fell_silent()),
        })
    }

    /// Takes back a slot's value and asks for it again. Without a session, a new
    /// conversation of the first intent that asks for the slot; `None` if none does.
    #[must_use]
    pub fn elicit_again(&self, session: Option<Session>, slot: &str) -> Option<Outcome> {
        let live = session.filter(|session| self.now < session.expires_at);
        let has = |intent: &&Intent| intent.slot(slot).is_some();
        let held = live.as_ref().and_then(|session| self.bot.intent(&session.intent)).filter(has);
        let intent = held.or_else(|| self.bot.intents.iter().find(|intent| intent.asks() && has(intent)))?;
        let mut session = live.filter(|_| held.is_some()).unwrap_or_else(|| self.new_session(intent, Slots::new()));
        session.slots.remove(slot);
        session.misses = 0;
        session.next = Next::ElicitSlot(slot.to_owned());
        Some(self.ask(intent, session, false))
    }

    fn go_on(&self, intent: &'a Intent, session: Session, sentence: &Sentence<'_>) -> Outcome {
        let asked = match &session.next {
            Next::ElicitSlot(slot) => intent.slot(slot),
            Next::Confirm => None,
            _ => return self.start(Some(session), sentence),
        };
        if self.begins_anew(intent, sentence) {
            return self.advance(intent, self.new_session(intent, Slots::new()));
        }
        if let Some(outcome) = self.interlude(intent, &session, sentence, true) {
            return outcome;
        }
        match asked {
            Some(slot) => self.answer(intent, slot, session, sentence),
            None => self.confirm(intent, session, sentence),
        }
    }

    /// Begins a conversation; `kept` is a finished one that may be reopened.
    fn start(&self, kept: Option<Session>, sentence: &Sentence<'_>) -> Outcome {
        match classify(self.bot, self.vocabulary, sentence, true) {
            Some(found) => self.begin(kept, found),
            None => Outcome { session: kept, turn: self.not_understood() },
        }
    }

    fn begin(&self, kept: Option<Session>, found: Match<'a>) -> Outcome {
        let slots: Slots = found.reading.found.into_iter().map(|found| (found.slot, found.value)).collect();
        if found.intent.asks() {
            return self.advance(found.intent, self.new_session(found.intent, slots));
        }
        let message = found.intent.response.as_deref().map(|text| self.say(text, &slots)).unwrap_or_default();
        let turn = Turn { intent: found.intent.name.clone(), slots, next: Next::Ready, message, behind: None };
        Outcome { session: kept, turn }
    }

    fn new_session(&self, intent: &Intent, slots: Slots) -> Session {
        Session { intent: intent.name.clone(), slots, next: Next::Ready, misses: 0, expires_at: self.now }
    }

    /// Goes on with what is missing, then the confirmation, then nothing.
    pub(super) fn advance(&self, intent: &Intent, mut session: Session) -> Outcome {
        session.misses = 0;
        session.next = intent.awaited(&session.slots);
        self.ask(intent, session, false)
    }

    /// Puts the question the session waits for and keeps the session.
    pub(super) fn ask(&self, intent: &Intent, mut session: Session, retry: bool) -> Outcome {
        let message = self.question(intent, &session, retry);
        let idle = SignedDuration::from_secs(i64::from(self.bot.idle_session_seconds));
        session.expires_at = self.now.checked_add(idle).unwrap_or(Timestamp::MAX);
        let (slots, next) = (session.slots.clone(), session.next.clone());
        let turn = Turn { intent: intent.name.clone(), slots, next, message, behind: None };
        Outcome { session: Some(session), turn }
    }

    pub(super) fn question(&self, intent: &Intent, session: &Session, retry: bool) -> String {
        let template = match &session.next {
            Next::ElicitSlot(slot) => intent.slot(slot).map(|slot| (&slot.prompt, &slot.retry)),
            Next::Confirm => intent.confirmation.as_ref().map(|asked| (&asked.prompt, &asked.retry)),
            Next::Ready | Next::Ended | Next::NotUnderstood => None,
        };
        let template = template.map(|(first, again)| if retry { again } else { first });
        template.map(|text| self.say(text, &session.slots)).unwrap_or_default()
    }

    /// An answer that did not fit: ask again, or give up.
    pub(super) fn miss(&self, intent: &Intent, mut session: Session) -> Outcome {
        session.misses += 1;
        if session.misses < self.bot.max_attempts {
            return self.ask(intent, session, true);
        }
        Outcome { session: None, turn: self.gave_up(session) }
    }

    fn ended(&self, session: Session) -> Outcome {
        Outcome { session: None, turn: self.declined(session) }
    }

    /// "start over", or what the conversation began with and nothing else.
    fn begins_anew(&self, held: &Intent, sentence: &Sentence<'_>) -> bool {
        let found = || classify(self.bot, self.vocabulary, sentence, false);
        let same = |found: &Match<'_>| found.intent.name == held.name && found.whole && found.reading.is_empty();
        is_anew(&sentence.words) || found().is_some_and(|found| same(&found))
    }

    /// Another intent in the middle of a conversation. `strict`: only when the
    /// sentence says nothing else, so that an answer is never mistaken for it.
    pub(super) fn interlude(
        &self,
        held: &Intent,
        session: &Session,
        sentence: &Sentence<'_>,
        strict: bool,
    ) -> Option<Outcome> {
        let found = classify(self.bot, self.vocabulary, sentence, false)?;
        let answers = found.bare && found.intent.asks();
        if found.intent.name == held.name || answers || (strict && !found.whole) {
            return None;
        }
        if found.intent.name == intent::CANCEL_REQUEST && found.reading.found.is_empty() {
            return Some(self.ended(session.clone()));
        }
        if found.intent.asks() {
            return Some(self.begin(None, found));
        }
        let mut pending = self.ask(held, session.clone(), false);
        pending.turn = self.back_to(session.clone(), self.begin(None, found).turn);
        Some(pending)
    }

    fn confirm(&self, intent: &'a Intent, mut session: Session, sentence: &Sentence<'_>) -> Outcome {
        if is_yes(&sentence.words) || is_thumb_up(sentence.text) {
            session.next = Next::Ready;
            return self.ask(intent, session, false);
        }
        if is_no(&sentence.words) {
            return self.ended(session);
        }
        let reading = self.reader(intent).read(sentence, None);
        let marked = sentence.words.iter().any(|word| is_marker(&word.text));
        let free =
            |slot: &str| intent.slot(slot).is_some_and(|slot| matches!(self.bot.kind(slot), super::bot::Kind::Free));
        let meant = reading.found.iter().filter(|found| marked || found.rank > Rank::Bare || !free(&found.slot));
        let changes: Slots = meant.map(|found| (found.slot.clone(), found.value.clone())).collect();
        if !changes.is_empty() {
            session.slots.extend(changes);
            return self.advance(intent, session);
        }
        if let Some(slot) = reading.mentioned.into_iter().next() {
            session.slots.remove(&slot);
            session.misses = 0;
            session.next = Next::ElicitSlot(slot);
            return self.ask(intent, session, false);
        }
        self.interlude(intent, &session, sentence, false).unwrap_or_else(|| self.miss(intent, session))
    }

    /// Nobody said anything for too long.
    fn fell_silent(&self) -> String {
        let minutes = self.bot.idle_session_seconds / 60;
        format!(
            "Our conversation ended after {minutes} minutes of silence, and nothing was requested. \
             Say \"new account\" to begin anew."
        )
    }

    /// Nothing fits: what the bot can do.
    #[must_use]
    pub fn not_understood(&self) -> Turn {
        let message = self.say(self.bot.fallback(), &Slots::new());
        Turn { intent: self.fallback_name(), slots: Slots::new(), next: Next::NotUnderstood, message, behind: None }
    }

    pub(super) fn fallback_name(&self) -> String {
        let fallback = self.bot.intents.iter().find(|intent| intent.fallback);
        fallback.map_or(intent::FALLBACK, |intent| &intent.name).to_owned()
    }

    pub(super) fn reader(&self, intent: &'a Intent) -> Reader<'a> {
        Reader { bot: self.bot, vocabulary: self.vocabulary, intent }
    }

    pub(super) fn say(&self, template: &str, slots: &Slots) -> String {
        prompt::fill(template, |name| self.attributes.get(name).cloned(), |slot| slots.get(slot).cloned())
    }
}
