//! Answers that get lost after the write took effect, and refusals that pass: who
//! wrote is told so, once, and nobody else is.

use std::sync::Arc;
use std::time::Duration;

use vend::domain::event::Event;
use vend::domain::job::{Lane, Settlement};
use vend::domain::request::State;
use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{JobStore, KeyValue, NewValue, RequestStore, StoreError};

use super::played::PlayedTable;
use crate::fakes::clock::SeededIds;
use crate::fakes::requests::{approval, delivery, denial, drive, grace, lock, new_request, next};

const LEASE: Duration = Duration::from_secs(30);

async fn nothing() {}

fn first_commit(world: &PlayedTable) -> vend::ports::store::Commit {
    let now = world.clock.now();
    let mut new = new_request(SeededIds::default().request_id(now), now);
    new.acquire = vec![lock("email/ada+sandbox@example.com")];
    new.jobs = vec![drive("drive/1", new.request.id, now)];
    new
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_told_as_done_and_written_once() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.service.lose_the_answer("TransactWriteItems", "email/ada+sandbox");
    world.store.commit(new.clone()).await.expect("it took effect");
    assert_eq!(world.store.history(new.request.id, 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_commit_knows_itself_without_the_help_of_a_token() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.lose("email/ada+sandbox", nothing());
    world.store.commit(new.clone()).await.expect("it took effect, whatever the second copy met");
    // The very same commit by somebody else is somebody else's.
    assert!(matches!(world.store.commit(new.clone()).await, Err(StoreError::Conflict)));
    assert_eq!(world.store.load(new.request.id).await.unwrap(), new.request);
}

#[tokio::test]
async fn a_commit_that_arrives_twice_is_told_as_done() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.repeat("email/ada+sandbox");
    world.store.commit(new.clone()).await.expect("what the second copy met is the first");
    let yes = next(&new.request, &grace(), world.clock.now(), approval());
    world.repeat("event#00000000000000000002");
    world.store.commit(yes.clone()).await.expect("and on a version that was there");
    assert_eq!(world.store.load(new.request.id).await.unwrap(), yes.request);
}

#[tokio::test]
async fn a_commit_that_others_built_on_meanwhile_still_knows_itself() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let new = first_commit(&world);
    world.store.commit(new.clone()).await.unwrap();
    let yes = next(&new.request, &grace(), now, approval());
    let queued = next(&yes.request, &grace(), now, Event::Queued);
    let store = Arc::clone(&world.store);
    world.lose("event#00000000000000000002", async move { store.commit(queued).await.unwrap() });
    world.store.commit(yes).await.expect("its event is there, under its name");
    assert_eq!(world.store.load(new.request.id).await.unwrap().state, State::Queued);
    assert_eq!(world.store.history(new.request.id, 0).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_commit_that_took_effect_before_its_deadline_is_not_too_late_because_its_answer_was_lost() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.store.commit(new.clone()).await.unwrap();
    let mut yes = next(&new.request, &grace(), world.clock.now(), approval());
    yes.not_after = Some(world.clock.in_seconds(1));
    let clock = world.clock.clone();
    world.lose("event#00000000000000000002", async move { clock.advance(Duration::from_secs(1)) });
    world.store.commit(yes).await.expect("it was in time");
    assert_eq!(world.store.load(new.request.id).await.unwrap().state, State::Approved);
}

#[tokio::test]
async fn a_second_try_after_the_deadline_is_not_made() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.store.commit(new.clone()).await.unwrap();
    let mut yes = next(&new.request, &grace(), world.clock.now(), approval());
    yes.not_after = Some(world.clock.now());
    assert!(matches!(world.store.commit(yes.clone()).await, Err(StoreError::TooLate)));
    // Who lost the race is told that, not that it is late.
    world.store.commit(next(&new.request, &grace(), world.clock.now(), approval())).await.unwrap();
    assert!(matches!(world.store.commit(yes).await, Err(StoreError::Conflict)));
}

#[tokio::test]
async fn a_promise_whose_answer_was_lost_is_one_job() {
    let world = PlayedTable::new().await;
    let job = delivery("slack/Ev1", "text=new", world.clock.now());
    world.service.lose_the_answer("UpdateItem", "slack/Ev1");
    world.store.promise(job.clone()).await.unwrap();
    world.store.promise(job).await.unwrap();
    let taken = world.store.claim(Lane::Intake, world.clock.now(), Duration::from_secs(1), 10).await.unwrap();
    assert_eq!(taken.len(), 1);
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_a_claim() {
    let world = PlayedTable::new().await;
    world.store.promise(delivery("slack/Ev1", "text=new", world.clock.now())).await.unwrap();
    world.service.lose_the_answer("UpdateItem", ":until");
    let claimed = world.store.claim(Lane::Intake, world.clock.now(), LEASE, 10).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].attempts), (1, 1));
    world.service.lose_the_answer("UpdateItem", ":gone_at");
    world.store.settle("slack/Ev1", &claimed[0].lease, Settlement::Done).await.expect("it is settled, once");
}

