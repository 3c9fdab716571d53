//! The state machine of a request. The only place where a state changes.
//!
//! A [`Request`] is the fold of its events ([`Request::fold`]); a [`Command`] is
//! judged against it in `command.rs`, which answers the event to record or who
//! stands in the way. Pure: time comes in as an argument.

mod repair;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Event, Head, Recorded, Submission};
use super::failures;
use super::ids::RequestId;
use super::person::{Actor, Channel};
use super::set::{MemberNote, StageName};
use super::spec::SpecHash;

pub use super::command::{Command, Refusal};
pub use super::said::{Decision, Failure, Progress, Rollback, Verdict};
pub use super::state::{State, Step};

/// One request: the fold of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its identity.
    pub id: RequestId,
    /// Where it stands.
    pub state: State,
    /// What was pinned when it was made.
    #[serde(flatten)]
    pub submission: Submission,
    /// The operator who asked on the requester's behalf, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Actor>,
    /// Where the request was made.
    pub channel: Channel,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it entered its present state.
    pub state_since: Timestamp,
    /// When it got in line; orders the queue.
    pub queued_at: Option<Timestamp>,
    /// Every word said on it so far; more than one where several approvals are needed.
    pub decisions: Vec<Decision>,
    /// Reminders sent.
    pub reminders: u32,
    /// Account Factory attempts started.
    pub creation_attempts: u32,
    /// The hash checked when the present attempt started.
    pub creation_hash: Option<SpecHash>,
    /// The account-operation slot of the present attempt.
    pub slot: Option<u32>,
    /// When Account Factory was last called for the present attempt, unless it is known that
    /// the call did nothing.
    #[serde(default)]
    pub called_at: Option<Timestamp>,
    /// How often Account Factory was called to make the account, all attempts together.
    #[serde(default)]
    pub calls: u32,
    /// Whether Account Factory took the present attempt on.
    pub provisioning_accepted: bool,
    /// Account Factory's record of the present attempt, once it told.
    #[serde(default)]
    pub record_id: Option<String>,
    /// The account, once known.
    pub account_id: Option<String>,
    /// Blueprint deployment attempts started.
    pub deployment_attempts: u32,
    /// Whether the stack of the present attempt was taken on.
    pub stack_accepted: bool,
    /// Stack outputs.
    pub outputs: BTreeMap<String, String>,
    /// Post steps that ended, with the problem if there was one.
    pub post_steps: BTreeMap<String, Option<String>>,
    /// How far the present step is.
    pub progress: Option<Progress>,
    /// A passing trouble the worker waits out, in plain words.
    pub delay: Option<String>,
    /// Why it failed, while it is failed or abandoned.
    pub failure: Option<Failure>,
    /// How often its failed step was run again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Whether the members of a set may be made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub set_started: bool,
    /// What became of the accounts of a set so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<StageName, MemberNote>,
    /// The undoing of the failed blueprint's stack, while the request is failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// The hash that links in mails carry, once parameters were changed after the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_hash: Option<SpecHash>,
    /// Seconds spent in each state it has left; estimates come from here.
    pub seconds_spent: BTreeMap<State, i64>,
    /// The end of its audit chain.
    pub head: Head,
}

impl Request {
    /// A request from its first event.
    ///
    /// # Errors
    /// When the first event is not [`Event::Submitted`].
    pub fn begin(first: &Recorded) -> Result<Self, OutOfPlace> {
        let Event::Submitted(submission) = &first.event else {
            return Err(OutOfPlace { seq: first.seq });
        };
        Ok(Self {
            id: first.request_id,
            state: State::Pending,
            submission: (**submission).clone(),
            submitted_by: (first.actor.admin && !first.actor.is(&submission.requester)).then(|| first.actor.clone()),
            channel: first.actor.channel,
            created_at: first.at,
            state_since: first.at,
            queued_at: None,
            decisions: Vec::new(),
            reminders: 0,
            creation_attempts: 0,
            creation_hash: None,
            slot: None,
            called_at: None,
            calls: 0,
            provisioning_accepted: false,
            record_id: None,
            account_id: None,
            deployment_attempts: 0,
            stack_accepted: false,
            outputs: BTreeMap::new(),
            post_steps: BTreeMap::new(),
            progress: None,
            delay: None,
            failure: None,
            retries: 0,
            set_started: false,
            members: BTreeMap::new(),
            rollback: None,
            first_hash: None,
            seconds_spent: BTreeMap::new(),
            head: Head { seq: first.seq, hash: first.hash.clone() },
        })
    }

    /// The present state from a whole history.
    ///
    /// # Errors
    /// When an event stands where the state machine does not allow it.
    pub fn fold(history: &[Recorded]) -> Result<Self, OutOfPlace> {
        let (first, rest) = history.split_first().ok_or(OutOfPlace { seq: 0 })?;
        let mut request = Self::begin(first)?;
        for recorded in rest {
            request.apply(recorded)?;
        }
        Ok(request)
    }

