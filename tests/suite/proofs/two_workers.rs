//! Several workers on one store. One that slept past its lease, anywhere, wakes up to a
//! world that has moved on, and must do no harm in it (P3).

use std::sync::Arc;
use std::time::Duration;

use vend::domain::event::Event;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::service::Decide;

use super::steps::drive;
use crate::fakes::faults::{Fault, Faults};
use crate::fakes::world::{World, sandbox};
use crate::promises;

async fn approved(world: &World, root_email: &str) -> RequestId {
    let made = world.post("/api/v1/requests", &sandbox(root_email)).await;
    let id: RequestId = made.json()["id"].as_str().expect("an id").parse().expect("an id");
    let grace = Actor::person("approver@example.com", Channel::Mail);
    world.service.decide(id, &grace, Decide::Approve { reason: None }).await.expect("Grace may");
    id
}

/// The first worker falls asleep within a call, before or behind its effect; the second
/// has finished everything by the time it wakes up.
#[tokio::test]
async fn a_worker_that_sleeps_through_its_lease_creates_nothing_twice() {
    let nap = Duration::from_secs(90);
    for fault in [Fault::PauseBefore(nap), Fault::PauseAfter(nap)] {
        for method in
            ["store.claim", "store.load", "factory.look_up", "factory.provision", "store.commit", "store.settle"]
        {
            for nth in 1..=3 {
                let world = World::new().await;
                let sleepy = world.another_worker(&Faults::none(&world.clock).on(method, nth, fault));
                let id = approved(&world, "fraud@example.com").await;
                drive(&world, &[&sleepy, &world.worker]).await;
                let evidence = world.evidence().await;
                assert_eq!(promises::broken(&evidence), Vec::<String>::new(), "{fault:?} at call {nth} of {method}");
                assert_eq!(evidence.requests[0].0.state, State::Ready, "{fault:?} at call {nth} of {method}");
                assert_eq!(evidence.creations.len(), 1, "{fault:?} at call {nth} of {method} for {id}");
            }
        }
    }
}

/// The lease is looked at between the record and the call: a worker that slept behind
/// the record of an attempt does not make the call any more.
#[tokio::test]
async fn whoever_lost_the_lease_calls_nothing_any_more() {
    let world = World::new().await;
    let faults = Faults::none(&world.clock).on("factory.look_up", 1, Fault::PauseAfter(Duration::from_secs(90)));
    let sleepy = world.another_worker(&faults);
    approved(&world, "fraud@example.com").await;
    while faults.calls_of("factory.look_up").is_empty() {
        sleepy.tick().await.expect("a store that works");
    }
    assert_eq!(faults.calls_of("factory.provision"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_workers_at_once_make_one_account_each_request() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for nth in 0..5 {
        ids.push(approved(&world, &format!("team-{nth}@example.com")).await);
    }
    let workers: Vec<_> = (0..4).map(|_| Arc::new(world.another_worker(&Faults::none(&world.clock)))).collect();
    for _ in 0..200 {
        let tasks = workers
            .iter()
            .cloned()
            .map(|worker| tokio::spawn(async move { worker.tick().await.expect("a store that works") }));
        let done: usize = futures::future::join_all(tasks).await.into_iter().map(|done| done.expect("no panic")).sum();
        if done == 0 {
            world.clock.advance(Duration::from_secs(5));
        }
    }
    drive(&world, &[&world.worker]).await;
    let evidence = world.evidence().await;
    promises::assert_kept(&evidence);
    assert_eq!(evidence.creations.len(), ids.len());
    for (request, history) in &evidence.requests {
        assert_eq!(request.state, State::Ready);
        let started = history.iter().filter(|recorded| matches!(recorded.event, Event::CreationStarted { .. })).count();
        assert_eq!(started, 1, "one attempt, whoever drives it");
    }
}
