//! The state machine of a request. The only place where a state changes.
//!
//! A [`Request`] is the fold of its events ([`Request::fold`]); a [`Command`] is
//! judged against it by [`Request::handle`], which answers the events to record
//! or who stands in the way. Pure: time comes in as an argument.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Event, Head, Recorded, Submission};
use super::ids::RequestId;
use super::person::{Actor, Channel};
use super::spec::SpecHash;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for approvers.
    Pending,
    /// Approved; the worker has not picked it up yet.
    Approved,
    /// Waits for an account-operation slot.
    Queued,
    /// Account Factory is at work.
    Creating,
    /// The blueprint's stack is being created.
    Deploying,
    /// Post steps run.
    Bootstrapping,
    /// Done: the account is there, furnished.
    Ready,
    /// A step failed; it can be retried or abandoned.
    Failed,
    /// An approver said no.
    Denied,
    /// Taken back by the requester.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// Given up after a failure.
    Abandoned,
}

impl State {
    /// All states, in the order of a request's life.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Approved,
        Self::Queued,
        Self::Creating,
        Self::Deploying,
        Self::Bootstrapping,
        Self::Ready,
        Self::Failed,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
        Self::Abandoned,
    ];

    /// The word used in JSON, filters and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Queued => "queued",
            Self::Creating => "creating",
            Self::Deploying => "deploying",
            Self::Bootstrapping => "bootstrapping",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing more happens unless a person acts.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Ready | Self::Failed | Self::Denied | Self::Cancelled | Self::Expired | Self::Abandoned)
    }

    /// Whether the worker has something to do here.
    #[must_use]
    pub const fn is_working(self) -> bool {
        matches!(self, Self::Approved | Self::Queued | Self::Creating | Self::Deploying | Self::Bootstrapping)
    }

    /// Whether it counts against a person's open requests.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending) || self.is_working()
    }
}

/// The part of the work that failed; a retry runs this one again and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Checks between approval and the queue.
    Approval,
    /// Account Factory.
    AccountCreation,
    /// The blueprint's stack.
    BlueprintDeployment,
    /// Post steps.
    Bootstrap,
}

impl Step {
    /// The step in words, as in "account creation failed".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approval => "the check before the queue",
            Self::AccountCreation => "account creation",
            Self::BlueprintDeployment => "blueprint deployment",
            Self::Bootstrap => "the finishing steps",
        }
    }
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// What failed.
    pub step: Step,
    /// Plain words for the requester.
    pub reason: String,
    /// What to do next, and what a retry would do.
    pub advice: String,
    /// Whether a retry may help.
    pub retryable: bool,
    /// Whether the operation may still be running out there: its slot stays taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(ignore)]
    pub still_running: bool,
    /// The backend's own text and record id, for operators; never sent to clients.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub detail: String,
}

/// One approver's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// E-mail of who decided, or `policy` for auto-approval.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Approve, deny, cancel or expire.
    pub decision: Verdict,
    /// What they wrote.
    pub reason: Option<String>,
    /// Where they said it.
    pub channel: Channel,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// Taken back.
    Cancel,
    /// Too late.
    Expire,
}

/// How far the current step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// One line for people.
    pub phase: String,
    /// Done so far, when the backend counts.
    pub done: Option<u32>,
    /// Out of how many.
    pub total: Option<u32>,
}

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
    /// Whether Account Factory took the present attempt on.
    pub provisioning_accepted: bool,
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
    /// Seconds spent in each state it has left; estimates come from here.
    pub seconds_spent: BTreeMap<State, i64>,
    /// The end of its audit chain.
    pub head: Head,
}

/// Something somebody wants to do to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say yes; the caller has asked the policy at this moment.
    Approve {
        /// What they wrote.
        reason: Option<String>,
        /// The rule that allows them.
        rule: String,
    },
    /// Say no.
    Deny {
        /// Why.
        reason: String,
        /// The rule that allows them.
        rule: String,
    },
    /// Take it back, or give a failed one up.
    Cancel {
        /// Why, if said.
        reason: Option<String>,
    },
    /// Time is up.
    Expire,
    /// Approvers were reminded.
    Remind {
        /// Who was written to.
        to: Vec<String>,
    },
    /// Run the failed step again.
    Retry,
}