    /// Links `event` to the chain, applies it, and answers the record to store.
    ///
    /// # Errors
    /// When the state machine does not allow the event here.
    pub fn record(&mut self, at: Timestamp, actor: &Actor, event: Event) -> Result<Recorded, OutOfPlace> {
        let recorded = Recorded::link(self.id, Some(&self.head), at, actor.clone(), event);
        self.apply(&recorded)?;
        Ok(recorded)
    }

    /// Applies one recorded event.
    fn apply(&mut self, recorded: &Recorded) -> Result<(), OutOfPlace> {
        let next =
            transition(self.state, &recorded.event, self.failure.as_ref()).ok_or(OutOfPlace { seq: recorded.seq })?;
        self.take_in(recorded);
        if next == State::Queued && matches!(recorded.event, Event::Queued | Event::RetryRequested) {
            // In line since the approval, not since a worker picked it up: workers
            // may pick up in any order.
            self.queued_at = Some(if self.state == State::Approved { self.state_since } else { recorded.at });
        }
        if next != self.state {
            let spent = recorded.at.as_second() - self.state_since.as_second();
            *self.seconds_spent.entry(self.state).or_default() += spent;
            self.state = next;
            self.state_since = recorded.at;
            self.progress = None;
            self.delay = None;
        }
        self.head = Head { seq: recorded.seq, hash: recorded.hash.clone() };
        Ok(())
    }

