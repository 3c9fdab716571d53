//! The names of where a request can stand and of the steps that can fail. Knows
//! nothing of what leads from one to the other: that is [`super::request`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for approvers.
    Pending,
    /// Approved; the worker has not picked it up yet.
    Approved,
    /// Waits for an account-operation slot.
    Queued,
    /// Account Factory is at work.
    Creating,
    /// The blueprint's stack is being created.
    Deploying,
    /// Post steps run.
    Bootstrapping,
    /// Done: the account is there, furnished.
    Ready,
    /// A step failed; it can be retried or abandoned.
    Failed,
    /// An approver said no.
    Denied,
    /// Taken back by the requester.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// Given up after a failure.
    Abandoned,
}

impl State {
    /// All states, in the order of a request's life.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Approved,
        Self::Queued,
        Self::Creating,
        Self::Deploying,
        Self::Bootstrapping,
        Self::Ready,
        Self::Failed,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
        Self::Abandoned,
    ];

    /// The word used in JSON, filters and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Queued => "queued",
            Self::Creating => "creating",
            Self::Deploying => "deploying",
            Self::Bootstrapping => "bootstrapping",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing more happens unless a person acts.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Ready | Self::Failed | Self::Denied | Self::Cancelled | Self::Expired | Self::Abandoned)
    }

    /// Whether the worker has something to do here.
    #[must_use]
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Approved | Self::Queued | Self::Creating | Self::Deploying | Self::Bootstrapping)
    }

    /// Whether it counts against a person's open requests.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending) || self.is_working()
    }
}

/// The part of the work that failed; a retry runs this one again and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Checks between approval and the queue.
    Approval,
    /// Account Factory.
    AccountCreation,
    /// The blueprint's stack.
    BlueprintDeployment,
    /// Post steps.
    Bootstrap,
    /// One or more accounts of a set.
    SetMembers,
}

impl Step {
    /// The step in words, as in "account creation failed".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approval => "the check before the queue",
            Self::AccountCreation => "account creation",
            Self::BlueprintDeployment => "blueprint deployment",
            Self::Bootstrap => "the finishing steps",
            Self::SetMembers => "an account of the set",
        }
    }
}
