//! What is said of a request in the course of its life: decisions, how far it is, and why
//! it failed. Knows nothing of how they change it: that is [`super::request`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::person::Channel;
use super::state::Step;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// What failed.
    pub step: Step,
    /// Plain words for the requester.
    pub reason: String,
    /// What to do next, and what a retry would do.
    pub advice: String,
    /// Whether a retry may help.
    pub retryable: bool,
    /// Whether the operation may still be running out there: its slot stays taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(ignore)]
    pub still_running: bool,
    /// The backend's own text and record id, for operators; never sent to clients.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub detail: String,
}

/// One approver's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// E-mail of who decided, or `policy` for auto-approval.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Approve, deny, cancel or expire.
    pub decision: Verdict,
    /// What they wrote.
    pub reason: Option<String>,
    /// Where they said it.
    pub channel: Channel,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// Taken back.
    Cancel,
    /// Too late.
    Expire,
}

/// The undoing of a failed blueprint's stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// When it was asked for.
    pub since: Timestamp,
    /// Whether it was taken on out there.
    pub begun: bool,
    /// Whether it is over, well or not.
    pub over: bool,
    /// Whether nothing of the stack is left.
    pub undone: bool,
}

/// How far the current step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// One line for people.
    pub phase: String,
    /// Done so far, when the backend counts.
    pub done: Option<u32>,
    /// Out of how many.
    pub total: Option<u32>,
}
