//! Work that was promised in the same transaction as the state that needs it.
//! A worker claims a due job under a lease, runs its effect, and settles it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::ids::RequestId;
use super::person::Actor;
use super::request::{Request, State};

/// Which kind of process may run a job. The web-facing gateway cannot vend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Incoming chat: run by gateways, needs no permission to vend.
    Intake,
    /// All the rest, vending, mail and timers: run by workers.
    Work,
}

impl Lane {
    /// The word used in stores and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Work => "work",
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum JobKind {
    /// Take the request's next step towards an account.
    Drive {
        /// The request.
        request: RequestId,
    },
    /// Follow an account operation that a failed request left running, until its slot is free.
    WatchOperation {
        /// The request.
        request: RequestId,
    },
    /// Undo the stack of a blueprint that failed, step by step.
    RollBack {
        /// The request.
        request: RequestId,
    },
    /// Close the request if nobody has decided by now.
    Expire {
        /// The request.
        request: RequestId,
    },
    /// Remind the approvers if nobody has decided by now.
    Remind {
        /// The request.
        request: RequestId,
        /// Which reminder, from 1.
        nth: u32,
    },
    /// Find out who must be asked and promise one mail for each of them.
    AskApprovers {
        /// The request.
        request: RequestId,
        /// 0 for the first time, else the reminder's number.
        reminder: u32,
        /// Further addresses (escalation), beyond the policy's approvers.
        extra: Vec<String>,
    },
    /// Send one approver their personal mail.
    MailApprover {
        /// The request.
        request: RequestId,
        /// The approver's address.
        approver: String,
        /// 0 for the first time, else the reminder's number.
        reminder: u32,
    },
    /// Tell the requester by mail what became of their request.
    MailRequester {
        /// The request.
        request: RequestId,
        /// The state to tell about; pinned, so a late mail tells no other story.
        state: State,
    },
    /// Bring the Slack messages about a request up to date.
    RefreshChat {
        /// The request.
        request: RequestId,
    },
    /// Take the buttons off a question in Slack that is over.
    CloseQuestion {
        /// The conversation the message stands in.
        channel: String,
        /// The message's timestamp, its id within the conversation.
        ts: String,
        /// What the message says from now on.
        text: String,
    },
    /// Work through one signed Slack body that was acknowledged.
    Slack {
        /// `events`, `commands` or `interactions`.
        surface: String,
        /// The raw body.
        body: String,
    },
}

impl JobKind {
    /// The request the job is about, if it is about one.
    #[must_use]
    pub const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Drive { request }
            | Self::WatchOperation { request }
            | Self::RollBack { request }
            | Self::Expire { request }
            | Self::Remind { request, .. }
            | Self::AskApprovers { request, .. }
            | Self::MailApprover { request, .. }
            | Self::MailRequester { request, .. }
            | Self::RefreshChat { request } => Some(*request),
            Self::CloseQuestion { .. } | Self::Slack { .. } => None,
        }
    }

    /// Which kind of process may run it.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::CloseQuestion { .. } | Self::Slack { .. } => Lane::Intake,
            _ => Lane::Work,
        }
    }

    /// The word used in logs and metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Drive { .. } => "drive",
            Self::WatchOperation { .. } => "watch_operation",
            Self::RollBack { .. } => "roll_back",
            Self::Expire { .. } => "expire",
            Self::Remind { .. } => "remind",
            Self::AskApprovers { .. } => "ask_approvers",
            Self::MailApprover { .. } => "mail_approver",
            Self::MailRequester { .. } => "mail_requester",
            Self::RefreshChat { .. } => "refresh_chat",
            Self::CloseQuestion { .. } => "close_question",
            Self::Slack { .. } => "slack",
        }
    }
}

/// A job before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Unique: promising the same key again changes nothing (P9). A store knows it until the job is done, and for
    /// 24 h at least after that; nothing is delivered again that late.
    pub key: String,
    /// What is to be done.
    pub kind: JobKind,
    /// Not before this moment.
    pub due_at: Timestamp,
}

/// A job somebody holds the lease of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its unique key.
    pub key: String,
    /// What is to be done.
    pub kind: JobKind,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// Proof of the lease; settling needs it.
    pub lease: Lease,
}

/// Proof that a job is held; void once the job was claimed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lease(pub String);

/// How a claimed job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Done; its key stays known so that a duplicate is recognised.
    Done,
    /// To be run again, by itself and as planned (polling): attempts start over.
    Again {
        /// Not before this moment.
        due_at: Timestamp,
    },
    /// It went wrong and is tried again.
    Retry {
        /// Not before this moment.
        due_at: Timestamp,
        /// What went wrong, for operators.
        error: String,
    },
    /// It cannot succeed; kept for an operator to see.
    Parked {
        /// Why, for operators.
        reason: String,
    },
}

/// The wait before try `attempt + 1`: doubling from one second to five minutes,
/// less up to half of it by `jitter` (0.0–1.0) so that replicas spread out.
#[must_use]
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let full = 2_f64.powi(i32::try_from(attempt.saturating_sub(1).min(16)).unwrap_or(16)).min(300.0);
    Duration::from_secs_f64(full * (1.0 - jitter.clamp(0.0, 1.0) / 2.0))
}

