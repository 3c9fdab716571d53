//! Fail each step, run each step twice: every call that a whole journey makes to a
//! port fails once before its effect, loses its answer once, is made twice once, and
//! is once so slow that the lease runs out. The promises hold and the journey ends (P1–P10).

use std::time::Duration;

use jiff::SignedDuration;
use vend::config::LogFormat;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::ports::clock::Clock as _;
use vend::ports::store::JobStore as _;
use vend::service::Decide;
use vend::worker::Worker;

use crate::fakes::captured_log::CapturedLog;
use crate::fakes::faults::{Fault, Faults};
use crate::fakes::requests::ada;
use crate::fakes::world::{Setup, World};
use crate::promises;

/// Longer than a lease: whoever sleeps this long has lost its jobs.
pub const TOO_LONG: Duration = Duration::from_secs(90);

/// A new installation with these faults around every port.
pub async fn world(faults: impl FnOnce(Faults) -> Faults) -> (World, Faults) {
    let mut setup = Setup::default();
    let faults = faults(Faults::none(&setup.clock));
    setup.simulator.account_seconds = 4;
    setup.simulator.blueprint_seconds = 2;
    setup.simulator.post_steps = vec!["tags".into()];
    setup.patience.poll = Duration::from_secs(2);
    (setup.faults(&faults).build().await, faults)
}

/// Ticks on whatever goes wrong, until only timers are left.
pub async fn drive(world: &World, workers: &[&Worker]) {
    for _ in 0..600 {
        let mut done = 0;
        for worker in workers {
            // A store that fails is a worker that tries again.
            done += worker.tick().await.unwrap_or(1);
        }
        let now = world.clock.now();
        let next = world.store.next_due(vend::domain::job::Lane::Work).await.expect("a store that works");
        match next {
            _ if done > 0 => {}
            Some(due) if due <= now + SignedDuration::from_mins(10) => {
                world.clock.set(due.max(now + SignedDuration::from_millis(1)));
            }
            _ => return,
        }
    }
    panic!("it goes round in circles");
}

/// Asks again until somebody answers, as a person would.
pub async fn insist<T, E, F: Future<Output = Result<T, E>>>(call: impl Fn() -> F) -> T {
    for _ in 0..5 {
        if let Ok(answer) = call().await {
            return answer;
        }
    }
    panic!("nobody answers");
}

/// Ada asks for an account with a blueprint; Grace approves; the account is made.
async fn journey(world: &World) -> RequestId {
    journey_of(world, "fraud@example.com").await
}

async fn journey_of(world: &World, root_email: &str) -> RequestId {
    let draft = serde_json::json!({
        "account_type": "Sandbox", "root_email": root_email, "organizational_unit": "Demos",
        "blueprint": "ml-workload-nonprod", "purpose": "Training a fraud model",
    });
    let draft = serde_json::from_value(draft).expect("a draft");
    let actor = Actor::person("ada@example.com", Channel::Api);
    let once = vend::service::Once { caller: "ada".into(), key: "1".into(), fingerprint: "1".into() };
    let (requester, service) = (ada(), &world.service);
    let made = insist(|| service.submit(&draft, &requester, &actor, Some(once.clone()))).await;
    let id = made.id.parse().expect("an id");
    drive(world, &[&world.worker]).await;
    let grace = Actor::person("approver@example.com", Channel::Mail);
    insist(|| service.decide(id, &grace, Decide::Approve { reason: None })).await;
    drive(world, &[&world.worker]).await;
    id
}

/// The journey over a failed blueprint that is undone and begun anew.
async fn detour(world: &World) -> RequestId {
    let id = journey_of(world, "fraud+fail-blueprint@example.com").await;
    let (ada, service) = (Actor::person("ada@example.com", Channel::Api), &world.service);
    // Asked again after a lost answer, the answer is who was first: that is enough, too.
    let _ = service.roll_back(id, None, &ada).await;
    drive(world, &[&world.worker]).await;
    insist(|| service.retry(id, &ada)).await;
    drive(world, &[&world.worker]).await;
    id
}

