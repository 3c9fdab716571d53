//! Many processes on one table of DynamoDB Local, all at once: one winner each.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Barrier;
use vend::adapters::aws::dynamodb::DynamoStore;
use vend::domain::event::{Event, verify_chain};
use vend::domain::job::Lane;
use vend::domain::request::{Request, State};
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{Commit, JobStore, Lock, RequestStore, StoreError};

use super::local::LocalTable;
use crate::fakes::clock::SeededIds;
use crate::fakes::requests::{approval, denial, drive, grace, lock, new_request, next};

const SLOTS: usize = 5;
const RACERS: usize = 24;

/// Runs one task for each commit, each with a store of its own, off at once.
async fn race(world: &LocalTable, commits: Vec<Commit>) -> Vec<Result<(), StoreError>> {
    let gun = Arc::new(Barrier::new(commits.len()));
    let run = |commit| {
        let (store, gun): (Arc<DynamoStore>, _) = (world.another(), Arc::clone(&gun));
        tokio::spawn(async move {
            gun.wait().await;
            store.commit(commit).await
        })
    };
    join_all(commits.into_iter().map(run).collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
}

async fn in_line(world: &LocalTable, ids: &SeededIds) -> Request {
    let now = world.clock.now();
    let new = new_request(ids.request_id(now), now);
    let mut request = new.request.clone();
    world.store.commit(new).await.unwrap();
    for event in [approval(), Event::Queued] {
        let commit = next(&request, &grace(), now, event);
        request = commit.request.clone();
        world.store.commit(commit).await.unwrap();
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs DynamoDB Local: .ci/peers starts it"]
async fn of_many_decisions_at_once_one_is_written() {
    let world = LocalTable::new().await;
    let new = new_request(SeededIds::default().request_id(world.clock.now()), world.clock.now());
    world.store.commit(new.clone()).await.unwrap();
    let event = |nth| if nth % 2 == 0 { approval() } else { denial() };
    let decisions = (0..RACERS).map(|nth| next(&new.request, &grace(), world.clock.now(), event(nth))).collect();
    let outcomes = race(&world, decisions).await;
    let won: Vec<usize> = (0..RACERS).filter(|nth| outcomes[*nth].is_ok()).collect();
    let [winner] = won[..] else { panic!("one winner, not {won:?}: {outcomes:?}") };
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict))).count();
    assert_eq!(lost, RACERS - 1, "{outcomes:?}");
    let stored = world.store.load(new.request.id).await.unwrap();
    assert_eq!(stored.state, if winner % 2 == 0 { State::Approved } else { State::Denied });
    let history = world.store.history(new.request.id, 0).await.unwrap();
    assert_eq!(history.len(), 2);
    verify_chain(&history).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs DynamoDB Local: .ci/peers starts it"]
async fn never_more_than_five_slots_are_taken() {
    let world = LocalTable::new().await;
    let ids = SeededIds::default();
    let mut takes = Vec::new();
    for nth in 0..RACERS {
        let request = in_line(&world, &ids).await;
        let slot = u32::try_from(nth % SLOTS).unwrap();
        let event = Event::CreationStarted { attempt: 1, slot, hash: request.submission.hash.clone() };
        let mut take = next(&request, &grace(), world.clock.now(), event);
        take.acquire = vec![lock(&format!("slot/{slot}"))];
        takes.push(take);
    }
    let outcomes = race(&world, takes.clone()).await;
    let winners: Vec<_> = (0..RACERS).filter(|nth| outcomes[*nth].is_ok()).map(|nth| takes[nth].request.id).collect();
    assert_eq!(winners.len(), SLOTS, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Held { .. }))), "{outcomes:?}");
    let mut holders: Vec<_> = world.store.locks("slot/").await.unwrap().into_iter().map(|(_, by)| by.request).collect();
    holders.sort_unstable();
    assert_eq!(
        holders,
        winners.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    );
    assert_eq!(world.store.queue(100).await.unwrap().len(), RACERS - SLOTS, "the others are still in line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs DynamoDB Local: .ci/peers starts it"]
async fn a_turn_is_passed_on_by_one_at_a_time() {
    let world = LocalTable::new().await;
    let ids = SeededIds::default();
    let turn = |note: String, takes_over: Option<String>| {
        let mut new = new_request(ids.request_id(world.clock.now()), world.clock.now());
        let range = lock(&format!("cidr/{note}"));
        new.acquire = vec![Lock { name: "turn/cidr".into(), note, takes_over }, range];
        new
    };
    world.store.commit(turn("first".into(), None)).await.unwrap();
    let outcomes = race(&world, (0..RACERS).map(|nth| turn(format!("{nth}"), Some("first".into()))).collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Held { .. }))), "{outcomes:?}");
    assert_eq!(world.store.locks("turn/cidr").await.unwrap().len(), 1);
    assert_eq!(world.store.locks("cidr/").await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs DynamoDB Local: .ci/peers starts it"]
async fn every_job_is_claimed_by_one_of_many_workers() {
    const JOBS: usize = 60;
    let world = LocalTable::new().await;
    let now = world.clock.now();
    let about = SeededIds::default().request_id(now);
    for nth in 0..JOBS {
        world.store.promise(drive(&format!("drive/{nth}"), about, now)).await.unwrap();
    }
    let gun = Arc::new(Barrier::new(8));
    let worker = |_| {
        let (store, gun) = (world.another(), Arc::clone(&gun));
        tokio::spawn(async move {
            gun.wait().await;
            let mut got = Vec::new();
            loop {
                let claimed = store.claim(Lane::Work, now, Duration::from_secs(30), 4).await.unwrap();
                if claimed.is_empty() {
                    return got;
                }
                got.extend(claimed.into_iter().map(|job| job.key));
            }
        })
    };
    let got = join_all((0..8).map(worker).collect::<Vec<_>>()).await;
    let mut keys: Vec<String> = got.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(keys.len(), JOBS);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), JOBS, "none twice");
}