/// Why a command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody was first; here is who and when.
    AlreadyDecided(Decision),
    /// This approver already approved; another one is needed.
    AlreadyApprovedByYou,
    /// The time to decide has passed.
    TooLate {
        /// When it expired.
        expired_at: Timestamp,
    },
    /// The request is past the point where this makes sense.
    NotNow(State),
    /// The failure cannot be cured by running the step again.
    RetryCannotHelp,
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
            channel: first.actor.channel,
            created_at: first.at,
            state_since: first.at,
            queued_at: None,
            decisions: Vec::new(),
            reminders: 0,
            creation_attempts: 0,
            creation_hash: None,
            slot: None,
            provisioning_accepted: false,
            account_id: None,
            deployment_attempts: 0,
            stack_accepted: false,
            outputs: BTreeMap::new(),
            post_steps: BTreeMap::new(),
            progress: None,
            delay: None,
            failure: None,
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
        let next = transition(self.state, &recorded.event, self.failure.as_ref().map(|f| f.step))
            .ok_or(OutOfPlace { seq: recorded.seq })?;
        self.take_in(recorded);
        if next != self.state {
            let spent = recorded.at.as_second() - self.state_since.as_second();
            *self.seconds_spent.entry(self.state).or_default() += spent;
            self.state = next;
            self.state_since = recorded.at;
            self.progress = None;
            self.delay = None;
        }
        if next == State::Queued && matches!(recorded.event, Event::Queued | Event::RetryRequested) {
            self.queued_at = Some(recorded.at);
        }
        self.head = Head { seq: recorded.seq, hash: recorded.hash.clone() };
        Ok(())
    }

    /// Copies what the event carries into the fold.
    fn take_in(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ApprovalGiven { reason, .. } => self.note(recorded, Verdict::Approve, reason.clone()),
            Event::Denied { reason, .. } => self.note(recorded, Verdict::Deny, Some(reason.clone())),
            Event::Cancelled { reason } => self.note(recorded, Verdict::Cancel, reason.clone()),
            Event::Expired => self.note(recorded, Verdict::Expire, None),
            Event::Reminded { nth, .. } => self.reminders = *nth,
            Event::CreationStarted { attempt, slot, hash } => {
                self.creation_attempts = *attempt;
                self.slot = Some(*slot);
                self.creation_hash = Some(hash.clone());
                self.provisioning_accepted = false;
            }
            Event::ProvisioningAccepted { .. } => self.provisioning_accepted = true,
            Event::Progressed { phase, done, total } => {
                self.progress = Some(Progress { phase: phase.clone(), done: *done, total: *total });
                self.delay = None;
            }
            Event::Delayed { reason, .. } => self.delay = Some(reason.clone()),
            Event::AccountCreated { account_id } => self.account_id = Some(account_id.clone()),
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
            Event::RetryRequested => self.begin_again(),
            Event::Submitted(_)
            | Event::AttemptUndone { .. }
            | Event::Queued
            | Event::BootstrapStarted
            | Event::BecameReady
            | Event::Abandoned { .. } => {}
        }
    }

    /// Forgets what the failed step left behind, and nothing of the steps before it.
    fn begin_again(&mut self) {
        match self.failure.take().map(|failure| failure.step) {
            Some(Step::BlueprintDeployment) => {
                self.deployment_attempts += 1;
                self.stack_accepted = false;
            }
            Some(Step::Bootstrap) => self.post_steps.retain(|_, problem| problem.is_none()),
            Some(Step::Approval | Step::AccountCreation) | None => {}
        }
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

    /// Judges a command at `now`: the events to record, or why nothing changes.
    ///
    /// # Errors
    /// See [`Refusal`]; a refused command never changes anything.
    pub fn handle(&self, command: Command, actor: &Actor, now: Timestamp) -> Result<Event, Refusal> {
        match command {
            Command::Retry => self.retry(),
            Command::Cancel { reason } if self.state == State::Failed => Ok(Event::Abandoned { reason }),
            Command::Remind { to } => {
                self.must_be_pending()?;
                Ok(Event::Reminded { nth: self.reminders + 1, to })
            }
            Command::Expire => self.expire(now),
            decision => {
                self.must_be_pending()?;
                self.must_be_in_time(now)?;
                self.decide(decision, actor)
            }
        }
    }

    fn decide(&self, command: Command, actor: &Actor) -> Result<Event, Refusal> {
        match command {
            Command::Approve { reason, rule } => {
                if self.decisions.iter().any(|d| super::person::same_email(&d.by, &actor.email)) {
                    return Err(Refusal::AlreadyApprovedByYou);
                }
                let last = self.approvals_missing() <= 1;
                Ok(Event::ApprovalGiven { reason, rule, last })
            }
            Command::Deny { reason, rule } => Ok(Event::Denied { reason, rule }),
            Command::Cancel { reason } => Ok(Event::Cancelled { reason }),
            Command::Expire | Command::Remind { .. } | Command::Retry => Err(Refusal::NotNow(self.state)),
        }
    }

    fn expire(&self, now: Timestamp) -> Result<Event, Refusal> {
        self.must_be_pending()?;
        if now < self.submission.expires_at {
            return Err(Refusal::NotNow(self.state));
        }
        Ok(Event::Expired)
    }

    fn retry(&self) -> Result<Event, Refusal> {
        match &self.failure {
            Some(failure) if self.state == State::Failed && failure.retryable => Ok(Event::RetryRequested),
            Some(_) if self.state == State::Failed => Err(Refusal::RetryCannotHelp),
            _ => Err(Refusal::NotNow(self.state)),
        }
    }

    fn must_be_pending(&self) -> Result<(), Refusal> {
        match (self.state, self.decided()) {
            (State::Pending, _) => Ok(()),
            (_, Some(decision)) => Err(Refusal::AlreadyDecided(decision.clone())),
            (state, None) => Err(Refusal::NotNow(state)),
        }
    }

    fn must_be_in_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let expired_at = self.submission.expires_at;
        if now < expired_at { Ok(()) } else { Err(Refusal::TooLate { expired_at }) }
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
    /// root e-mail and the account name may be burnt and are never given back.
    #[must_use]
    pub const fn creation_was_started(&self) -> bool {
        self.creation_attempts > 0
    }
}

