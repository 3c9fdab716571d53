//! The conversation engine Amazon Lex V2. Lex understands and keeps the session; this
//! asks it, one turn at a time, and does what Lex has no notion of: corrections of
//! answers already given, and a question in the middle of a conversation. What a
//! finished conversation means is the service's business.
//!
//! Every turn looks at the session first (`GetSession`), so that any replica may take
//! it: nothing is remembered here between two turns.

mod calls;
mod mending;
mod state;
pub mod template;
mod turns;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use self::calls::{Calls, Seen, Trouble};
use self::state::Told;
use self::turns::Turns;
use crate::adapters::aws::connection::Connection;
use crate::domain::dialogue::bot::Kind;
use crate::domain::dialogue::engine::Outcome;
use crate::domain::dialogue::{Bot, Engine, Next, Session, Turn, Vocabulary, intent};
use crate::ports::dialogue::{Dialogue, DialogueError, SessionKey};

pub use self::calls::LexBot;

/// Talks through a bot that was made from the manifest.
pub struct LexDialogue {
    calls: Calls,
    bot: Bot,
    vocabulary: Vocabulary,
    turns: Turns,
}

/// One turn: whose, with what, and what was there before.
struct Asked<'a> {
    session: &'a SessionKey,
    text: &'a str,
    attributes: &'a BTreeMap<String, String>,
    before: Option<Session>,
}

impl LexDialogue {
    /// Talks to `lex`, which was made from the manifest `bot`.
    #[must_use]
    pub fn new(connection: &Connection, lex: LexBot, bot: Bot) -> Self {
        Self { calls: Calls::new(connection, lex), bot, vocabulary: Vocabulary::default(), turns: Turns::default() }
    }

    /// Says which values a slot type has here, for corrections. What Lex itself
    /// understands is what the bot was rendered with.
    pub fn offer(&mut self, slot_type: &str, values: Vec<String>) {
        self.vocabulary.offer(slot_type, values);
    }

    /// The manifest's semantics, for what Lex does not do. Time plays no part: Lex keeps the sessions.
    fn engine<'a>(&'a self, attributes: &'a BTreeMap<String, String>) -> Engine<'a> {
        Engine { bot: &self.bot, vocabulary: &self.vocabulary, attributes, now: Timestamp::UNIX_EPOCH }
    }

    async fn look(&self, key: &SessionKey) -> Result<(Option<Seen>, Option<Session>), DialogueError> {
        let seen = self.calls.look(key).await?;
        let told = seen.as_ref().map(|seen| self.read(seen)).transpose()?;
        Ok((seen, told.map(|told| told.session)))
    }

    fn read(&self, seen: &Seen) -> Result<Told, DialogueError> {
        state::read(&self.bot, seen.state.as_ref()).map_err(DialogueError::Unavailable)
    }

    /// Sends the turn. When nobody knows whether Lex took it, looks: a session that
    /// moved on has the answer, one that did not is asked once more.
    async fn recognize(&self, asked: &Asked<'_>, before: Option<&Seen>) -> Result<Seen, DialogueError> {
        let send = || self.calls.recognize(asked.session, asked.text, state::with_attributes(asked.attributes));
        let why = match send().await {
            Err(Trouble::Unknown(why)) => why,
            known => return Ok(known?),
        };
        tracing::warn!(error = %why, "whether Lex took a turn is not known: looking");
        match self.calls.look(asked.session).await? {
            Some(now) if before.is_none_or(|before| *before != now) => Ok(now),
            _ => Ok(send().await?),
        }
    }

    /// Makes the session wait for what the outcome waits for, unless it does already.
    async fn keep(&self, asked: &Asked<'_>, outcome: Outcome) -> Result<Turn, DialogueError> {
        match &outcome.session {
            Some(session) if asked.before.as_ref().is_some_and(|before| same(before, session)) => {}
            Some(session) => self.put(asked.session, session, asked.attributes).await?,
            None => self.calls.delete(asked.session).await?,
        }
        Ok(outcome.turn)
    }

