//! Delivery of a blueprint into the new account: CloudFormation there, or the simulator.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::ids::RequestId;
use crate::domain::spec::AccountSpec;

/// One stack to create in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackOrder {
    /// The request it is for.
    pub request: RequestId,
    /// The new account, twelve digits.
    pub account_id: String,
    /// Unique in the account ([`RequestId::stack_name`]).
    pub stack_name: String,
    /// Idempotency token of this attempt ([`RequestId::stack_token`]).
    pub token: String,
    /// Attempt number, from 1; a later one continues from the point of failure.
    pub attempt: u32,
    /// What was approved, the blueprint and its parameters among it.
    pub spec: AccountSpec,
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

/// Delivers blueprints and runs post steps.
#[async_trait]
pub trait BlueprintDeployer: Send + Sync {
    /// Starts creating the stack, or continues it from its point of failure when `attempt > 1`.
    /// MUST have the effect of one call when called twice with one token.
    /// MUST never create or change anything outside the order's account.
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError>;

    /// Looks the stack up. MUST see it once `deploy` has answered.
    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError>;

    /// The post steps this installation runs, in order, like `tags`.
    fn post_steps(&self) -> Vec<String>;

    /// Runs one post step. MUST have the effect of one run when run twice.
    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError>;
}