/// Where an event leads from `state`; `None` where it has no place.
/// `failed_step` is the step to go back to on a retry.
#[must_use]
pub fn transition(state: State, event: &Event, failed_step: Option<Step>) -> Option<State> {
    use State::{
        Abandoned, Approved, Bootstrapping, Cancelled, Creating, Denied, Deploying, Expired, Failed, Pending, Queued,
        Ready,
    };
    match (state, event) {
        (Pending, Event::ApprovalGiven { last: true, .. }) => Some(Approved),
        (Pending, Event::ApprovalGiven { last: false, .. } | Event::Reminded { .. }) => Some(Pending),
        (Pending, Event::Denied { .. }) => Some(Denied),
        (Pending, Event::Cancelled { .. }) => Some(Cancelled),
        (Pending, Event::Expired) => Some(Expired),
        (Approved, Event::Queued) => Some(Queued),
        (Queued, Event::CreationStarted { .. }) => Some(Creating),
        (
            Creating,
            Event::CreationStarted { .. } | Event::ProvisioningAccepted { .. } | Event::AttemptUndone { .. },
        ) => Some(Creating),
        (Creating, Event::AccountCreated { .. } | Event::Progressed { .. } | Event::Delayed { .. }) => Some(Creating),
        (Creating, Event::DeploymentStarted { .. }) => Some(Deploying),
        (Creating | Deploying, Event::BootstrapStarted) => Some(Bootstrapping),
        (Deploying, Event::StackAccepted | Event::BlueprintDeployed { .. }) => Some(Deploying),
        (Deploying, Event::Progressed { .. } | Event::Delayed { .. }) => Some(Deploying),
        (Bootstrapping, Event::PostStepFinished { .. } | Event::Progressed { .. } | Event::Delayed { .. }) => {
            Some(Bootstrapping)
        }
        (Bootstrapping, Event::BecameReady) => Some(Ready),
        (Approved | Queued | Creating | Deploying | Bootstrapping, Event::Failed(_)) => Some(Failed),
        (Failed, Event::Abandoned { .. }) => Some(Abandoned),
        (Failed, Event::RetryRequested) => Some(match failed_step? {
            Step::Approval => Approved,
            Step::AccountCreation => Queued,
            Step::BlueprintDeployment => Deploying,
            Step::Bootstrap => Bootstrapping,
        }),
        _ => None,
    }
}

/// An event that the state machine does not allow where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} does not fit the state before it")]
pub struct OutOfPlace {
    /// Its place in the history; 0 for an empty history.
    pub seq: u64,
}
