//! Delivery into the new account with AWS `CloudFormation`: the role there is assumed
//! from the management account, and everything happens under that role, in that
//! account. Knows nothing of requests beyond the orders it gets, and cannot create accounts.
//!
//! Reading order: this file, `access` (being let in), `stack` (one stack, brought
//! forward step by step), `events` (what a stack says of itself), `bootstrap` (the
//! CDK), `steps` (after the blueprint), `trouble` (every error's meaning).

mod access;
mod bootstrap;
mod events;
mod stack;
mod steps;
mod trouble;

use std::sync::Arc;

use async_trait::async_trait;

pub use access::Access;
pub use bootstrap::CdkTemplate;
pub use steps::{Budget, Contact, PostStep, PostSteps};

use self::stack::{Owner, Plan, Stack};
use crate::domain::blueprint::{Blueprint, Catalogue, OnFailure};
use crate::ports::blueprints::{
    BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, StackOrder, StackState,
};

/// What the installation decides about delivery.
#[derive(Debug, Clone)]
pub struct DeliverySettings {
    /// Where stacks are made for accounts that name no region.
    pub region: String,
    /// The CDK's bootstrap template, where one is configured.
    pub cdk_template: Option<CdkTemplate>,
    /// What happens after the blueprint.
    pub post_steps: PostSteps,
}

/// Delivers with `CloudFormation` in the new account.
pub struct CloudFormationDeployer {
    access: Access,
    catalogue: Arc<Catalogue>,
    settings: DeliverySettings,
}

impl CloudFormationDeployer {
    /// Prepares to deliver the catalogue's blueprints. Calls nothing yet.
    #[must_use]
    pub const fn new(access: Access, catalogue: Arc<Catalogue>, settings: DeliverySettings) -> Self {
        Self { access, catalogue, settings }
    }

    fn region<'a>(&'a self, order: &'a StackOrder) -> &'a str {
        order.spec.region.as_deref().unwrap_or(&self.settings.region)
    }

    async fn stack(&self, order: &StackOrder) -> Result<Stack, DeployError> {
        let session = order.request.role_session_name();
        let inside = self.access.enter(&order.account_id, self.region(order), &session).await?;
        Ok(Stack::named(&order.stack_name, &inside, Owner::Request(order.request)))
    }

    /// The blueprint at the version that was approved.
    fn blueprint(&self, order: &StackOrder) -> Result<&Blueprint, DeployError> {
        let Some(choice) = &order.spec.blueprint else {
            return Err(DeployError::Refused("the request has no blueprint".into()));
        };
        self.catalogue.get_version(&choice.id, &choice.version).ok_or_else(|| {
            DeployError::Refused(format!("the catalogue has no {} {} any more", choice.id, choice.version))
        })
    }

    fn plan(&self, order: &StackOrder) -> Result<Plan, DeployError> {
        let blueprint = self.blueprint(order)?;
        let resolved = order.spec.blueprint.as_ref().map(|choice| choice.parameters.clone()).unwrap_or_default();
        Ok(Plan {
            template: blueprint.template_text().to_owned(),
            parameters: blueprint.stack_parameters(&resolved),
            capabilities: blueprint.capabilities.clone(),
            preserve: blueprint.on_failure == OnFailure::Preserve,
            tags: steps::stack_tags(order, blueprint),
            token: order.token.clone(),
        })
    }

    /// How many resources the stack will have; 0 when the catalogue no longer tells.
    fn total(&self, order: &StackOrder) -> u32 {
        let parameters = order.spec.blueprint.as_ref().map(|choice| &choice.parameters);
        let count = self.blueprint(order).ok().zip(parameters).map(|(b, chosen)| b.resources(chosen).len());
        u32::try_from(count.unwrap_or_default()).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl BlueprintDeployer for CloudFormationDeployer {
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError> {
        let plan = self.plan(order)?;
        plan.check()?;
        self.stack(order).await?.deploy(&plan).await
    }

    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError> {
        self.stack(order).await?.look_up(&order.token, self.total(order)).await
    }

    async fn roll_back(&self, order: &StackOrder) -> Result<(), DeployError> {
        self.stack(order).await?.roll_back().await
    }

    async fn bootstrap(&self, order: &BootstrapOrder) -> Result<BootstrapState, DeployError> {
        order.check()?;
        let session = order.request.role_session_name();
        let inside = self.access.enter(&order.account_id, &order.region, &session).await?;
        bootstrap::bring_up(order, self.settings.cdk_template.as_ref(), &inside).await
    }

    fn post_steps(&self) -> Vec<String> {
        self.settings.post_steps.names()
    }

    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError> {
        let Some(step) = self.settings.post_steps.find(step) else {
            return Err(DeployError::Refused(format!("there is no post step {step}")));
        };
        steps::run(step, order, &self.access, self.region(order)).await
    }
}
