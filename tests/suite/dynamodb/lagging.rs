//! Indexes that do not know the latest writes yet: whatever they say, nothing is
//! claimed twice, nothing wrong is answered, and what they missed is found a moment later.

use std::time::Duration;

use vend::domain::job::{Lane, Settlement};
use vend::domain::request::State;
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{Filter, JobStore, Lock, RequestStore};

use super::played::PlayedTable;
use crate::fakes::clock::SeededIds;
use crate::fakes::requests::{approval, delivery, grace, lock, new_request, next};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_job_that_a_stale_index_shows_is_not_claimed_twice() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    world.store.promise(delivery("slack/Ev1", "text=new", now)).await.unwrap();
    world.service.fall_behind();
    let first = world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap();
    assert_eq!(first.len(), 1);
    assert!(world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap().is_empty());
    world.store.settle("slack/Ev1", &first[0].lease, Settlement::Done).await.unwrap();
    assert!(world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap().is_empty(), "it is done");
}

#[tokio::test]
async fn a_job_that_the_index_does_not_know_yet_is_found_a_moment_later() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    world.service.fall_behind();
    world.store.promise(delivery("slack/Ev1", "text=new", now)).await.unwrap();
    assert!(world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap().is_empty());
    world.service.catch_up();
    assert_eq!(world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_job_that_the_index_shows_failing_and_parked_is_told_once() {
    let world = PlayedTable::new().await;
    let mut now = world.clock.now();
    for key in ["slack/Ev1", "slack/Ev2", "slack/Ev3"] {
        world.store.promise(delivery(key, "text=new", now)).await.unwrap();
    }
    for job in world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap() {
        let busy = Settlement::Retry { due_at: now, error: "busy".into() };
        world.store.settle(&job.key, &job.lease, busy).await.unwrap();
    }
    world.service.linger();
    now += LEASE;
    for job in world.store.claim(Lane::Intake, now, LEASE, 10).await.unwrap() {
        let parked = Settlement::Parked { reason: "no such command".into() };
        world.store.settle(&job.key, &job.lease, parked).await.unwrap();
    }
    let troubled = world.store.troubled(10).await.unwrap();
    let told: Vec<(&str, bool)> = troubled.iter().map(|job| (job.key.as_str(), job.parked)).collect();
    assert_eq!(told, [("slack/Ev1", true), ("slack/Ev2", true), ("slack/Ev3", true)]);
}

#[tokio::test]
async fn a_list_never_shows_a_state_that_is_over() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let mut new = new_request(SeededIds::default().request_id(now), now);
    new.acquire = vec![lock("name/ada-sandbox")];
    let request = new.request.clone();
    world.store.commit(new).await.unwrap();
    world.service.fall_behind();
    let yes = next(&request, &grace(), now, approval());
    world.store.commit(yes.clone()).await.unwrap();
    let pending = Filter { state: Some(State::Pending), requester: None };
    assert!(world.store.list(&pending, None, 10).await.unwrap().requests.is_empty());
    let all = world.store.list(&Filter::default(), None, 10).await.unwrap();
    assert_eq!(all.requests, [yes.request], "as it is now, whatever the index knows");
}

#[tokio::test]
async fn what_must_be_seen_at_once_does_not_come_from_an_index() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    world.service.fall_behind();
    let mut new = new_request(SeededIds::default().request_id(now), now);
    new.acquire = vec![lock("name/ada-sandbox")];
    let request = new.request.clone();
    world.store.commit(new).await.unwrap();
    assert_eq!(world.store.load(request.id).await.unwrap(), request);
    assert_eq!(world.store.history(request.id, 0).await.unwrap().len(), 1);
    assert_eq!(world.store.resolve(&request.id.short_key()).await.unwrap(), [request.id]);
    assert_eq!(world.store.locks("name/").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_turn_is_answered_only_when_all_that_was_taken_with_it_can_be_seen() {
    let world = PlayedTable::new().await;
    let mut new = new_request(SeededIds::default().request_id(world.clock.now()), world.clock.now());
    let turn = Lock { name: "turn/cidr".into(), note: "first".into(), takes_over: None };
    new.acquire = vec![turn, lock("cidr/10.0.0.0/16")];
    world.store.commit(new).await.unwrap();
    world.service.made();
    world.store.locks("turn/cidr").await.unwrap();
    let asked: Vec<String> = world.service.made().into_iter().map(|made| made.operation).collect();
    // The second refuses to answer while a transaction is half-way through the ranges.
    assert_eq!(asked, ["Query", "TransactGetItems"]);
    world.store.locks("cidr/").await.unwrap();
    assert_eq!(world.service.made().len(), 1, "a lock without a note is told to nobody");
}
