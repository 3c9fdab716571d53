//! The conversation engine: embedded (interprets `manifests/bot.yaml`) or Amazon Lex V2.
//!
//! It only understands and asks. What a finished conversation means, and whether
//! a value is good, is the service's business.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Keeps two people, and two places one person talks in, apart: a keyed hash of
/// channel, team and user, 2–100 characters of `[0-9a-zA-Z._:-]` (the Lex limit).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey(pub String);

/// Slot values by slot name; a slot without a value is absent.
pub type Slots = BTreeMap<String, String>;

/// What the person is told and what the conversation waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The intent in progress or just ended, by its manifest name.
    pub intent: String,
    /// What is known so far, resolved to canonical values where the slot type has them.
    pub slots: Slots,
    /// Values the manifest's attributes gave the session, like a pending change.
    pub next: Next,
    /// The engine's own words for the person; may be empty on `Ready`.
    pub message: String,
}

/// What the conversation waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// A value for this slot.
    ElicitSlot(String),
    /// Yes or no to the whole.
    Confirm,
    /// Nothing: the intent has all it needs and, if it asks for one, a yes.
    /// The conversation is over.
    Ready,
    /// Nothing: the person declined or cancelled, or retries ran out. The conversation is over.
    Ended,
    /// Nothing: the engine did not understand (fallback) and said so.
    NotUnderstood,
}

/// Why a turn could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialogueError {
    /// Another turn of this session is under way, or the service is busy: try again.
    #[error("the conversation service is busy")]
    Busy,
    /// The engine is down; offer the form.
    #[error("the conversation service is unavailable: {0}")]
    Unavailable(String),
    /// The text cannot be taken (empty, too long).
    #[error("the text cannot be taken: {0}")]
    BadText(String),
}

/// Takes turns.
#[async_trait]
pub trait Dialogue: Send + Sync {
    /// Takes one turn. `attributes` (like `UserName`) fill `[UserName]` in prompts.
    /// MUST keep sessions apart and forget them after the manifest's idle timeout.
    /// MUST ask for slots in the manifest's order and accept several in one sentence.
    async fn turn(
        &self,
        session: &SessionKey,
        text: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError>;

    /// Takes back the value of `slot` and waits for a new one: the service found the value unusable.
    /// The caller words the question; the answer's `message` is the slot's own prompt.
    async fn elicit_again(
        &self,
        session: &SessionKey,
        slot: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError>;

    /// Forgets the conversation.
    async fn forget(&self, session: &SessionKey) -> Result<(), DialogueError>;
}