    async fn put(
        &self,
        key: &SessionKey,
        session: &Session,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), DialogueError> {
        let state = state::write(session, attributes).map_err(|error| DialogueError::Unavailable(error.to_string()))?;
        Ok(self.calls.put(key, state).await?)
    }

    /// What the person ends up with, from what Lex answered.
    async fn conclude(&self, asked: &Asked<'_>, seen: &Seen) -> Result<Turn, DialogueError> {
        let told = self.read(seen)?;
        let engine = self.engine(asked.attributes);
        let open = asked.before.as_ref().filter(|before| before.is_open());
        if told.session.next == Next::NotUnderstood {
            return match open {
                Some(before) => Ok(engine.gave_up(before.clone())),
                None => self.begin(asked, seen).await,
            };
        }
        let (session, more) = self.with_more(told.session.clone(), asked, engine);
        let Some(known) = self.bot.intent(&session.intent) else { return Ok(engine.not_understood()) };
        if !known.asks() && session.next == Next::Ready {
            return self.aside(asked, open, &session, seen).await;
        }
        let unsure = session.next == Next::Ready && known.confirmation.is_some() && !is_confirmed(&told, open);
        if !more && !unsure {
            return Ok(words(engine.tell(session), seen, &self.bot));
        }
        // The confirmation is asked for again: only a yes makes a request.
        self.keep(asked, engine.ask_on(session)).await
    }

    /// A conversation that Lex did not see begin: an account type alone is no utterance of the
    /// bot's, as Lex would take one in the middle of another conversation for a new one.
    async fn begin(&self, asked: &Asked<'_>, seen: &Seen) -> Result<Turn, DialogueError> {
        let engine = self.engine(asked.attributes);
        match engine.turn(None, asked.text) {
            Ok(outcome) if outcome.session.is_some() => self.keep(asked, outcome).await,
            _ => Ok(words(engine.not_understood(), seen, &self.bot)),
        }
    }

    /// Values that Lex cannot take out of a sentence, read out of it here: a slot of
    /// type `AMAZON.FreeFormInput` is recognized only when asked for, and a request's
    /// id is more than letters and digits.
    fn with_more(&self, mut session: Session, asked: &Asked<'_>, engine: Engine<'_>) -> (Session, bool) {
        let Some(known) = self.bot.intent(&session.intent) else { return (session, false) };
        if matches!(session.next, Next::Ended | Next::NotUnderstood) {
            return (session, false);
        }
        let read = engine.values(known, asked.text);
        let missing = known.slots.iter().filter(|slot| {
            matches!(self.bot.kind(slot), Kind::Free | Kind::Pattern(_)) && !session.slots.contains_key(&slot.name)
        });
        let more: Vec<_> = missing.filter_map(|slot| read.get_key_value(&slot.name)).collect();
        let found = !more.is_empty();
        session.slots.extend(more.into_iter().map(|(slot, value)| (slot.clone(), value.clone())));
        (session, found && known.asks())
    }

    /// An intent that asks nothing. Lex has switched to it; a conversation that was
    /// under way is taken up again, unless the person wants out of it.
    async fn aside(
        &self,
        asked: &Asked<'_>,
        open: Option<&Session>,
        session: &Session,
        seen: &Seen,
    ) -> Result<Turn, DialogueError> {
        let engine = self.engine(asked.attributes);
        let turn = words(engine.tell(session.clone()), seen, &self.bot);
        let Some(held) = open else { return Ok(turn) };
        if session.intent == intent::CANCEL_REQUEST && session.slots.is_empty() {
            return Ok(engine.declined(held.clone()));
        }
        self.put(asked.session, held, asked.attributes).await?;
        Ok(engine.back_to(held.clone(), turn))
    }

