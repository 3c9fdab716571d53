//! An account set as people and programs see it, and what is said of it beyond one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::request::{Progress, Request, State};
use crate::domain::set::vending::BootstrapOf;
use crate::domain::set::{ExecutionPolicy, SetSpec, StageName, StageSpec, account_type};
use crate::domain::spec::AccountType;

use super::view::{Around, FailureView, percent};

/// A set: three accounts under one approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AccountSet)]
pub struct SetView {
    /// The set's name.
    pub name: String,
    /// The governance account, where the pipelines run.
    pub pipeline: PipelineView,
    /// The region of stages that name none.
    pub default_region: String,
    /// dev, preprod and prod, in this order.
    pub stages: Vec<StageView>,
    /// The CDK bootstraps that ended, with the problem if there was one.
    pub bootstraps: BTreeMap<String, Option<String>>,
}

/// The governance account of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetPipeline)]
pub struct PipelineView {
    /// Twelve digits.
    pub account: String,
    /// Like `eu-west-1`.
    pub region: String,
    /// `AdministratorAccess`, `least-privilege` or an ARN.
    pub execution_policy: String,
}

/// One account of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetStage)]
pub struct StageView {
    /// Which one.
    pub stage: StageName,
    /// Where its account stands.
    pub state: State,
    /// The same in a plain sentence.
    pub status: String,
    /// The account's own request, once it was made.
    pub request_id: Option<String>,
    /// The account's name.
    pub account_name: String,
    /// Production or Sandbox.
    pub account_type: AccountType,
    /// The account's root user.
    pub root_email: String,
    /// `Name (ou-id)`.
    pub organizational_unit: String,
    /// Like `eu-west-1`.
    pub region: String,
    /// Blueprint id, or null for an empty account.
    pub blueprint: Option<String>,
    /// All blueprint parameters, defaults included.
    pub blueprint_parameters: BTreeMap<String, String>,
    /// `AdministratorAccess`, `least-privilege` or an ARN.
    pub execution_policy: String,
    /// The range of the network the CDK application makes.
    pub vpc_cidr: String,
    /// Twelve digits, once known.
    pub account_id: Option<String>,
    /// Place in line for an account-operation slot, while queued.
    pub queue_place: Option<u32>,
    /// How far the present step is.
    pub progress: Option<Progress>,
    /// What went wrong, while failed.
    pub failure: Option<FailureView>,
    /// Whether there may be something of its failed blueprint that a rollback removes.
    #[serde(default)]
    pub can_roll_back: bool,
}

/// The set a request is a member of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetMembership)]
pub struct MembershipView {
    /// The set's own request.
    pub request_id: String,
    /// The set's name.
    pub name: String,
    /// Which of its accounts this is.
    pub stage: StageName,
}

impl SetView {
    /// The view of a set's request, with its members as they stand.
    #[must_use]
    pub fn of(request: &Request, set: &SetSpec, around: &Around) -> Self {
        let stage = |(name, spec): (&StageName, &StageSpec)| {
            let member = around.members.get(name).and_then(Option::as_ref);
            StageView::of(request, (*name, spec), member, around.places.get(name).copied())
        };
        Self {
            name: set.name.clone(),
            pipeline: PipelineView {
                account: set.pipeline.account.clone(),
                region: set.pipeline.region.clone(),
                execution_policy: set.pipeline.execution_policy.to_string(),
            },
            default_region: set.default_region.clone(),
            stages: set.stages.iter().map(stage).collect(),
            bootstraps: request.post_steps.clone(),
        }
    }

    /// How much of the set's way is done, in percent: the accounts', then the toolkit stacks'.
    #[must_use]
    pub fn percent(&self, state: State) -> u64 {
        const ACCOUNTS: u64 = 85;
        let accounts = self.stages.iter().map(StageView::percent).sum::<u64>() / self.stages.len().max(1) as u64;
        let done = self.bootstraps.values().filter(|problem| problem.is_none()).count() as u64;
        let all = BootstrapOf::ALL.len() as u64;
        match state {
            State::Ready => 100,
            _ => accounts * ACCOUNTS / 100 + (99 - ACCOUNTS) * done.min(all) / all,
        }
    }

    /// Whoever may do anything in some of its accounts, in the order they are shown.
    #[must_use]
    pub fn with_full_rights(&self) -> Vec<&'static str> {
        let pipeline = (self.pipeline.execution_policy.as_str(), "governance");
        let stages = self.stages.iter().map(|stage| (stage.execution_policy.as_str(), stage.stage.word()));
        stages.chain([pipeline]).filter(|(policy, _)| is_everything(policy)).map(|(_, word)| word).collect()
    }

    /// The blueprints of its accounts, each once.
    #[must_use]
    pub fn blueprints(&self) -> String {
        let mut names: Vec<&str> = self.stages.iter().filter_map(|stage| stage.blueprint.as_deref()).collect();
        names.dedup();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

impl StageView {
    /// How much of the account's way is done, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        percent(self.state, self.progress.as_ref(), self.failure.as_ref())
    }

    /// Where the account is within its state: the phase, its place in line, or what went wrong.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        if let Some(failure) = &self.failure {
            return Some(format!("{} failed: {}", failure.step.words(), failure.reason));
        }
        if let Some(place) = self.queue_place {
            return Some(format!("place {place} in line"));
        }
        self.progress.as_ref().map(|progress| match (progress.done, progress.total) {
            (Some(done), Some(total)) => format!("{} ({done} of {total})", progress.phase),
            _ => progress.phase.clone(),
        })
    }

    fn of(
        set: &Request,
        (stage, spec): (StageName, &StageSpec),
        member: Option<&Request>,
        queue_place: Option<u32>,
    ) -> Self {
        let account = &spec.account;
        let blueprint = account.blueprint.as_ref();
        Self {
            stage,
            // Until it has a request of its own it stands where the set stands.
            state: member.map_or(set.state, |member| member.state),
            status: super::status(member.unwrap_or(set), queue_place),
            request_id: member.map(|member| member.id.to_string()),
            account_name: account.account_name.clone(),
            account_type: account_type(stage),
            root_email: account.root_email.clone(),
            organizational_unit: account.organizational_unit.to_string(),
            region: spec.region().to_owned(),
            blueprint: blueprint.map(|choice| choice.id.clone()),
            blueprint_parameters: blueprint.map(|choice| choice.parameters.clone()).unwrap_or_default(),
            execution_policy: spec.execution_policy.to_string(),
            vpc_cidr: spec.vpc_cidr.clone(),
            account_id: member.and_then(|member| member.account_id.clone()),
            queue_place,
            progress: member.and_then(|member| member.progress.clone()),
            failure: member.and_then(|member| member.failure.as_ref()).map(FailureView::of),
            can_roll_back: member.is_some_and(Request::can_roll_back),
        }
    }
}

/// Whether an execution policy allows everything.
#[must_use]
pub fn is_everything(policy: &str) -> bool {
    ExecutionPolicy::read(policy, None) == Ok(ExecutionPolicy::AdministratorAccess)
}

/// An execution policy for people; full rights are spelled out so that nobody reads over them.
#[must_use]
pub fn policy_words(policy: &str) -> String {
    ExecutionPolicy::read(policy, None).map_or_else(|_| policy.to_owned(), |policy| policy.in_words())
}
