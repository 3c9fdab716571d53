//! What comes next for a request being vended: pure functions of its state, the
//! time and what was observed. The worker runs the effects they ask for, so the
//! simulator tests and production run the same decisions.

mod finishing;
mod undoing;

use std::time::Duration;

use jiff::Timestamp;

use super::event::Event;
use super::failures;
use super::observed::{Cause, DeployError, FactoryError, FactoryFailure, ProductState, StackState};
use super::request::{Failure, Request, State};
use super::spec::SpecHash;

pub use finishing::{finish, post_step_answered};
pub use undoing::{rollback_answered, rollback_seen};

/// How patient the worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// Between two looks at work that goes on elsewhere; twice as long towards the end of
    /// [`Self::longest_creation`].
    pub poll: Duration,
    /// An account operation that takes longer is handed to an operator
    /// (AWS advises to terminate after one hour).
    pub longest_creation: Duration,
    /// How long a fresh role may take to become assumable, and a stack to appear.
    pub longest_wait: Duration,
    /// Account Factory attempts, late "busy" failures included.
    pub most_attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(30),
            longest_creation: Duration::from_hours(1),
            longest_wait: Duration::from_mins(15),
            most_attempts: 12,
        }
    }
}

/// Between two attempts at an account lie this many polls, so that what is in the way can end.
const POLLS_BETWEEN_ATTEMPTS: u32 = 8;

impl Patience {
    fn between_attempts(&self) -> Duration {
        self.poll * POLLS_BETWEEN_ATTEMPTS
    }

    /// When to look again at an operation that has been running since `since`.
    fn next_look(&self, since: Timestamp, now: Timestamp) -> Duration {
        let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        let share = age.as_secs_f64() / self.longest_creation.as_secs_f64().max(1.0);
        self.poll.mul_f64(1.0 + share.min(1.0))
    }
}

/// What the worker does first for a request in its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Check the pinned hash and get in line.
    GetInLine,
    /// Look at the product in Account Factory.
    LookAtProduct,
    /// Look at the blueprint's stack.
    LookAtStack,
    /// Run this post step.
    RunPostStep(String),
    /// All post steps ended.
    Finish,
    /// Nothing: it waits for a slot or a person, or is over.
    Nothing,
}

/// What is to be recorded and done after an observation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Move {
    /// To be recorded, in order.
    pub events: Vec<Event>,
    /// What to do then.
    pub then: Then,
}

/// What the worker does after recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Then {
    /// Call Account Factory for the present attempt.
    Provision,
    /// Remove the failed product so that its name is free, then start another attempt.
    Terminate,
    /// Create the stack, or continue it from its point of failure.
    Deploy,
    /// Take the next step in undoing the stack.
    RollBack,
    /// Look again at once.
    #[default]
    GoOn,
    /// Look again after this long.
    Wait(Duration),
    /// The call failed in passing: look again, later each time.
    BackOff(String),
    /// Nothing more until a person acts.
    Rest,
}

impl Move {
    fn to(then: Then) -> Self {
        Self { events: Vec::new(), then }
    }

    fn record(event: Event, then: Then) -> Self {
        Self { events: vec![event], then }
    }

    fn fail(failure: Failure) -> Self {
        Self::record(Event::Failed(failure), Then::Rest)
    }
}

/// What to do first.
#[must_use]
pub fn need(request: &Request, post_steps: &[String]) -> Need {
    match request.state {
        State::Approved => Need::GetInLine,
        State::Creating => Need::LookAtProduct,
        State::Deploying => Need::LookAtStack,
        State::Bootstrapping => post_steps
            .iter()
            .find(|step| !request.post_steps.contains_key(*step))
            .map_or(Need::Finish, |step| Need::RunPostStep(step.clone())),
        _ => Need::Nothing,
    }
}

/// Checks that what would be vended is what was approved (P5).
///
/// # Errors
/// The failure to record when the hash no longer matches.
pub fn check_pinned(request: &Request) -> Result<SpecHash, Failure> {
    let submission = &request.submission;
    let hash = SpecHash::of(&submission.spec, &submission.requester);
    if hash == submission.hash { Ok(hash) } else { Err(failures::altered()) }
}

/// Deploys only what was approved: the request may have been altered since it got in line (P5).
fn deploy_as_approved(request: &Request) -> Move {
    if check_pinned(request).is_ok() { Move::to(Then::Deploy) } else { Move::fail(failures::altered_since_creation()) }
}

/// The request leaves `approved`.
#[must_use]
pub fn get_in_line(request: &Request) -> Move {
    match check_pinned(request) {
        Ok(_) => Move::record(Event::Queued, Then::Rest),
        Err(failure) => Move::fail(failure),
    }
}

