//! Small values by name.

use std::time::Duration;

use vend::ports::clock::Clock;
use vend::ports::store::{NewValue, Store, StoreError, Versioned};

use crate::fakes::clock::TestClock;

async fn read(store: &dyn Store, clock: &TestClock) -> Option<Versioned> {
    store.get("session/1", clock.now()).await.unwrap()
}

async fn put(store: &dyn Store, clock: &TestClock, value: &str, expected: Option<u64>) -> Result<(), StoreError> {
    let expires_at = Some(clock.in_seconds(300));
    store.put(NewValue { expected, expires_at, ..NewValue::lasting("session/1", value) }, clock.now()).await
}

pub async fn a_value_is_absent_until_it_is_put(store: &dyn Store, clock: &TestClock) {
    assert_eq!(read(store, clock).await, None);
    put(store, clock, "hello", None).await.unwrap();
    assert_eq!(read(store, clock).await.unwrap().value, "hello");
    assert_eq!(store.get("session/2", clock.now()).await.unwrap(), None);
}

pub async fn a_value_can_be_replaced_by_who_knows_its_version(store: &dyn Store, clock: &TestClock) {
    put(store, clock, "one", None).await.unwrap();
    let one = read(store, clock).await.unwrap();
    put(store, clock, "two", Some(one.version)).await.unwrap();
    let two = read(store, clock).await.unwrap();
    assert_eq!(two.value, "two");
    assert_ne!(two.version, one.version);
}

pub async fn of_two_writers_who_read_the_same_version_the_second_is_refused(store: &dyn Store, clock: &TestClock) {
    put(store, clock, "one", None).await.unwrap();
    let read_by_both = read(store, clock).await.unwrap().version;
    put(store, clock, "mine", Some(read_by_both)).await.unwrap();
    let second = put(store, clock, "yours", Some(read_by_both)).await;
    assert!(matches!(second, Err(StoreError::Conflict)));
    assert_eq!(read(store, clock).await.unwrap().value, "mine");
}

pub async fn a_value_that_exists_cannot_be_put_as_new(store: &dyn Store, clock: &TestClock) {
    put(store, clock, "one", None).await.unwrap();
    assert!(matches!(put(store, clock, "two", None).await, Err(StoreError::Conflict)));
    assert_eq!(read(store, clock).await.unwrap().value, "one");
}

pub async fn an_absent_value_cannot_be_replaced(store: &dyn Store, clock: &TestClock) {
    assert!(matches!(put(store, clock, "one", Some(1)).await, Err(StoreError::Conflict)));
    assert_eq!(read(store, clock).await, None);
}

pub async fn a_value_is_gone_once_it_expired(store: &dyn Store, clock: &TestClock) {
    put(store, clock, "one", None).await.unwrap();
    store.put(NewValue::lasting("secret", "kept"), clock.now()).await.unwrap();
    clock.advance(Duration::from_secs(299));
    assert!(read(store, clock).await.is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(read(store, clock).await, None);
    assert_eq!(store.get("secret", clock.now()).await.unwrap().unwrap().value, "kept");
    put(store, clock, "anew", None).await.expect("an expired value counts as absent");
    assert_eq!(read(store, clock).await.unwrap().value, "anew");
}

pub async fn a_writer_who_read_before_the_expiry_cannot_overwrite_its_successor(store: &dyn Store, clock: &TestClock) {
    put(store, clock, "one", None).await.unwrap();
    let slow = read(store, clock).await.unwrap().version;
    clock.advance(Duration::from_mins(5));
    assert!(matches!(put(store, clock, "late", Some(slow)).await, Err(StoreError::Conflict)));
    put(store, clock, "anew", None).await.unwrap();
    assert!(matches!(put(store, clock, "late", Some(slow)).await, Err(StoreError::Conflict)));
    assert_eq!(read(store, clock).await.unwrap().value, "anew");
}
