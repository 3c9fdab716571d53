//! A request in every state, each reached by the events that lead there.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vend::domain::event::{Event, Recorded};
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Failure, Request, State, Step};

use crate::fakes::requests::{ada, approval, denial, grace, submitted};

/// A request with the whole history that made it.
pub struct Station {
    pub request: Request,
    pub history: Vec<Recorded>,
}

/// When every request here is made.
pub fn start() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().expect("a time")
}

/// Ada as the one who acts.
pub fn ada_acts() -> Actor {
    Actor::person(&ada().email, Channel::Api)
}

impl Station {
    /// A fresh request.
    pub fn pending() -> Self {
        let (request, first) = submitted("01JCZK5W8Q2M3N4P5R6S7T8V9W".parse().expect("an id"), start());
        Self { request, history: vec![first] }
    }

    /// One more event, ten seconds after the one before.
    pub fn then(mut self, actor: &Actor, event: Event) -> Self {
        let at = start() + SignedDuration::from_secs(10 * i64::try_from(self.history.len()).expect("few events"));
        let recorded = self.request.record(at, actor, event).expect("an event that is allowed here");
        self.history.push(recorded);
        self
    }

    fn vend(self, events: Vec<Event>) -> Self {
        events.into_iter().fold(self, |station, event| station.then(&Actor::system(), event))
    }

    /// A request in this state.
    pub fn at(state: State) -> Self {
        let approved = || Self::pending().then(&grace(), approval());
        let creating = || approved().vend(vec![Event::Queued, creation(1)]);
        match state {
            State::Pending => Self::pending(),
            State::Approved => approved(),
            State::Queued => approved().vend(vec![Event::Queued]),
            State::Creating => creating(),
            State::Deploying => creating().vend(vec![account(), Event::DeploymentStarted { attempt: 1 }]),
            State::Bootstrapping => Self::at(State::Deploying).vend(vec![deployed(), Event::BootstrapStarted]),
            State::Ready => Self::at(State::Bootstrapping).vend(vec![tags_set(), Event::BecameReady]),
            State::Failed => Self::failed_at(Step::BlueprintDeployment),
            State::Denied => Self::pending().then(&grace(), denial()),
            State::Cancelled => Self::pending().then(&ada_acts(), Event::Cancelled { reason: None }),
            State::Expired => Self::pending().vend(vec![Event::Expired]),
            State::Abandoned => Self::at(State::Failed).then(&ada_acts(), Event::Abandoned { reason: None }),
        }
    }

    /// A request that failed at this step, and could be retried.
    pub fn failed_at(step: Step) -> Self {
        let before = match step {
            Step::Approval => State::Approved,
            Step::AccountCreation | Step::SetMembers => State::Creating,
            Step::BlueprintDeployment => State::Deploying,
            Step::Bootstrap => State::Bootstrapping,
        };
        Self::at(before).vend(vec![Event::Failed(failure(step))])
    }

    /// A request whose account operation may still be running.
    pub fn left_running() -> Self {
        let failure = Failure { still_running: true, ..failure(Step::AccountCreation) };
        Self::at(State::Creating).vend(vec![Event::Failed(failure)])
    }
}

/// A failure that a retry may cure.
pub fn failure(step: Step) -> Failure {
    Failure {
        step,
        reason: "It did not work.".into(),
        advice: "Try again.".into(),
        retryable: true,
        still_running: false,
        detail: String::new(),
    }
}

/// An attempt begins in slot 0.
pub fn creation(attempt: u32) -> Event {
    let hash = Station::pending().request.submission.hash;
    Event::CreationStarted { attempt, slot: 0, hash }
}

/// The account exists.
pub fn account() -> Event {
    Event::AccountCreated { account_id: "123456789012".into() }
}

/// The stack is complete.
pub fn deployed() -> Event {
    Event::BlueprintDeployed { outputs: BTreeMap::from([("VpcId".to_owned(), "vpc-1".to_owned())]) }
}

/// A post step went well.
pub fn tags_set() -> Event {
    Event::PostStepFinished { step: "tags".into(), problem: None }
}
