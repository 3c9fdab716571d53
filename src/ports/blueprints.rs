//! Delivery of a blueprint into the new account: CloudFormation there, or the simulator.

use async_trait::async_trait;

use crate::domain::ids::RequestId;
pub use crate::domain::observed::{BootstrapState, DeployError, StackState};
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

/// What the CDK needs in one account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootstrapOrder {
    /// The request it is for.
    pub request: RequestId,
    /// Attempt number, from 1; what failed in an attempt stays failed until a later one.
    pub attempt: u32,
    /// The account, twelve digits.
    pub account_id: String,
    /// The region, like `eu-west-1`.
    pub region: String,
    /// The accounts whose pipelines may deploy here, in any order; may be empty.
    pub trusts: Vec<String>,
    /// What deployments may do here; empty only where nobody is trusted. An order with neither
    /// trusts nor policies asks only that the account is bootstrapped, as it is in any way.
    pub execution_policies: Vec<ExecutionPolicy>,
}

/// One policy of the role that `CloudFormation` deploys with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionPolicy {
    /// A managed policy that is there.
    Arn(String),
    /// A managed policy of the account, made or brought up to date first.
    Document {
        /// The policy's name.
        name: String,
        /// The policy document.
        json: String,
    },
}

impl BootstrapOrder {
    /// Whether the order makes sense; every adapter asks before it does anything.
    ///
    /// # Errors
    /// [`DeployError::Refused`] for trusted accounts without a policy: the role they deploy with
    /// would have no permission at all, and would get every permission from tools that fill the blank.
    pub fn check(&self) -> Result<(), DeployError> {
        if !self.trusts.is_empty() && self.execution_policies.is_empty() {
            return Err(DeployError::Refused(format!(
                "account {} would trust {} without an execution policy: name at least one policy",
                self.account_id,
                self.trusts.join(", ")
            )));
        }
        Ok(())
    }
}

/// Delivers blueprints, prepares accounts for the CDK, and runs post steps.
#[async_trait]
pub trait BlueprintDeployer: Send + Sync {
    /// Starts creating the stack, or continues it from its point of failure when `attempt > 1`.
    /// MUST have the effect of one call when called twice with one token.
    /// MUST never create or change anything outside the order's account.
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError>;

    /// Looks the stack up. MUST see it once `deploy` has answered.
    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError>;

    /// Takes the next step towards undoing a failed stack; look it up until it is absent, and call
    /// again while it still shows a failure. A deployment after that starts from nothing.
    /// MUST refuse a stack that is complete, MUST leave alone what is being undone, and
    /// MUST have no effect where there is no stack.
    async fn roll_back(&self, order: &StackOrder) -> Result<(), DeployError>;

    /// Brings the CDK bootstrap of one account and region to what the order says, step by step,
    /// and tells where it stands. MUST make no changing call when it already is as ordered.
    /// MUST leave a bootstrap that stands as it is where the order trusts nobody: it may serve others.
    /// MUST refuse trusted accounts without an execution policy ([`BootstrapOrder::check`]).
    /// MUST answer `Complete` only when the version can be read in the account.
    async fn bootstrap(&self, order: &BootstrapOrder) -> Result<BootstrapState, DeployError>;

    /// The post steps this installation runs, in order, like `tags`.
    fn post_steps(&self) -> Vec<String>;

    /// Runs one post step. MUST have the effect of one run when run twice.
    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError>;
}
