//! Takes an approved request step by step to its account. Every look, call and
//! record is here; every decision is in [`crate::domain::vending`].

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Settlement};
use crate::domain::person::Actor;
use crate::domain::request::Request;
use crate::domain::vending::{self, Move, Need, Then};
use crate::ports::blueprints::StackOrder;
use crate::ports::factory::AccountOrder;
use crate::service::Change;

use super::{Trouble, Worker};

/// Moves made under one claim before the job is given back, so that no request hogs a worker.
pub(super) const MOVES: usize = 24;

impl Worker {
    /// Drives one request until it has to wait, rests, or somebody else changed it.
    pub(super) async fn drive(&self, job: &ClaimedJob, id: RequestId) -> Result<Option<Settlement>, Trouble> {
        let claimed_at = self.service.clock.now();
        let mut request = self.service.store.load(id).await?;
        if request.set().is_some() {
            return self.drive_set(job, request).await;
        }
        let mut next = self.look(&request).await;
        for _ in 0..MOVES {
            let settlement = self.settlement(&next.then, job.attempts);
            let done = settlement.is_some();
            request = self.record(request, job, &next, settlement).await?;
            if done {
                return Ok(None);
            }
            self.must_still_hold(claimed_at)?;
            next = self.act(&request, &next.then).await;
        }
        Ok(Some(Settlement::Again { due_at: self.service.clock.now() }))
    }

    /// Follows an operation that a failed request left running, until its slot is free.
    pub(super) async fn watch(&self, job: &ClaimedJob, id: RequestId) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        let left_running = request.failure.as_ref().is_some_and(|failure| failure.still_running);
        if !left_running {
            // Retried: the request itself follows its operation again.
            return Ok(Some(Settlement::Done));
        }
        let seen = self.service.factory.look_up(&AccountOrder::of(&request)).await;
        let seen = seen.map_err(|error| Trouble::Later(error.to_string()))?;
        let next = vending::operation_watched(seen, &self.patience);
        let settlement = self.settlement(&next.then, job.attempts);
        self.record(request, job, &next, settlement).await?;
        Ok(None)
    }

    /// Undoes the stack of a blueprint that failed: looks, takes one step, looks again later.
    pub(super) async fn undo(&self, job: &ClaimedJob, id: RequestId) -> Result<Option<Settlement>, Trouble> {
        let claimed_at = self.service.clock.now();
        let request = self.service.store.load(id).await?;
        if !request.is_being_rolled_back() {
            return Ok(Some(Settlement::Done));
        }
        let order = stack_order(&request);
        let judge = |answer| vending::rollback_answered(&request, answer, &self.patience, self.service.clock.now());
        let mut next = match self.deployer.look_up(&order).await {
            Ok(seen) => vending::rollback_seen(&request, seen, &self.patience),
            Err(error) => judge(Err(error)),
        };
        if next.then == Then::RollBack {
            self.must_still_hold(claimed_at)?;
            next = judge(self.deployer.roll_back(&order).await);
        }
        let settlement = self.settlement(&next.then, job.attempts);
        self.record(request, job, &next, settlement).await?;
        Ok(None)
    }

    /// Looks at the world as far as the request's state needs it.
    async fn look(&self, request: &Request) -> Move {
        let patience = &self.patience;
        match vending::need(request, &self.deployer.post_steps()) {
            Need::GetInLine => vending::get_in_line(request),
            Need::LookAtProduct => match self.service.factory.look_up(&AccountOrder::of(request)).await {
                Ok(seen) => vending::product_seen(request, seen, patience, self.service.clock.now()),
                Err(error) => vending::factory_silent(error),
            },
            Need::LookAtStack => match self.deployer.look_up(&stack_order(request)).await {
                Ok(seen) => vending::stack_seen(request, seen, patience),
                Err(error) => vending::deploy_answered(request, Err(error), patience, self.service.clock.now()),
            },
            Need::RunPostStep(step) => {
                let answer = self.deployer.post_step(&step, &stack_order(request)).await;
                vending::post_step_answered(request, step, answer, patience, self.service.clock.now())
            }
            Need::Finish => vending::finish(request),
            Need::Nothing => Move { events: Vec::new(), then: Then::Rest },
        }
    }

    /// Runs the effect a move asks for.
    async fn act(&self, request: &Request, then: &Then) -> Move {
        let patience = &self.patience;
        match then {
            Then::Provision => {
                let answer = self.service.factory.provision(&AccountOrder::of(request)).await;
                vending::provision_answered(request, answer, patience)
            }
            Then::Terminate => match self.service.factory.terminate(&AccountOrder::of(request)).await {
                Ok(()) => vending::terminated(request, patience),
                Err(error) => vending::factory_silent(error),
            },
            Then::Deploy => {
                let answer = self.deployer.deploy(&stack_order(request)).await;
                vending::deploy_answered(request, answer, patience, self.service.clock.now())
            }
            Then::RollBack | Then::GoOn | Then::Wait(_) | Then::BackOff(_) | Then::Rest => self.look(request).await,
        }
    }

    /// How the job ends with this move; `None` when it goes on.
    pub(super) fn settlement(&self, then: &Then, attempts: u32) -> Option<Settlement> {
        let now = self.service.clock.now();
        match then {
            Then::Provision | Then::Terminate | Then::Deploy | Then::RollBack | Then::GoOn => None,
            Then::Wait(wait) => {
                Some(Settlement::Again { due_at: now.saturating_add(self.spread(*wait)).unwrap_or(now) })
            }
            Then::BackOff(error) => Some(Settlement::Retry { due_at: self.later(attempts), error: error.clone() }),
            Then::Rest => Some(Settlement::Done),
        }
    }

    /// Up to a fifth longer, so that requests that began together do not look together.
    fn spread(&self, wait: Duration) -> Duration {
        wait.mul_f64(1.0 + self.service.ids.jitter() / 5.0)
    }

    /// Writes a move's events, and the job's end with them when there is one.
    pub(super) async fn record(
        &self,
        request: Request,
        job: &ClaimedJob,
        next: &Move,
        settlement: Option<Settlement>,
    ) -> Result<Request, Trouble> {
        let mut change = Change::on(request);
        let (now, terms) = (self.service.clock.now(), self.service.terms(Vec::new()));
        for event in &next.events {
            change.event(now, &Actor::system(), event.clone(), &terms)?;
        }
        match (change.is_empty(), settlement) {
            (true, None) => Ok(change.request().clone()),
            (true, Some(settlement)) => {
                self.service.store.settle(&job.key, &job.lease, settlement).await?;
                Ok(change.request().clone())
            }
            (false, settlement) => {
                if let Some(settlement) = settlement {
                    change.settle(job.key.clone(), job.lease.clone(), settlement);
                }
                Ok(self.service.write(change).await?.request)
            }
        }
    }

    /// A worker that was paused beyond its lease must not call anything any more.
    pub(super) fn must_still_hold(&self, claimed_at: Timestamp) -> Result<(), Trouble> {
        let held = self.service.clock.now().duration_since(claimed_at);
        let lease = self.lease.try_into().unwrap_or(jiff::SignedDuration::ZERO);
        if held < lease { Ok(()) } else { Err(Trouble::Lost) }
    }
}

fn stack_order(request: &Request) -> StackOrder {
    StackOrder {
        request: request.id,
        account_id: request.account_id.clone().unwrap_or_default(),
        stack_name: request.id.stack_name(),
        token: request.id.stack_token(request.deployment_attempts),
        attempt: request.deployment_attempts,
        spec: request.submission.spec.clone(),
    }
}