    /// What the manifest's own words settle and Lex would not: something said of other
    /// slots than the one asked for, a name that its list does not have, and anything but
    /// an answer to a question that Lex takes every text for (asked for
    /// `AMAZON.FreeFormInput`, it switches no intent).
    fn ours(&self, asked: &Asked<'_>) -> Option<Outcome> {
        let before = asked.before.as_ref().filter(|before| before.is_open())?;
        let outcome = self.engine(asked.attributes).turn(Some(before.clone()), asked.text).ok()?;
        let after = outcome.session.as_ref().filter(|after| after.intent == before.intent);
        let waits_for = match &before.next {
            Next::ElicitSlot(slot) => Some(slot),
            _ => None,
        };
        let answer = waits_for.and_then(|slot| after?.slots.get(slot));
        let answered = answer.is_some();
        let kind = waits_for.and_then(|slot| Some(self.bot.kind(self.bot.intent(&before.intent)?.slot(slot)?)));
        let free = matches!(kind, Some(Kind::Free));
        let made_up =
            answer.is_some_and(|value| matches!(kind, Some(Kind::Closed(list)) if !self.vocabulary.lists(list, value)));
        let changed = |slot: &String| after.is_some_and(|after| after.slots.get(slot) != before.slots.get(slot));
        let others = after.into_iter().flat_map(|after| after.slots.keys());
        let others = others.filter(|slot| Some(*slot) != waits_for).any(changed);
        let corrected = before.slots.keys().any(changed);
        (corrected || made_up || (others && !answered) || (free && !answered)).then_some(outcome)
    }
}

fn same(one: &Session, other: &Session) -> bool {
    (&one.intent, &one.slots, &one.next) == (&other.intent, &other.slots, &other.next)
}

/// A yes that Lex tells of; where it tells nothing, the question before counts.
fn is_confirmed(told: &Told, before: Option<&Session>) -> bool {
    told.confirmed.unwrap_or_else(|| before.is_some_and(|before| before.next == Next::Confirm))
}

/// The bot's own words where it has some, else the manifest's. A prompt that Lex did
/// not fill is filled here: whether it fills `{Slot}` is nowhere promised.
fn words(turn: Turn, seen: &Seen, bot: &Bot) -> Turn {
    let said: Vec<&str> = seen.messages.iter().filter_map(|message| message.content()).collect();
    let said = said.join("\n");
    if said.trim().is_empty() || bot.has_template(&said) { turn } else { Turn { message: said, ..turn } }
}

#[async_trait]
impl Dialogue for LexDialogue {
    async fn turn(
        &self,
        session: &SessionKey,
        text: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError> {
        let _alone = self.turns.of(session).await;
        let (seen, before) = self.look(session).await?;
        self.engine(attributes).readable(before.as_ref(), text).map_err(DialogueError::BadText)?;
        let asked = Asked { session, text, attributes, before };
        if let Some(outcome) = self.ours(&asked) {
            return self.keep(&asked, outcome).await;
        }
        let answer = self.recognize(&asked, seen.as_ref()).await?;
        self.conclude(&asked, &answer).await
    }

    /// By `PutSession`, so that it is kept in Lex at once: the next turn may be
    /// another process's, and must not have to know what this one wanted.
    async fn elicit_again(
        &self,
        session: &SessionKey,
        slot: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError> {
        let _alone = self.turns.of(session).await;
        let (_, before) = self.look(session).await?;
        let outcome = self.engine(attributes).elicit_again(before.clone(), slot);
        let outcome = outcome.ok_or_else(|| DialogueError::Unavailable(format!("the bot has no slot {slot}")))?;
        self.keep(&Asked { session, text: "", attributes, before }, outcome).await
    }

    async fn standing(&self, session: &SessionKey) -> Result<Option<Session>, DialogueError> {
        let (_, standing) = self.look(session).await?;
        Ok(standing.filter(Session::is_open))
    }

    async fn put_back(
        &self,
        session: &SessionKey,
        standing: Option<&Session>,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), DialogueError> {
        let _alone = self.turns.of(session).await;
        match standing {
            Some(standing) => self.put(session, standing, attributes).await,
            None => Ok(self.calls.delete(session).await?),
        }
    }
}