/// Judges a look at the product.
#[must_use]
pub fn product_seen(request: &Request, seen: ProductState, patience: &Patience, now: Timestamp) -> Move {
    match seen {
        // A product that was taken on is gone only when it was terminated, by us just before
        // a crash or by an operator: the attempt's token is spent.
        ProductState::Absent if request.provisioning_accepted => terminated(request, patience),
        ProductState::Absent if is_over(request.state_since, patience, now) => {
            Move::fail(failures::creation_never_began())
        }
        ProductState::Absent => call(request),
        ProductState::Available { account_id } => account_created(request, account_id),
        ProductState::Failed(failure) => product_failed(request, &failure, patience, now),
        ProductState::UnderWay { .. } | ProductState::AccountIdUnknown
            if is_over(at_work_since(request), patience, now) =>
        {
            Move::fail(failures::creation_takes_too_long())
        }
        ProductState::AccountIdUnknown => {
            progressed(request, "Waiting for the account id".to_owned(), None, look_again(request, patience, now))
        }
        ProductState::UnderWay { phase, record_id } => {
            let adopted = adoption(request, record_id);
            let mut next = progressed(request, phase, None, look_again(request, patience, now));
            next.events.splice(0..0, adopted);
            next
        }
    }
}

/// Account Factory is called only with what was approved (P5), and never without a word on
/// record: from then on a product that cannot be seen may be there.
fn call(request: &Request) -> Move {
    match check_pinned(request) {
        Ok(_) => Move::record(Event::ProvisioningCalled, Then::Provision),
        Err(_) => Move::fail(failures::altered()),
    }
}

/// A product at work that nobody was told of: the answer to the call was lost.
fn adoption(request: &Request, record_id: String) -> Option<Event> {
    let is_news = !request.provisioning_accepted && !record_id.is_empty();
    is_news.then_some(Event::ProvisioningAccepted { record_id })
}

fn at_work_since(request: &Request) -> Timestamp {
    request.called_at.map_or(request.state_since, |called| called.max(request.state_since))
}

fn look_again(request: &Request, patience: &Patience, now: Timestamp) -> Duration {
    patience.next_look(at_work_since(request), now)
}

/// Judges a look at an operation that a failed request left running: once it is
/// over its slot is free, and no account of it stays unknown.
#[must_use]
pub fn operation_watched(seen: ProductState, patience: &Patience) -> Move {
    let account_id = match seen {
        // It hangs already: nobody gains from a look every few seconds.
        ProductState::UnderWay { .. } | ProductState::AccountIdUnknown => {
            return Move::to(Then::Wait(patience.longest_wait));
        }
        ProductState::Available { account_id } => Some(account_id),
        ProductState::Absent | ProductState::Failed(_) => None,
    };
    Move::record(Event::OperationEnded { account_id }, Then::Rest)
}

fn is_over(since: Timestamp, patience: &Patience, now: Timestamp) -> bool {
    now.duration_since(since) > patience.longest_creation.try_into().unwrap_or_default()
}

/// Records progress only when it says something new: the audit trail is for people.
fn progressed(request: &Request, phase: String, count: Option<(u32, u32)>, wait: Duration) -> Move {
    let (done, total) = count.unzip();
    let told = request.progress.as_ref().is_some_and(|p| p.phase == phase && p.done == done);
    let events = if told { vec![] } else { vec![Event::Progressed { phase, done, total }] };
    Move { events, then: Then::Wait(wait) }
}

fn account_created(request: &Request, account_id: String) -> Move {
    let created = Event::AccountCreated { account_id };
    let next = if request.submission.spec.blueprint.is_some() {
        Event::DeploymentStarted { attempt: request.deployment_attempts + 1 }
    } else {
        Event::BootstrapStarted
    };
    Move { events: vec![created, next], then: Then::GoOn }
}

fn product_failed(request: &Request, failure: &FactoryFailure, patience: &Patience, now: Timestamp) -> Move {
    let words = failures::account_creation(failure);
    let left_over = !request.provisioning_accepted && request.creation_attempts > 1;
    if left_over && words.retryable && !is_over(request.state_since, patience, now) {
        // A retry finds the product of the attempt before it: its name must be freed first.
        // It may be this attempt's own, its answer lost: one that may have left an
        // account behind is never tried again.
        return Move::to(Then::Terminate);
    }
    if passes_by_itself(failure.cause) && request.creation_attempts < patience.most_attempts {
        let delayed =
            Event::Delayed { reason: failures::delay(failure.cause, request.calls), detail: with_record(failure) };
        return Move::record(delayed, Then::Terminate);
    }
    Move::fail(words)
}

