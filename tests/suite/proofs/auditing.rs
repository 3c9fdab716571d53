//! `vend audit verify` beside servers at work: what moves on while it is read is no
//! fault, what was altered is.

use vend::ports::clock::{Clock, Ids};
use vend::ports::store::RequestStore;
use vend::service::audit::{verify, verify_one};

use crate::fakes::clock::SeededIds;
use crate::fakes::requests::{denial, grace, new_request, next};
use crate::fakes::store::FreshStore;

#[tokio::test]
async fn a_request_that_moved_on_after_it_was_listed_is_no_fault() {
    let world = FreshStore::new();
    let new = new_request(SeededIds::default().request_id(world.clock.now()), world.clock.now());
    let listed = new.request.clone();
    world.store.commit(new).await.unwrap();
    world.store.commit(next(&listed, &grace(), world.clock.now(), denial())).await.unwrap();
    assert_eq!(verify_one(&*world.store, &listed).await, Ok(2));
    let found = verify(&*world.store).await.unwrap();
    assert_eq!((found.requests, found.events, found.faults), (1, 2, vec![]));
}

#[tokio::test]
async fn a_request_that_is_not_what_its_events_say_is_a_fault() {
    let world = FreshStore::new();
    let mut new = new_request(SeededIds::default().request_id(world.clock.now()), world.clock.now());
    new.request.submission.spec.account_name = "somebody-elses".into();
    let altered = new.request.clone();
    world.store.commit(new).await.unwrap();
    let fault = verify_one(&*world.store, &altered).await.unwrap_err();
    assert!(fault.ends_with("the stored state is not what its events lead to"), "{fault}");
    assert_eq!(verify(&*world.store).await.unwrap().faults, [fault]);
}
