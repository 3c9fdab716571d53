//! Random histories against a model: people ask, decide, take back and retry at random
//! times, while the clock jumps, processes end, and calls of the worker fail, get lost,
//! happen twice or sleep. The model is a dozen lines: one decision a request. Every
//! answer must be the one it foretells, and every promise must hold in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Refusal, Request, State, Verdict};
use vend::ports::clock::Clock as _;
use vend::ports::store::RequestStore as _;
use vend::service::{Decide, ServiceError};

use super::steps::drive;
use crate::fakes::faults::Faults;
use crate::fakes::requests::requester;
use crate::fakes::world::{Setup, World};
use crate::journeys::POLICY;
use crate::promises;

const PEOPLE: [&str; 4] = ["ada@example.com", "grace@example.com", "heidi@example.com", "eve@example.com"];
const TAGS: [&str; 9] =
    ["", "", "+fail-quota", "+fail-busy", "+fail-lost", "+fail-slow", "+fail-email", "+fail-tainted", "+fail-poststep"];
const JUMPS: [u64; 6] = [1, 10, 60, 600, 7_200, 90_000];

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Op {
    Ask { who: usize, production: bool, tag: usize },
    Approve { who: usize, which: usize },
    Deny { who: usize, which: usize },
    Cancel { who: usize, which: usize },
    Retry { who: usize, which: usize },
    Work { ticks: usize },
    Jump { by: usize },
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    let (who, which) = (0..PEOPLE.len(), 0..4_usize);
    let person = (who.clone(), which);
    prop_oneof![
        3 => (who, any::<bool>(), 0..TAGS.len()).prop_map(|(who, production, tag)| Op::Ask { who, production, tag }),
        6 => person.clone().prop_map(|(who, which)| Op::Approve { who, which }),
        1 => person.clone().prop_map(|(who, which)| Op::Deny { who, which }),
        1 => person.clone().prop_map(|(who, which)| Op::Cancel { who, which }),
        2 => person.prop_map(|(who, which)| Op::Retry { who, which }),
        6 => (1..6_usize).prop_map(|ticks| Op::Work { ticks }),
        5 => (0..JUMPS.len()).prop_map(|by| Op::Jump { by }),
        1 => Just(Op::Restart),
    ]
}

/// What the model knows of one request: who said yes, and the one decision.
struct Model {
    id: RequestId,
    requester: &'static str,
    production: bool,
    expires_at: Timestamp,
    said_yes: BTreeSet<&'static str>,
    decided: Option<Verdict>,
}

/// What an answer comes down to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Changed,
    Closed,
    YouAgain,
    NotAllowed,
}

impl Model {
    fn approvers(&self) -> &'static [&'static str] {
        if self.production { &PEOPLE[1..3] } else { &PEOPLE[1..2] }
    }

    fn may_decide(&self, who: &str) -> bool {
        self.requester != who && self.approvers().contains(&who)
    }

    fn decide(&mut self, who: &'static str, verdict: Verdict, now: Timestamp) -> Outcome {
        if !self.may_decide(who) {
            return Outcome::NotAllowed;
        }
        if self.decided.is_some() || now >= self.expires_at {
            return Outcome::Closed;
        }
        if verdict == Verdict::Approve {
            if !self.said_yes.insert(who) {
                return Outcome::YouAgain;
            }
            if self.said_yes.len() < 1 + usize::from(self.production) {
                return Outcome::Changed;
            }
        }
        self.decided = Some(verdict);
        Outcome::Changed
    }

    fn cancel(&mut self, who: &str, present: &Request, now: Timestamp) -> Outcome {
        let failed = present.state == State::Failed;
        match (who == self.requester, failed) {
            (false, false) => Outcome::NotAllowed,
            (false, true) if !self.may_decide(who) => Outcome::NotAllowed,
            (_, true) => Outcome::Changed,
            (true, false) if self.decided.is_some() || now >= self.expires_at => Outcome::Closed,
            (true, false) => {
                self.decided = Some(Verdict::Cancel);
                Outcome::Changed
            }
        }
    }

    fn retry(&self, who: &str, present: &Request) -> Outcome {
        let retryable = present.failure.as_ref().is_some_and(|failure| failure.retryable);
        match (who == self.requester || self.may_decide(who), present.state) {
            (false, _) => Outcome::NotAllowed,
            (true, State::Failed) if retryable => Outcome::Changed,
            (true, _) => Outcome::Closed,
        }
    }

    /// Where a request must end that was decided so.
    fn allows(&self, end: State) -> bool {
        match self.decided {
            Some(Verdict::Approve) => matches!(end, State::Ready | State::Failed | State::Abandoned),
            Some(Verdict::Deny) => end == State::Denied,
            Some(Verdict::Cancel) => end == State::Cancelled,
            Some(Verdict::Expire) | None => end == State::Expired,
        }
    }
}

/// The world, the model, and a worker whose calls go wrong.
struct Play {
    world: World,
    faults: Faults,
    models: Vec<Model>,
}

impl Play {
    async fn new(seed: u64) -> Self {
        let mut setup = Setup::default().policy(POLICY);
        setup.simulator.account_seconds = 6;
        let faults = Faults::none(&setup.clock).at_random(seed, 0.15, Duration::from_secs(90));
        Self { world: setup.build().await, faults, models: Vec::new() }
    }