const fn passes_by_itself(cause: Cause) -> bool {
    matches!(cause, Cause::Busy | Cause::NotActivatedYet)
}

/// Judges the answer to a provisioning call.
#[must_use]
pub fn provision_answered(request: &Request, answer: Result<String, FactoryError>, patience: &Patience) -> Move {
    match answer {
        Ok(record_id) => Move::record(Event::ProvisioningAccepted { record_id }, Then::Wait(patience.poll)),
        // Somebody (an earlier try of ours, most likely) was first: adopt it.
        Err(FactoryError::NameExists) => {
            let record_id = String::new();
            Move::record(Event::ProvisioningAccepted { record_id }, Then::Wait(patience.poll))
        }
        Err(FactoryError::Refused(failure)) if passes_by_itself(failure.cause) => {
            let reason = failures::delay(failure.cause, request.calls);
            let delayed = Event::Delayed { reason, detail: with_record(&failure) };
            Move::record(delayed, Then::Wait(patience.between_attempts()))
        }
        Err(FactoryError::Refused(failure)) => Move::fail(failures::order_refused(&failure)),
        Err(FactoryError::Throttled) => {
            let detail = FactoryError::Throttled.to_string();
            let reason = failures::calls_too_often(request.calls);
            Move::record(Event::Delayed { reason, detail: detail.clone() }, Then::BackOff(detail))
        }
        Err(FactoryError::Unknown(text)) => Move::to(Then::BackOff(text)),
    }
}

/// Judges the answer to a look or a termination that failed.
#[must_use]
pub fn factory_silent(error: FactoryError) -> Move {
    match error {
        FactoryError::Refused(failure) => Move::fail(failures::account_creation(&failure)),
        other => Move::to(Then::BackOff(other.to_string())),
    }
}

/// The failed product is gone: the next attempt begins, in the same slot.
#[must_use]
pub fn terminated(request: &Request, patience: &Patience) -> Move {
    let hash = match check_pinned(request) {
        Ok(hash) => hash,
        Err(failure) => return Move::fail(failure),
    };
    let attempt = request.creation_attempts;
    let slot = request.slot.unwrap_or_default();
    let next = Event::CreationStarted { attempt: attempt + 1, slot, hash };
    let wait = if request.delay.is_some() { patience.between_attempts() } else { patience.poll };
    Move { events: vec![Event::AttemptUndone { attempt }, next], then: Then::Wait(wait) }
}

fn with_record(failure: &FactoryFailure) -> String {
    failures::with_record(&failure.raw, &failure.record_id)
}

fn delayed(request: &Request, reason: String, detail: String, wait: Duration) -> Move {
    let told = request.delay.as_ref() == Some(&reason);
    let events = if told { vec![] } else { vec![Event::Delayed { reason, detail }] };
    Move { events, then: Then::Wait(wait) }
}

/// Judges a look at the stack.
#[must_use]
pub fn stack_seen(request: &Request, seen: StackState, patience: &Patience) -> Move {
    match seen {
        StackState::Complete { outputs } => {
            Move { events: vec![Event::BlueprintDeployed { outputs }, Event::BootstrapStarted], then: Then::GoOn }
        }
        StackState::Absent => deploy_as_approved(request),
        StackState::Failed { .. } | StackState::NotUndone { .. } if !request.stack_accepted => {
            deploy_as_approved(request)
        }
        StackState::Failed { resource, reason } | StackState::NotUndone { resource, reason } => {
            Move::fail(failures::blueprint(&resource, &reason))
        }
        StackState::Undoing { phase } => progressed(request, phase, None, patience.poll),
        StackState::UnderWay { phase, done, total } => progressed(request, phase, Some((done, total)), patience.poll),
    }
}

/// Judges the answer to a deployment call, or to a look at the stack that failed.
#[must_use]
pub fn deploy_answered(
    request: &Request,
    answer: Result<(), DeployError>,
    patience: &Patience,
    now: Timestamp,
) -> Move {
    match answer {
        Ok(()) => Move::record(Event::StackAccepted, Then::Wait(patience.poll)),
        Err(DeployError::NotYet(detail)) if !waited_enough(request, patience, now) => {
            delayed(request, failures::role_not_ready(), detail, patience.poll)
        }
        Err(DeployError::NotYet(detail)) => Move::fail(failures::role_never_ready(detail)),
        Err(DeployError::Refused(detail)) => Move::fail(failures::deployment_refused(detail)),
        Err(error @ (DeployError::Throttled | DeployError::Unknown(_))) => Move::to(Then::BackOff(error.to_string())),
    }
}

fn waited_enough(request: &Request, patience: &Patience, now: Timestamp) -> bool {
    now.duration_since(request.state_since) > patience.longest_wait.try_into().unwrap_or_default()
}