/// Each call that undoes, and each one after it, with each kind of fault once.
#[tokio::test]
async fn a_blueprint_is_undone_and_begun_anew_whatever_goes_wrong_on_the_way() {
    for fault in Fault::kinds(TOO_LONG) {
        for (method, most) in [("blueprints.roll_back", 1), ("blueprints.look_up", 12), ("blueprints.deploy", 2)] {
            for nth in 1..=most {
                let (world, faults) = world(|faults| faults.on(method, nth, fault)).await;
                detour(&world).await;
                let what = format!("{fault:?} at call {nth} of {method}");
                assert!(
                    method != "blueprints.roll_back" || faults.calls().iter().any(|call| call.fault.is_some()),
                    "{what}"
                );
                let evidence = world.evidence().await;
                let broken = promises::broken(&evidence);
                assert!(broken.is_empty(), "{what}:\n{}", broken.join("\n"));
                assert_eq!(evidence.requests[0].0.state, State::Ready, "{what}");
                assert_eq!(evidence.creations.len(), 1, "{what}");
            }
        }
    }
}

async fn must_end_well(world: &World, id: RequestId, log: &CapturedLog, what: &str) {
    let mut evidence = world.evidence().await;
    evidence.acknowledged.push(id);
    evidence.log = log.text();
    evidence.canaries = ["ada@example.com", "approver@example.com", "fraud@example.com"].map(str::to_owned).to_vec();
    let request = &evidence.requests[0].0;
    let link = world.service.link_for(request, "approver@example.com");
    evidence.canaries.extend(link.split("?t=").nth(1).map(str::to_owned));
    let broken = promises::broken(&evidence);
    assert!(broken.is_empty(), "{what}:\n{}", broken.join("\n"));
    let request = &evidence.requests[0].0;
    assert_eq!((evidence.requests.len(), request.state), (1, State::Ready), "{what}");
    assert_eq!(evidence.creations.len(), 1, "{what}");
    assert_eq!(evidence.mails.len(), 3, "{what}: asked, approved, ready");
}

/// Every method the recorded journey calls, with how often.
async fn recorded() -> Vec<(&'static str, usize)> {
    let (world, faults) = world(|faults| faults).await;
    let (log, _guard) = CapturedLog::start(LogFormat::Text, &[]);
    let id = journey(&world).await;
    must_end_well(&world, id, &log, "undisturbed").await;
    let mut methods: Vec<(&'static str, usize)> = Vec::new();
    for call in faults.calls() {
        match methods.iter_mut().find(|(method, _)| *method == call.method) {
            Some((_, times)) => *times += 1,
            None => methods.push((call.method, 1)),
        }
    }
    methods
}

#[tokio::test]
async fn the_recorded_journey_calls_every_port() {
    let methods: Vec<_> = recorded().await.into_iter().map(|(method, _)| method).collect();
    let expected = [
        "store.commit",
        "store.load",
        "store.promise",
        "store.claim",
        "store.settle",
        "store.queue",
        "store.locks",
        "factory.provision",
        "factory.look_up",
        "blueprints.deploy",
        "blueprints.look_up",
        "blueprints.post_step",
        "mail.send",
    ];
    for method in expected {
        assert!(methods.contains(&method), "{method} is not in {methods:?}");
    }
}

/// Every call of the methods that change something, and the first few of the others.
async fn with_each_call(fault: Fault) {
    for (method, times) in recorded().await {
        let looks = ["store.claim", "store.queue", "store.locks", "store.load", "store.list", "factory.look_up"];
        let most = if looks.contains(&method) { 4 } else { 40 };
        for nth in 1..=times.min(most) {
            let (world, faults) = world(|faults| faults.on(method, nth, fault)).await;
            let (log, _guard) = CapturedLog::start(LogFormat::Text, &[]);
            let id = journey(&world).await;
            let what = format!("{fault:?} at call {nth} of {method}");
            assert!(faults.calls().iter().any(|call| call.fault.is_some()), "{what} did not happen");
            must_end_well(&world, id, &log, &what).await;
        }
    }
}

#[tokio::test]
async fn each_call_fails_once() {
    with_each_call(Fault::FailBefore).await;
}

#[tokio::test]
async fn each_call_loses_its_answer_once() {
    with_each_call(Fault::LoseAnswer).await;
}

#[tokio::test]
async fn each_call_is_made_twice_once() {
    with_each_call(Fault::Twice).await;
}

#[tokio::test]
async fn each_call_outlives_its_lease_once() {
    with_each_call(Fault::PauseBefore(TOO_LONG)).await;
    with_each_call(Fault::PauseAfter(TOO_LONG)).await;
}
