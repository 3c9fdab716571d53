//! The conversation engine: embedded (interprets `manifests/bot.yaml`) or Amazon Lex V2.
//!
//! It only understands and asks. What a finished conversation means, and whether
//! a value is good, is the service's business.

use std::collections::BTreeMap;

use async_trait::async_trait;

pub use crate::domain::dialogue::{Next, Session, Slots, Turn};

/// Keeps two people, and two places one person talks in, apart: a keyed hash of
/// channel, team and user, 2–100 characters of `[0-9a-zA-Z._:-]` (the Lex limit).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey(pub String);

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

    /// Where the conversation stands; `None` when there is none.
    async fn standing(&self, session: &SessionKey) -> Result<Option<Session>, DialogueError>;

    /// Makes the conversation stand where it stood, as if nothing had been said since.
    async fn put_back(
        &self,
        session: &SessionKey,
        standing: Option<&Session>,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), DialogueError>;

    /// Forgets the conversation.
    async fn forget(&self, session: &SessionKey) -> Result<(), DialogueError> {
        self.put_back(session, None, &BTreeMap::new()).await
    }
}
