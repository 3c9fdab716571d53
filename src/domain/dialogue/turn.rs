//! What goes into a conversation and what comes out: slots, turns, and the session
//! kept between two turns. Knows nothing of how either is made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Slot values by slot name; a slot without a value is absent.
pub type Slots = BTreeMap<String, String>;

/// What the person is told and what the conversation waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The intent in progress or just ended, by its manifest name.
    pub intent: String,
    /// What is known so far, resolved to canonical values where the slot type has them.
    pub slots: Slots,
    /// What the conversation waits for.
    pub next: Next,
    /// The engine's own words for the person.
    pub message: String,
    /// On `Ready`, when a question was asked in the middle of another conversation: where
    /// that conversation stands. Ask on with it after the answer.
    pub behind: Option<Box<Turn>>,
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

/// A conversation between two turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The intent in progress, by its manifest name.
    pub intent: String,
    /// What is known so far.
    pub slots: Slots,
    /// What it waits for: a slot, a yes or no, or nothing any more (`Ready`).
    /// A finished one is kept so that a refused value can be asked for again.
    pub next: Next,
    /// Answers in a row that did not fit.
    pub misses: u32,
    /// Forgotten from here on.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether a question waits for its answer.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.next, Next::ElicitSlot(_) | Next::Confirm)
    }
}
