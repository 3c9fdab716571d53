//! Takes an approved set step by step to its three accounts and their toolkit stacks.
//! Every look, call and record is here; every decision is in [`crate::domain::set::vending`].

use crate::domain::cdk_app;
use crate::domain::event::{Event, Recorded};
use crate::domain::job::{ClaimedJob, Settlement};
use crate::domain::person::Actor;
use crate::domain::request::{Request, State};
use crate::domain::set::vending::{self, Bootstrap, Members, Step};
use crate::domain::set::{ExecutionPolicy, StageName};
use crate::domain::set_artefacts::least_privilege;
use crate::domain::vending::{Move, Then};
use crate::ports::blueprints::{self, BootstrapOrder};
use crate::ports::store::{StoreError, Stored};
use crate::service::Change;

use super::drive::MOVES;
use super::{Trouble, Worker};

impl Worker {
    /// Drives one set until it has to wait, rests, or somebody else changed it.
    pub(super) async fn drive_set(&self, job: &ClaimedJob, set: Request) -> Result<Option<Settlement>, Trouble> {
        let claimed_at = self.service.clock.now();
        let mut set = set;
        for _ in 0..MOVES {
            let next = self.look_at_set(&set).await?;
            let settlement = self.settlement(&next.then, job.attempts);
            let done = settlement.is_some();
            set = self.record(set, job, &next, settlement).await?;
            if done {
                return Ok(None);
            }
            self.must_still_hold(claimed_at)?;
        }
        Ok(Some(Settlement::Again { due_at: self.service.clock.now() }))
    }

    async fn look_at_set(&self, set: &Request) -> Result<Move, Trouble> {
        match set.state {
            State::Approved => Ok(vending::begin(set)),
            State::Creating => self.look_at_members(set).await,
            State::Bootstrapping => match vending::next_bootstrap(set) {
                Some(next) => self.bootstrap(set, &next).await,
                None => Ok(vending::finish(set)),
            },
            _ => Ok(Move { events: Vec::new(), then: Then::Rest }),
        }
    }

    /// Makes or retries one member, or tells what is to be recorded of them.
    async fn look_at_members(&self, set: &Request) -> Result<Move, Trouble> {
        let members = self.service.members(set).await?;
        match vending::members_seen(set, &members, &self.patience) {
            Step::Record(next) => return Ok(next),
            Step::Make(stage) => self.make_member(set, stage).await?,
            Step::Retry(stage) => self.retry_member(&members, stage).await?,
        }
        Ok(Move { events: Vec::new(), then: Then::GoOn })
    }

    /// Makes a member, approved as its set was. A second time it finds the first's and does nothing.
    async fn make_member(&self, set: &Request, stage: StageName) -> Result<(), Trouble> {
        let history = self.service.store.history(set.id, 0).await?;
        let Some((submission, approvals)) = vending::member(set, &history, stage) else {
            return Err(Trouble::Never("a set without this stage".to_owned()));
        };
        let (now, terms) = (self.service.clock.now(), self.service.terms(Vec::new()));
        let by = history.first().map_or_else(Actor::system, |first| first.actor.clone());
        let submitted = Event::Submitted(Box::new(submission));
        let first = Recorded::link(set.id.member(stage), None, now, by, submitted);
        let mut change = Change::first(first, &Actor::system(), &terms)?;
        for approval in approvals {
            change.event(now, &approval.actor, approval.event, &terms)?;
        }
        written(self.service.write(change).await.map(drop))
    }

    /// Runs a failed member's step again, because somebody asked for it at the set.
    async fn retry_member(&self, members: &Members, stage: StageName) -> Result<(), Trouble> {
        let Some(Some(member)) = members.get(&stage) else { return Ok(()) };
        let (now, terms) = (self.service.clock.now(), self.service.terms(Vec::new()));
        let mut change = Change::on(member.clone());
        change.event(now, &Actor::system(), Event::RetryRequested, &terms)?;
        written(self.service.write(change).await.map(drop))
    }

    /// Brings one toolkit stack to what was approved. Only an order that was, is ever given (P5).
    async fn bootstrap(&self, set: &Request, next: &Bootstrap<'_>) -> Result<Move, Trouble> {
        if let Err(failure) = crate::domain::vending::check_pinned(set) {
            return Ok(Move { events: vec![Event::Failed(failure)], then: Then::Rest });
        }
        let order = BootstrapOrder {
            request: set.id,
            attempt: set.retries + 1,
            account_id: next.account.to_owned(),
            region: next.region.to_owned(),
            trusts: next.trusts.iter().map(ToString::to_string).collect(),
            execution_policies: vec![policy(next)],
        };
        let seen = self.deployer.bootstrap(&order).await;
        Ok(vending::bootstrap_seen(set, next.of.step(), seen, &self.patience, self.service.clock.now()))
    }
}

fn policy(next: &Bootstrap<'_>) -> blueprints::ExecutionPolicy {
    match next.execution_policy {
        ExecutionPolicy::AdministratorAccess => {
            blueprints::ExecutionPolicy::Arn(cdk_app::administrator_access(next.region))
        }
        ExecutionPolicy::Arn(arn) => blueprints::ExecutionPolicy::Arn(arn.clone()),
        ExecutionPolicy::LeastPrivilege => blueprints::ExecutionPolicy::Document {
            name: cdk_app::policy_name(next.region),
            json: least_privilege(next.account, next.region),
        },
    }
}

/// Another worker was first: what it wrote is looked at again.
fn written(outcome: Stored<()>) -> Result<(), Trouble> {
    match outcome {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