    /// Copies what the event carries into the fold.
    fn take_in(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ApprovalGiven { reason, needed, .. } => {
                self.submission.approvals_needed = needed.unwrap_or(self.submission.approvals_needed);
                self.note(recorded, Verdict::Approve, reason.clone());
            }
            Event::Denied { reason, .. } => self.note(recorded, Verdict::Deny, Some(reason.clone())),
            Event::Cancelled { reason } => self.note(recorded, Verdict::Cancel, reason.clone()),
            Event::Expired => self.note(recorded, Verdict::Expire, None),
            Event::Reminded { nth, .. } => self.reminders = *nth,
            Event::CreationStarted { .. }
            | Event::ProvisioningCalled
            | Event::ProvisioningAccepted { .. }
            | Event::AccountCreated { .. } => self.take_in_creation(recorded),
            Event::Progressed { phase, done, total } => {
                self.progress = Some(Progress { phase: phase.clone(), done: *done, total: *total });
                self.delay = None;
            }
            Event::Delayed { reason, .. } => {
                self.delay = Some(reason.clone());
                // Nothing is delayed while a call may have done something: this one did not.
                self.called_at = None;
            }
            Event::DeploymentStarted { attempt } => {
                self.deployment_attempts = *attempt;
                self.stack_accepted = false;
            }
            Event::StackAccepted => self.stack_accepted = true,
            Event::BlueprintDeployed { outputs } => self.outputs.clone_from(outputs),
            Event::PostStepFinished { step, problem } => {
                self.post_steps.insert(step.clone(), problem.clone());
            }
            Event::Failed(failure) => self.failure = Some(failure.clone()),
            Event::OperationEnded { account_id } => {
                self.account_id.clone_from(account_id);
                self.failure.iter_mut().for_each(|failure| failure.still_running = false);
            }
            Event::RetryRequested => self.begin_again(),
            Event::SetStarted { .. } => self.set_started = true,
            Event::MemberReady { stage, account_id } => self.note_member(*stage, MemberNote::ready(account_id)),
            Event::MemberFailed { stage, failure } => self.note_member(*stage, MemberNote::failed(failure)),
            Event::ParametersChanged { parameters, hash, .. } => self.change_parameters(parameters, hash),
            Event::RollbackRequested | Event::RollbackBegun | Event::RolledBack { .. } => {
                self.take_in_rollback(recorded);
            }
            Event::Submitted(_)
            | Event::AttemptUndone { .. }
            | Event::Queued
            | Event::BootstrapStarted
            | Event::BecameReady
            | Event::Abandoned { .. } => {}
        }
    }

    /// How far Account Factory is.
    fn take_in_creation(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::CreationStarted { attempt, slot, hash } => {
                self.creation_attempts = *attempt;
                self.slot = Some(*slot);
                self.creation_hash = Some(hash.clone());
                self.called_at = None;
                self.provisioning_accepted = false;
                self.record_id = None;
            }
            Event::ProvisioningCalled => {
                self.called_at = Some(recorded.at);
                self.calls += 1;
            }
            Event::ProvisioningAccepted { record_id } => {
                self.provisioning_accepted = true;
                self.record_id = Some(record_id.clone()).filter(|id| !id.is_empty());
            }
            Event::AccountCreated { account_id } => self.account_id = Some(account_id.clone()),
            _ => {}
        }
    }

    fn note_member(&mut self, stage: StageName, note: MemberNote) {
        self.members.insert(stage, note);
    }

    /// Forgets what the failed step left behind, and nothing of the steps before it.
    fn begin_again(&mut self) {
        self.retries += 1;
        self.rollback = None;
        match self.failure.take().map(|failure| failure.step) {
            Some(Step::BlueprintDeployment) => {
                self.deployment_attempts += 1;
                self.stack_accepted = false;
            }
            Some(Step::Bootstrap) => self.post_steps.retain(|_, problem| problem.is_none()),
            Some(Step::SetMembers) => self.members.values_mut().for_each(|note| note.retry = note.failed.is_some()),
            Some(Step::Approval | Step::AccountCreation) | None => {}
        }
    }

    /// Whether the failed blueprint's stack is being undone.
    #[must_use]
    pub fn is_being_rolled_back(&self) -> bool {
        self.rollback.as_ref().is_some_and(|rollback| !rollback.over)
    }

    fn note(&mut self, recorded: &Recorded, decision: Verdict, reason: Option<String>) {
        self.decisions.push(Decision {
            by: recorded.actor.email.clone(),
            at: recorded.at,
            decision,
            reason,
            channel: recorded.actor.channel,
        });
    }

    /// The decision that ended the waiting, once there is one.
    #[must_use]
    pub fn decided(&self) -> Option<&Decision> {
        if self.state == State::Pending { None } else { self.decisions.last() }
    }

    /// How many more approvals are needed.
    #[must_use]
    pub fn approvals_missing(&self) -> u32 {
        let given = self.decisions.iter().filter(|d| d.decision == Verdict::Approve).count();
        self.submission.approvals_needed.saturating_sub(u32::try_from(given).unwrap_or(u32::MAX))
    }

    /// Whether Account Factory was ever about to be called: from then on the
    /// root e-mail and the account name may be burnt and are never given back. A set's
    /// are as soon as its members may be made.
    #[must_use]
    pub const fn creation_was_started(&self) -> bool {
        self.creation_attempts > 0 || self.set_started
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Where an event leads from `state`; `None` where it has no place.
/// `failure` names the step to go back to on a retry.
#[must_use]
pub fn transition(state: State, event: &Event, failure: Option<&Failure>) -> Option<State> {
    use State::{
        Abandoned, Approved, Bootstrapping, Cancelled, Creating, Denied, Deploying, Expired, Failed, Pending, Queued,
        Ready,
    };
    match (state, event) {
        (Pending, Event::ApprovalGiven { last: true, .. }) => Some(Approved),
        (Pending, Event::Denied { .. }) => Some(Denied),
        (Pending, Event::Cancelled { .. }) => Some(Cancelled),
        (Pending, Event::Expired) => Some(Expired),
        (Approved, Event::Queued) => Some(Queued),
        (Approved, Event::SetStarted { .. }) | (Queued | Creating, Event::CreationStarted { .. }) => Some(Creating),
        (Creating, Event::DeploymentStarted { .. }) => Some(Deploying),
        (Creating | Deploying, Event::BootstrapStarted) => Some(Bootstrapping),
        (Bootstrapping, Event::BecameReady) => Some(Ready),
        (Approved | Queued | Creating | Deploying | Bootstrapping, Event::Failed(_)) => Some(Failed),
        (Failed, Event::RetryRequested) => failure.map(back_to),
        (Failed, Event::Abandoned { .. }) => Some(Abandoned),
        // Noted where it stands.
        (Failed | Abandoned, Event::OperationEnded { .. }) => failure?.still_running.then_some(state),
        (Failed, Event::ParametersChanged { .. } | Event::RollbackRequested)
        | (Failed | Abandoned, Event::RollbackBegun | Event::RolledBack { .. }) => {
            (failure?.step == Step::BlueprintDeployment).then_some(state)
        }
        (Pending, Event::ApprovalGiven { last: false, .. } | Event::Reminded { .. })
        | (
            Creating,
            Event::ProvisioningCalled
            | Event::ProvisioningAccepted { .. }
            | Event::AttemptUndone { .. }
            | Event::AccountCreated { .. }
            | Event::MemberReady { .. }
            | Event::MemberFailed { .. },
        )
        | (Deploying, Event::StackAccepted | Event::BlueprintDeployed { .. })
        | (Bootstrapping, Event::PostStepFinished { .. })
        | (Creating | Deploying | Bootstrapping, Event::Progressed { .. } | Event::Delayed { .. }) => Some(state),
        _ => None,
    }
}

/// Where a retry goes on.
const fn back_to(failure: &Failure) -> State {
    match failure.step {
        Step::Approval => State::Approved,
        // It never gave its slot back, so it need not stand in line for one.
        Step::AccountCreation if failure.still_running => State::Creating,
        Step::AccountCreation => State::Queued,
        Step::SetMembers => State::Creating,
        Step::BlueprintDeployment => State::Deploying,
        Step::Bootstrap => State::Bootstrapping,
    }
}

/// An event that the state machine does not allow where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} does not fit the state before it")]
pub struct OutOfPlace {
    /// Its place in the history; 0 for an empty history.
    pub seq: u64,
}
