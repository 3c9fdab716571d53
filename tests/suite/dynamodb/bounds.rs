//! DynamoDB's limits, met before DynamoDB does, with a sentence that says which.

use vend::ports::clock::{Clock, Ids};
use vend::ports::store::{JobStore, KeyValue, NewValue, RequestStore, StoreError};

use super::played::{PlayedTable, TABLE};
use crate::fakes::clock::SeededIds;
use crate::fakes::requests::{delivery, drive, lock, new_request};

fn too_large<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> String {
    match outcome {
        Err(error @ StoreError::TooLarge(_)) => error.to_string(),
        other => panic!("expected it to be too large, got {other:?}"),
    }
}

#[tokio::test]
async fn what_no_item_can_hold_is_refused_with_a_reason() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let body = "x".repeat(401 * 1024);
    let told = too_large(world.store.promise(delivery("slack/Ev1", &body, now)).await);
    assert!(told.contains("an item of 4"), "{told}");
    too_large(world.store.put(NewValue::lasting("session/1", body), now).await);
    let longest = delivery("slack/Ev2", &"x".repeat(396 * 1024), now);
    world.store.promise(longest).await.expect("the largest that fits");
}

#[tokio::test]
async fn names_too_long_for_a_key_are_refused_with_a_reason() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let name = format!("once/{}", "k".repeat(1000));
    let mut new = new_request(SeededIds::default().request_id(now), now);
    new.acquire = vec![lock(&name)];
    let told = too_large(world.store.commit(new).await);
    assert!(told.contains("a lock name of 1005 bytes"), "{told}");
    too_large(world.store.promise(delivery(&name, "", now)).await);
}

#[tokio::test]
async fn a_commit_of_more_than_a_hundred_items_is_refused_whole() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let mut new = new_request(SeededIds::default().request_id(now), now);
    // Beside them: the request, its first event and its short id.
    new.jobs = (0..98).map(|nth| drive(&format!("drive/{nth}"), new.request.id, now)).collect();
    let told = too_large(world.store.commit(new.clone()).await);
    assert!(told.contains("a commit of 101 items"), "{told}");
    assert!(world.service.items(TABLE).is_empty());
    new.jobs.pop();
    world.store.commit(new).await.expect("a hundred items");
}

#[tokio::test]
async fn what_every_operation_consumed_is_counted() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let new = new_request(SeededIds::default().request_id(now), now);
    world.store.commit(new.clone()).await.unwrap();
    world.store.load(new.request.id).await.unwrap();
    let consumed = world.store.consumed();
    assert!(consumed["commit"].writes >= 6.0, "three items, twice: {consumed:?}");
    assert!(consumed["load"].reads >= 1.0 && consumed["load"].calls == 1, "{consumed:?}");
}

#[tokio::test]
async fn a_commit_of_more_than_four_megabytes_is_refused_whole() {
    let world = PlayedTable::new().await;
    let now = world.clock.now();
    let mut new = new_request(SeededIds::default().request_id(now), now);
    let body = "x".repeat(390 * 1024);
    new.jobs = (0..11).map(|nth| delivery(&format!("slack/Ev{nth}"), &body, now)).collect();
    let told = too_large(world.store.commit(new.clone()).await);
    assert!(told.contains("a commit of 4") && told.contains("at once"), "{told}");
    assert!(world.service.items(TABLE).is_empty());
    new.jobs.pop();
    world.store.commit(new).await.expect("just below");
}

#[tokio::test]
async fn jobs_lists_and_locks_are_spread_over_partitions() {
    let world = PlayedTable::new().await;
    let (now, ids) = (world.clock.now(), SeededIds::default());
    for nth in 0..24 {
        let mut new = new_request(ids.request_id(now), now);
        new.acquire = vec![lock(&format!("family-{nth}/x"))];
        new.jobs = vec![drive(&format!("drive/{nth}"), new.request.id, now)];
        world.store.commit(new).await.unwrap();
    }
    let items = world.service.items(TABLE);
    let partitions = |attribute: &str, family: &str| {
        let keys = items.iter().filter_map(|item| item[attribute]["S"].as_str());
        keys.filter(|key| key.starts_with(family)).collect::<std::collections::BTreeSet<_>>().len()
    };
    for (attribute, family) in
        [("waits", "job-work#"), ("listed", "request#"), ("in_state", "request-pending#"), ("pk", "lock#")]
    {
        assert!(partitions(attribute, family) > 2, "{attribute} {family}");
    }
}
