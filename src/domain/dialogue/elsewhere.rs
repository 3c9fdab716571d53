//! The manifest's words and rules for an engine that understands and keeps its
//! sessions elsewhere: what to say to a state it is told of. Pure; knows no vendor.

use super::bot::{Bot, Intent};
use super::engine::{Engine, Outcome};
use super::sentence::Sentence;
use super::turn::{Next, Session, Slots, Turn};
use crate::domain::text::one_line;

/// The longest text taken, in UTF-16 units (the limit of Lex V2).
const TEXT_MAX: usize = 1024;
/// There is nothing to read.
pub(super) const BLANK: &str = "There is no text; please write a sentence.";
/// There is more than [`TEXT_MAX`].
pub(super) const TOO_LONG: &str = "The text is longer than 1,024 characters; please say it in fewer words.";

/// Why a text can be no turn at all.
fn fault(text: &str) -> Option<&'static str> {
    if one_line(text).is_empty() {
        return Some(BLANK);
    }
    (text.encode_utf16().count() > TEXT_MAX).then_some(TOO_LONG)
}

impl<'a> Engine<'a> {
    /// Whether a text can be a turn of this session.
    ///
    /// # Errors
    /// What the person is told: why not, and the question that is still open.
    pub fn readable(&self, session: Option<&Session>, text: &str) -> Result<(), String> {
        let Some(why) = fault(text) else { return Ok(()) };
        let open = session.filter(|session| session.is_open() && self.now < session.expires_at);
        let question = open.map(|session| self.tell(session.clone()).message).unwrap_or_default();
        Err(format!("{why} {question}").trim().to_owned())
    }

    /// The turn that tells of a session as it stands.
    #[must_use]
    pub fn tell(&self, session: Session) -> Turn {
        let Some(intent) = self.bot.intent(&session.intent) else { return self.not_understood() };
        let words = match session.next {
            Next::Ended => return self.declined(session),
            Next::Ready => intent.response.as_deref().map(|text| self.say(text, &session.slots)).unwrap_or_default(),
            _ => self.question(intent, &session, false),
        };
        Turn { intent: session.intent, slots: session.slots, next: session.next, message: words, behind: None }
    }

    /// Goes on with a session: asks for what is missing, then for a yes to the whole.
    #[must_use]
    pub fn ask_on(&self, session: Session) -> Outcome {
        match self.bot.intent(&session.intent) {
            Some(intent) => self.advance(intent, session),
            None => Outcome { session: None, turn: self.not_understood() },
        }
    }

    /// Answers too often did not fit.
    #[must_use]
    pub fn gave_up(&self, session: Session) -> Turn {
        let words = self.bot.intent(&session.intent).and_then(|intent| intent.gave_up.as_deref());
        let message = self.say(words.unwrap_or(self.bot.fallback()), &session.slots);
        Turn { intent: self.fallback_name(), slots: session.slots, next: Next::Ended, message, behind: None }
    }

    /// The person wants no more of it.
    #[must_use]
    pub fn declined(&self, session: Session) -> Turn {
        let confirmation = self.bot.intent(&session.intent).and_then(|intent| intent.confirmation.as_ref());
        let words = confirmation.map_or("OK, I have stopped.", |confirmation| confirmation.declined.as_str());
        let message = self.say(words, &session.slots);
        Turn { intent: session.intent, slots: session.slots, next: Next::Ended, message, behind: None }
    }

    /// Back to a conversation after `other` was answered in the middle of it.
    #[must_use]
    pub fn back_to(&self, held: Session, other: Turn) -> Turn {
        let pending = self.tell(held);
        if other.message.is_empty() {
            Turn { behind: Some(Box::new(pending)), ..other }
        } else {
            Turn { message: format!("{}\n\n{}", other.message, pending.message), ..pending }
        }
    }

    /// What a sentence says about an intent's slots.
    #[must_use]
    pub fn values(&self, intent: &'a Intent, text: &str) -> Slots {
        let reading = self.reader(intent).read(&Sentence::new(text), None);
        reading.found.into_iter().map(|found| (found.slot, found.value)).collect()
    }
}

impl Intent {
    /// What a conversation with these slots waits for.
    #[must_use]
    pub fn awaited(&self, slots: &Slots) -> Next {
        let missing = self.slots.iter().find(|slot| slot.required && !slots.contains_key(&slot.name));
        match (missing, &self.confirmation) {
            (Some(slot), _) => Next::ElicitSlot(slot.name.clone()),
            (None, Some(_)) => Next::Confirm,
            (None, None) => Next::Ready,
        }
    }
}

impl Bot {
    /// Whether a text is one of the manifest's messages with its placeholders still in it.
    #[must_use]
    pub fn has_template(&self, text: &str) -> bool {
        let slots = |intent: &'_ Intent| intent.slots.iter().any(|slot| slot.prompt == text || slot.retry == text);
        let whole = |intent: &Intent| {
            intent.confirmation.as_ref().is_some_and(|asked| {
                [&asked.prompt, &asked.retry, &asked.declined].into_iter().any(|template| template == text)
            })
        };
        let own = |intent: &Intent| intent.response.as_deref() == Some(text) || intent.gave_up.as_deref() == Some(text);
        text.contains(['{', '[']) && self.intents.iter().any(|intent| slots(intent) || whole(intent) || own(intent))
    }
}
