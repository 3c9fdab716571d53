//! What a signed Slack body says, in this program's terms. Pure. Reads only the
//! few fields that are needed, so that a new field of Slack's breaks nothing.

mod commands;
mod events;
mod interactions;

use std::borrow::Cow;

use sha2::{Digest, Sha256};

pub use self::commands::Commanded;
pub use self::events::Said;
pub use self::interactions::{Pressed, Submitted};
use crate::domain::person::SlackUser;
use crate::domain::spec::hex;

/// Which of the three addresses a body came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Messages, mentions, the home page.
    Events,
    /// `/account`.
    Commands,
    /// Buttons and forms.
    Interactions,
}

impl Surface {
    /// The word kept with the job.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Commands => "commands",
            Self::Interactions => "interactions",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Events, Self::Commands, Self::Interactions].into_iter().find(|surface| surface.word() == word)
    }
}

/// What happened in Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// Slack asks whether this address is ours; the challenge is the answer.
    Challenge(String),
    /// Nothing for us: our own posts, edits, certificate checks, unknown events.
    Nothing,
    /// Somebody said something.
    Said(Said),
    /// Somebody opened the home page.
    HomeOpened(SlackUser),
    /// Somebody typed `/account`.
    Commanded(Commanded<'a>),
    /// Somebody pressed a button.
    Pressed(Pressed),
    /// Somebody sent a form.
    Submitted(Submitted),
}

/// The body is not what Slack sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a body Slack sends to this address")]
pub struct Unreadable;

/// Reads a body.
///
/// # Errors
/// When it does not have the shape Slack documents for this address.
pub fn read(surface: Surface, body: &str) -> Result<Incoming<'_>, Unreadable> {
    match surface {
        Surface::Events => events::read(body),
        Surface::Commands => commands::read(body),
        Surface::Interactions => interactions::read(body),
    }
}

/// Names a delivery for ever: every copy of one delivery has the same name. Names
/// begin with what Slack counts up, so that a store's index grows at its end: a
/// durable acknowledgement costs half of what it does under random names.
#[must_use]
pub fn delivery_key(surface: Surface, body: &str, incoming: &Incoming<'_>) -> String {
    let (counted, unique) = match incoming {
        // An event id is unique over all of Slack; hashed, so that its length is ours.
        Incoming::Said(said) if !said.event_id.is_empty() => (Cow::from(&said.ts), digest(&said.event_id)),
        Incoming::Said(said) => (Cow::from(&said.ts), digest(body)),
        // Commands and clicks carry a trigger id, so two clicks never have one name.
        Incoming::Commanded(commanded) => by_trigger(commanded.trigger(), body),
        Incoming::Pressed(pressed) => by_trigger(Cow::from(&pressed.trigger), body),
        Incoming::HomeOpened(_) => {
            (Cow::default(), events::event_id(body).map_or_else(|| digest(body), |id| digest(&id)))
        }
        Incoming::Submitted(_) | Incoming::Challenge(_) | Incoming::Nothing => (Cow::default(), digest(body)),
    };
    let digits = counted.bytes().take_while(u8::is_ascii_digit).take(15).count();
    let leading = &counted[..digits];
    format!("slack/{}/{leading:0>15}/{unique}", surface.word())
}

fn by_trigger<'a>(trigger: Cow<'a, str>, body: &str) -> (Cow<'a, str>, String) {
    let unique = digest(if trigger.is_empty() { body } else { &trigger });
    (trigger, unique)
}

/// 128 bits of SHA-256 in hex: enough to tell deliveries apart.
fn digest(text: &str) -> String {
    hex(&Sha256::digest(text)[..16])
}

/// The workspace a body came from, for the allow list.
#[must_use]
pub fn team<'a>(incoming: &'a Incoming<'_>) -> Option<Cow<'a, str>> {
    let user = match incoming {
        Incoming::Challenge(_) | Incoming::Nothing => return None,
        Incoming::Said(said) => &said.user,
        Incoming::HomeOpened(user) => user,
        Incoming::Commanded(commanded) => return Some(commanded.team()),
        Incoming::Pressed(pressed) => &pressed.user,
        Incoming::Submitted(submitted) => &submitted.user,
    };
    Some(Cow::from(&user.team))
}
