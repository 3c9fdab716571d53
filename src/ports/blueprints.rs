//! Delivery of a blueprint into the new account: CloudFormation there, or the simulator.

use async_trait::async_trait;

use crate::domain::ids::RequestId;
pub use crate::domain::observed::{DeployError, StackState};
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
