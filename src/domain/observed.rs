//! What the outside world was seen to be: the observations that decide what comes
//! next. The ports answer them, [`super::vending`] judges them.

use std::collections::BTreeMap;

/// What a look at a provisioned product shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductState {
    /// No product has that name.
    Absent,
    /// Account Factory is at work.
    UnderWay {
        /// One line for people.
        phase: String,
        /// Its record id, for operators.
        record_id: String,
    },
    /// The account is there.
    Available {
        /// Twelve digits: an adapter MUST NOT answer anything else here.
        account_id: String,
    },
    /// It is there, but its account id cannot be read yet (`Not Available`).
    AccountIdUnknown,
    /// The attempt failed.
    Failed(FactoryFailure),
}

/// Why Account Factory refused or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactoryFailure {
    /// The class that decides what to do.
    pub cause: Cause,
    /// The backend's own words.
    pub raw: String,
    /// Its record id, for operators; may be empty.
    pub record_id: String,
}

/// The classes of failure that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Too many account operations at once, here or elsewhere: wait and try again.
    Busy,
    /// The organization's account quota is used up.
    Quota,
    /// The root e-mail already belongs to an AWS account.
    EmailInUse,
    /// The organizational unit is not registered with Control Tower.
    OuNotRegistered,
    /// The new account is not activated yet: wait and try again.
    NotActivatedYet,
    /// No launch path: the caller's role is not associated with the portfolio.
    NoLaunchPath,
    /// The caller's role lacks a permission.
    NotPermitted,
    /// The product is tainted: an account may exist but is not governed.
    Tainted,
    /// The product itself was not found.
    NoProduct,
    /// Anything else.
    Other,
}

/// What an Account Factory call can end in besides success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactoryError {
    /// Refused before anything was done.
    #[error("account factory refused: {}", .0.raw)]
    Refused(FactoryFailure),
    /// A product of that name exists: look it up and adopt it.
    #[error("a product of that name exists")]
    NameExists,
    /// Too many calls; nothing was done.
    #[error("account factory throttles calls")]
    Throttled,
    /// Whether the call took effect is unknown: look before trying again.
    #[error("account factory did not answer: {0}")]
    Unknown(String),
}

/// What a look at the stack shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackState {
    /// No such stack.
    Absent,
    /// Resources are being created.
    UnderWay {
        /// One line for people, like `Creating NatGateway`.
        phase: String,
        /// Resources complete.
        done: u32,
        /// Resources in the template.
        total: u32,
    },
    /// All resources are there.
    Complete {
        /// The stack's outputs.
        outputs: BTreeMap<String, String>,
    },
    /// A resource failed; the stack is kept as it is for a retry.
    Failed {
        /// The logical id of the first resource that failed.
        resource: String,
        /// Why, in the backend's words.
        reason: String,
    },
    /// It is being undone; once that is over it is [`Self::Absent`].
    Undoing {
        /// One line for people, like `Removing NatGateway`.
        phase: String,
    },
    /// It could not be undone: something of it is left.
    NotUndone {
        /// The logical id of the first resource that stayed.
        resource: String,
        /// Why, in the backend's words.
        reason: String,
    },
}

/// How far the bootstrap of one account and region for the CDK is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootstrapState {
    /// Something was begun and is not over.
    UnderWay {
        /// One line for people, like `Creating StagingBucket`.
        phase: String,
    },
    /// It stands as ordered, and its version can be read.
    Complete {
        /// The version of the bootstrap template, as the CDK reads it.
        version: u32,
    },
    /// It failed; a later attempt goes on.
    Failed {
        /// The first resource that failed.
        resource: String,
        /// Why, in the backend's words.
        reason: String,
    },
}

/// What a delivery call can end in besides success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeployError {
    /// The role in the new account cannot be assumed yet: wait and try again.
    #[error("the new account does not let us in yet: {0}")]
    NotYet(String),
    /// Too many calls; nothing was done.
    #[error("throttled")]
    Throttled,
    /// Whether the call took effect is unknown: look before trying again.
    #[error("no answer: {0}")]
    Unknown(String),
    /// Refused for good.
    #[error("refused: {0}")]
    Refused(String),
}