    async fn play(mut self, ops: &[Op]) {
        for op in ops {
            self = self.step(*op).await;
        }
        self.faults.stop();
        self.world.clock.advance(Duration::from_hours(50));
        drive(&self.world, &[&self.world.worker]).await;
        let mut evidence = self.world.evidence().await;
        evidence.acknowledged = self.models.iter().map(|model| model.id).collect();
        assert_eq!(promises::broken(&evidence), Vec::<String>::new());
        for (request, _) in &evidence.requests {
            let model = self.models.iter().find(|model| model.id == request.id).expect("asked by somebody");
            assert!(model.allows(request.state), "{:?} ended {:?}", model.decided, request.state);
        }
    }

    async fn step(mut self, op: Op) -> Self {
        match op {
            Op::Ask { who, production, tag } => self.ask(PEOPLE[who], production, TAGS[tag]).await,
            Op::Approve { who, which } => self.decide(who, which, Decide::Approve { reason: None }).await,
            Op::Deny { who, which } => self.decide(who, which, Decide::Deny { reason: "No".into() }).await,
            Op::Cancel { who, which } => self.cancel(PEOPLE[who], which).await,
            Op::Retry { who, which } => self.retry(PEOPLE[who], which).await,
            Op::Work { ticks } => self.work(ticks).await,
            Op::Jump { by } => self.world.clock.advance(Duration::from_secs(JUMPS[by])),
            Op::Restart => self.world = self.world.restart().await,
        }
        self
    }

    async fn ask(&mut self, who: &'static str, production: bool, tag: &str) {
        let account_type = if production { "Production" } else { "Sandbox" };
        let draft = serde_json::json!({
            "account_type": account_type, "root_email": format!("team{}{tag}@example.com", self.models.len()),
            "organizational_unit": "Demos", "purpose": "Trying out a training job",
        });
        let draft = serde_json::from_value(draft).expect("a draft");
        let made = self.world.service.submit(&draft, &requester(who), &Actor::person(who, Channel::Api), None).await;
        let view = match made {
            Ok(view) => view,
            // Too many open requests, or nobody else who could approve: said before anything is stored.
            Err(ServiceError::Invalid(_)) => return,
            Err(error) => panic!("{error:?}"),
        };
        self.models.push(Model {
            id: view.id.parse().expect("an id"),
            requester: who,
            production,
            expires_at: view.expires_at,
            said_yes: BTreeSet::new(),
            decided: None,
        });
    }

    async fn decide(&mut self, who: usize, which: usize, say: Decide) {
        let now = self.world.clock.now();
        let Some(model) = self.models.get_mut(which) else { return };
        let verdict = if matches!(say, Decide::Deny { .. }) { Verdict::Deny } else { Verdict::Approve };
        let actor = Actor::person(PEOPLE[who], Channel::Mail);
        let answer = match self.world.service.decide(model.id, &actor, say).await {
            Ok(decided) if decided.changed => Outcome::Changed,
            Ok(decided) if decided.said.starts_with("You have already") => Outcome::YouAgain,
            Ok(_) => Outcome::Closed,
            Err(error) => refused(&error),
        };
        assert_eq!(answer, model.decide(PEOPLE[who], verdict, now));
    }

    async fn cancel(&mut self, who: &'static str, which: usize) {
        let now = self.world.clock.now();
        let Some(model) = self.models.get_mut(which) else { return };
        let present = self.world.store.load(model.id).await.expect("a request");
        let answer = self.world.service.cancel(model.id, &Actor::person(who, Channel::Api), None).await;
        let answer = answer.map_or_else(|error| refused(&error), |_| Outcome::Changed);
        assert_eq!(answer, model.cancel(who, &present, now));
    }

    async fn retry(&mut self, who: &'static str, which: usize) {
        let Some(model) = self.models.get(which) else { return };
        let present = self.world.store.load(model.id).await.expect("a request");
        let answer = self.world.service.retry(model.id, &Actor::person(who, Channel::Api)).await;
        let answer = answer.map_or_else(|error| refused(&error), |_| Outcome::Changed);
        assert_eq!(answer, model.retry(who, &present));
    }

    async fn work(&self, ticks: usize) {
        let worker = self.world.another_worker(&self.faults);
        for _ in 0..ticks {
            let _ = worker.tick().await;
            self.world.clock.advance(Duration::from_secs(2));
        }
    }
}

fn refused(error: &ServiceError) -> Outcome {
    match error {
        // Whoever may not see a request hears that there is none.
        ServiceError::NotAllowed(_) | ServiceError::NotFound => Outcome::NotAllowed,
        ServiceError::Refused(Refusal::AlreadyApprovedByYou) => Outcome::YouAgain,
        ServiceError::Refused(_) | ServiceError::RetryCannotHelp(_) => Outcome::Closed,
        other => panic!("no such answer was foretold: {other:?}"),
    }
}

/// `PROPTEST_CASES` asks for more.
fn cases() -> ProptestConfig {
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    if asked_for { ProptestConfig::default() } else { ProptestConfig::with_cases(32) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..cases() })]

    #[test]
    fn whatever_happens_in_whatever_order_the_promises_hold(
        ops in prop::collection::vec(op(), 10..60),
        seed in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { Play::new(seed).await.play(&ops).await });
    }
}