#[tokio::test]
async fn a_value_whose_answer_was_lost_is_put() {
    let world = PlayedTable::new().await;
    world.service.lose_the_answer("UpdateItem", "session/1");
    world.store.put(NewValue::lasting("session/1", "hello"), world.clock.now()).await.expect("it took effect");
    let kept = world.store.get("session/1", world.clock.now()).await.unwrap().unwrap();
    assert_eq!((kept.value.as_str(), kept.version), ("hello", 1));
}

#[tokio::test]
async fn conflicts_and_throttling_pass_unnoticed() {
    let world = PlayedTable::new().await;
    world.service.throttle(2);
    world.service.conflict(3);
    let new = first_commit(&world);
    world.store.commit(new.clone()).await.expect("tried again");
    world.service.throttle(2);
    assert_eq!(world.store.load(new.request.id).await.unwrap(), new.request);
    world.service.conflict(2);
    world.store.put(NewValue::lasting("secret", "kept"), world.clock.now()).await.expect("tried again");
}

#[tokio::test]
async fn a_service_that_stays_down_is_unavailable_until_it_comes_back() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    let store = world.another().trying_for(Duration::from_millis(200));
    world.service.be_down(true);
    assert!(matches!(store.commit(new.clone()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.load(new.request.id).await, Err(StoreError::Unavailable(_))));
    let job = delivery("slack/Ev1", "text=new", world.clock.now());
    assert!(matches!(store.promise(job.clone()).await, Err(StoreError::Unavailable(_))));
    assert!(store.ready(world.clock.now()).await.is_err());
    world.service.be_down(false);
    store.ready(world.clock.now()).await.expect("asking heals");
    store.commit(new).await.expect("it goes on");
    store.promise(job).await.unwrap();
}

#[tokio::test]
async fn keys_that_a_batch_leaves_out_are_asked_for_again() {
    let world = PlayedTable::new().await;
    let ids = SeededIds::default();
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        world.store.commit(new_request(ids.request_id(world.clock.now()), world.clock.now())).await.unwrap();
    }
    world.service.leave_keys_unprocessed(2);
    let page = world.store.list(&vend::ports::store::Filter::default(), None, 5).await.unwrap();
    assert_eq!(page.requests.len(), 5);
}

#[tokio::test]
async fn who_may_not_try_again_asks_what_became_of_the_only_try() {
    let world = PlayedTable::new().await;
    let hurried = world.another().trying_for(Duration::from_millis(1));
    let job = delivery("slack/Ev1", "text=new", world.clock.now());
    world.lose("slack/Ev1", nothing());
    hurried.promise(job.clone()).await.expect("it is there, and it is ours");
    world.lose("slack/Ev1", nothing());
    let unsure = hurried.promise(job.clone()).await;
    assert!(matches!(unsure, Err(StoreError::Unavailable(_))), "it is there, and not ours: {unsure:?}");
    hurried.promise(job).await.expect("it is known");
    let new = first_commit(&world);
    world.lose("email/ada+sandbox", nothing());
    hurried.commit(new.clone()).await.expect("it took effect");
    assert_eq!(world.store.load(new.request.id).await.unwrap(), new.request);
}

#[tokio::test]
async fn a_commit_that_lost_the_race_and_its_answer_is_told_that_it_lost() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.store.commit(new.clone()).await.unwrap();
    let commit = |event| next(&new.request, &grace(), world.clock.now(), event);
    world.store.commit(commit(denial())).await.unwrap();
    world.lose("event#00000000000000000002", nothing());
    let lost = world.store.commit(commit(approval())).await;
    assert!(matches!(lost, Err(StoreError::Conflict)), "an event in its place is not its event: {lost:?}");
    assert_eq!(world.store.load(new.request.id).await.unwrap().state, State::Denied);
}

#[tokio::test]
async fn errors_of_the_services_own_pass_unnoticed_when_they_pass() {
    let world = PlayedTable::new().await;
    let new = first_commit(&world);
    world.service.fail(2);
    world.store.commit(new.clone()).await.expect("tried again");
    world.service.fail(2);
    assert_eq!(world.store.load(new.request.id).await.unwrap(), new.request);
    assert_eq!(world.store.history(new.request.id, 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_reads_and_cannot_write_is_not_ready_until_it_writes_again() {
    let world = PlayedTable::new().await;
    let (store, now) = (world.another().trying_for(Duration::from_millis(100)), world.clock.now());
    store.ready(now).await.expect("a read is enough while all is well");
    world.service.conflict(u32::MAX);
    let job = delivery("slack/Ev1", "text=new", now);
    assert!(matches!(store.promise(job.clone()).await, Err(StoreError::Unavailable(_))));
    assert!(store.ready(now).await.is_err(), "reads go on, and are not enough");
    world.service.conflict(0);
    store.ready(now).await.expect("asking writes, and heals");
    store.promise(job).await.unwrap();
}
