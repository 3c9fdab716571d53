//! What changes between a judgement and its write: time, or what is stored.

use std::time::Duration;

use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Refusal, State};
use vend::ports::store::RequestStore as _;
use vend::service::{Decide, ServiceError};

use super::steps::drive;
use crate::fakes::faults::{Fault, Faults};
use crate::fakes::world::{Setup, World};
use crate::promises;

fn approver() -> Actor {
    Actor::person("approver@example.com", Channel::Mail)
}

async fn asked(world: &World) -> RequestId {
    world.submitted().await.parse().expect("an id")
}

/// P7: expiry is part of the write's condition, not only of the judgement before it.
#[tokio::test]
async fn a_decision_that_reaches_the_store_after_expiry_is_refused() {
    let setup = Setup::default();
    let two_days = Duration::from_hours(48);
    let faults = Faults::none(&setup.clock).on("store.commit", 2, Fault::PauseBefore(two_days));
    let world = setup.faults(&faults).build().await;
    let id = asked(&world).await;
    let answer = world.service.decide(id, &approver(), Decide::Approve { reason: None }).await;
    assert!(matches!(answer, Err(ServiceError::Refused(Refusal::TooLate { .. }))), "{answer:?}");
    drive(&world, &[&world.worker]).await;
    assert_eq!(world.store.load(id).await.expect("a request").state, State::Expired);
    promises::assert_kept(&world.evidence().await);
}

/// P5: somebody with access to the database changes what was approved, before or while
/// the request stands in line. It is not vended, and nobody else is held up by it.
#[tokio::test]
async fn what_was_altered_behind_our_back_is_not_vended_and_holds_up_nobody() {
    for ticks in [0, 1] {
        let world = World::new().await;
        let id = asked(&world).await;
        drive(&world, &[&world.worker]).await;
        world.service.decide(id, &approver(), Decide::Approve { reason: None }).await.expect("allowed");
        for _ in 0..ticks {
            world.worker.tick().await.expect("a store that works");
        }
        world.alter("Trying out a training job", "Mining for coins");
        drive(&world, &[&world.worker]).await;
        let request = world.store.load(id).await.expect("a request");
        assert_eq!(request.state, State::Failed, "after {ticks} ticks");
        assert_eq!(world.evidence().await.creations, []);
        let other = crate::fakes::world::sandbox("other@example.com");
        let other = world.post("/api/v1/requests", &other).await.json()["id"].as_str().expect("an id").to_owned();
        let other: RequestId = other.parse().expect("an id");
        world.service.decide(other, &approver(), Decide::Approve { reason: None }).await.expect("allowed");
        drive(&world, &[&world.worker]).await;
        assert_eq!(world.store.load(other).await.expect("a request").state, State::Ready);
    }
}

/// A mail that was promised before the decision and is sent after it would ask for what
/// nobody can give any more.
#[tokio::test]
async fn a_mail_that_comes_late_asks_for_nothing_and_offers_nothing() {
    let world = World::new().await;
    let id = asked(&world).await;
    world.worker.tick().await.expect("the mails are promised");
    world.service.decide(id, &approver(), Decide::Deny { reason: "No".into() }).await.expect("allowed");
    drive(&world, &[&world.worker]).await;
    let subjects: Vec<_> = world.mails().into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, [format!("Your AWS account request {} was denied", id.short())]);
}