/// What this installation promises, as policy and configuration set it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// When to remind approvers, counted from submission; may be empty.
    pub reminders: Vec<Duration>,
    /// Whether chat messages are kept up to date (Slack is configured).
    pub chat: bool,
}

/// Every job that recording `event` on `request` (already applied) promises.
/// One pure table, so that no path can record an event and forget its effects.
#[must_use]
pub fn promises(request: &Request, event: &Event, by: By<'_>, terms: &Terms) -> Vec<NewJob> {
    let By { actor, from } = by;
    let list = Promises { request, now: request.state_since, chat: terms.chat, jobs: Vec::new() };
    match event {
        // It was decided with its set, whose requester and approvers are told of the set as one.
        Event::Submitted(submission) if submission.member_of.is_some() => list.refresh(),
        Event::Submitted(_) => list.submitted(terms),
        Event::ApprovalGiven { last: true, .. } => list.drive().mail_requester().refresh(),
        Event::Failed(failure) if failure.still_running => list.watch().mail_requester().refresh(),
        Event::Denied { .. } | Event::Expired | Event::Abandoned { .. } | Event::BecameReady | Event::Failed(_) => {
            list.mail_requester().refresh()
        }
        Event::Cancelled { .. } if actor.is(&request.submission.requester) => list.refresh(),
        Event::Cancelled { .. } => list.mail_requester().refresh(),
        Event::Reminded { nth, to } => list.ask(*nth, to.clone()).refresh(),
        Event::RetryRequested if request.state == State::Queued => list.refresh(),
        Event::RetryRequested => list.drive().refresh(),
        Event::RollbackRequested => list.roll_back().refresh(),
        // Admission wakes the request; a repaired attempt goes on under the job it has.
        Event::CreationStarted { .. } if from == State::Queued => list.drive().refresh(),
        Event::ApprovalGiven { last: false, .. }
        | Event::Queued
        | Event::SetStarted { .. }
        | Event::MemberReady { .. }
        | Event::MemberFailed { .. }
        | Event::CreationStarted { .. }
        | Event::ProvisioningCalled
        | Event::ProvisioningAccepted { .. }
        | Event::Progressed { .. }
        | Event::Delayed { .. }
        | Event::AttemptUndone { .. }
        | Event::AccountCreated { .. }
        | Event::DeploymentStarted { .. }
        | Event::StackAccepted
        | Event::BlueprintDeployed { .. }
        | Event::BootstrapStarted
        | Event::PostStepFinished { .. }
        | Event::ParametersChanged { .. }
        | Event::RollbackBegun
        | Event::RolledBack { .. }
        | Event::OperationEnded { .. } => list.refresh(),
    }
    .jobs
}

/// Who recorded an event, and the state it met.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The state before the event.
    pub from: State,
}

/// Builds the promises of one event; keys carry the event's sequence number.
struct Promises<'a> {
    request: &'a Request,
    now: Timestamp,
    chat: bool,
    jobs: Vec<NewJob>,
}

impl Promises<'_> {
    fn add(mut self, word: &str, kind: JobKind, due_at: Timestamp) -> Self {
        let key = format!("{word}/{}/{}", self.request.id, self.request.head.seq);
        self.jobs.push(NewJob { key, kind, due_at });
        self
    }

    fn drive(self) -> Self {
        let kind = JobKind::Drive { request: self.request.id };
        let now = self.now;
        self.add("drive", kind, now)
    }

    fn watch(self) -> Self {
        let kind = JobKind::WatchOperation { request: self.request.id };
        let now = self.now;
        self.add("watch", kind, now)
    }

    fn roll_back(self) -> Self {
        let kind = JobKind::RollBack { request: self.request.id };
        let now = self.now;
        self.add("roll-back", kind, now)
    }

    fn refresh(self) -> Self {
        if !self.chat {
            return self;
        }
        // There is one message for the whole set.
        let shown = self.request.membership().map_or(self.request.id, |membership| membership.parent);
        let kind = JobKind::RefreshChat { request: shown };
        let now = self.now;
        self.add("refresh", kind, now)
    }

    fn mail_requester(self) -> Self {
        if self.request.membership().is_some() {
            return self;
        }
        let kind = JobKind::MailRequester { request: self.request.id, state: self.request.state };
        let now = self.now;
        self.add("mail-requester", kind, now)
    }

    fn ask(self, reminder: u32, extra: Vec<String>) -> Self {
        let kind = JobKind::AskApprovers { request: self.request.id, reminder, extra };
        let now = self.now;
        self.add("ask", kind, now)
    }

    fn submitted(self, terms: &Terms) -> Self {
        let (request, made) = (self.request.id, self.request.created_at);
        let expires_at = self.request.submission.expires_at;
        let mut list = self.ask(0, Vec::new()).refresh().add("expire", JobKind::Expire { request }, expires_at);
        for (nth, after) in (1..).zip(&terms.reminders) {
            let due_at = made.saturating_add(*after).unwrap_or(expires_at);
            if due_at < expires_at {
                list = list.add(&format!("remind-{nth}"), JobKind::Remind { request, nth }, due_at);
            }
        }
        list
    }
}
