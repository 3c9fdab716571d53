//! An account set through the same mill as a single account: every call that its journey
//! makes fails once before its effect, loses its answer once, is made twice once, and is
//! once so slow that the lease runs out. Each account is made once and the journey ends.

use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::domain::set::draft::SetDraft;
use vend::service::{Decide, Once};

use super::steps::{TOO_LONG, drive, insist, world};
use crate::fakes::faults::Fault;
use crate::fakes::requests::ada;
use crate::fakes::world::World;
use crate::promises;

/// Ada asks for a set; the approver agrees; the three accounts are made and bootstrapped.
async fn journey(world: &World) -> RequestId {
    let draft = serde_json::json!({
        "name": "fraud", "pipeline": {"account": "111122223333", "region": "eu-west-1"},
        "root_email": "ml-{stage}@example.com", "organizational_unit": "Demos", "execution_policy": "least-privilege",
    });
    let draft: SetDraft = serde_json::from_value(draft).expect("a draft");
    let draft = SetDraft { purpose: Some("Fraud scoring".into()), ..draft };
    let actor = Actor::person("ada@example.com", Channel::Api);
    let once = Once { caller: "ada".into(), key: "1".into(), fingerprint: "1".into() };
    let (requester, service) = (ada(), &world.service);
    let made = insist(|| service.submit_set(&draft, &requester, &actor, Some(once.clone()))).await;
    let id = made.view.id.parse().expect("an id");
    drive(world, &[&world.worker]).await;
    let approver = Actor::person("approver@example.com", Channel::Mail);
    insist(|| service.decide(id, &approver, Decide::Approve { reason: None })).await;
    drive(world, &[&world.worker]).await;
    id
}

async fn must_end_well(world: &World, id: RequestId, what: &str) {
    let mut evidence = world.evidence().await;
    evidence.acknowledged.push(id);
    let broken = promises::broken(&evidence);
    assert!(broken.is_empty(), "{what}:\n{}", broken.join("\n"));
    assert!(evidence.requests.iter().all(|(request, _)| request.state == State::Ready), "{what}");
    assert_eq!((evidence.requests.len(), evidence.creations.len()), (4, 3), "{what}: a set and its three accounts");
    assert_eq!(evidence.mails.len(), 3, "{what}: asked, approved, ready, of the set alone");
}

/// Every call of the methods that change something, and the first few of the others.
async fn with_each_call(fault: Fault) {
    let (undisturbed, faults) = world(|faults| faults).await;
    let id = journey(&undisturbed).await;
    must_end_well(&undisturbed, id, "undisturbed").await;
    let calls: Vec<_> = faults.calls().iter().map(|call| call.method).collect();
    let mut methods = calls.clone();
    methods.sort_unstable();
    methods.dedup();
    assert!(methods.contains(&"blueprints.bootstrap"), "{methods:?}");
    for method in methods {
        let times = calls.iter().filter(|called| **called == method).count();
        let changes = ["store.commit", "factory.provision", "blueprints.bootstrap", "blueprints.deploy"];
        let most = if changes.contains(&method) { 40 } else { 4 };
        for nth in 1..=times.min(most) {
            let (world, _) = world(|faults| faults.on(method, nth, fault)).await;
            let id = journey(&world).await;
            must_end_well(&world, id, &format!("{fault:?} at call {nth} of {method}")).await;
        }
    }
}

#[tokio::test]
async fn each_call_for_a_set_fails_once() {
    with_each_call(Fault::FailBefore).await;
}

#[tokio::test]
async fn each_call_for_a_set_loses_its_answer_once() {
    with_each_call(Fault::LoseAnswer).await;
}

#[tokio::test]
async fn each_call_for_a_set_is_made_twice_once() {
    with_each_call(Fault::Twice).await;
}

#[tokio::test]
async fn each_call_for_a_set_outlives_its_lease_once() {
    with_each_call(Fault::PauseBefore(TOO_LONG)).await;
    with_each_call(Fault::PauseAfter(TOO_LONG)).await;
}

/// P5: the stored set, or one of its accounts, is changed behind our back while it waits.
#[tokio::test]
async fn a_member_that_is_not_what_was_approved_is_not_vended() {
    let (world, _) = world(|faults| faults).await;
    let draft: SetDraft = serde_json::from_value(serde_json::json!({
        "name": "fraud", "pipeline": {"account": "111122223333", "region": "eu-west-1"},
        "root_email": "ml-{stage}@example.com", "organizational_unit": "Demos", "execution_policy": "least-privilege",
    }))
    .expect("a draft");
    let draft = SetDraft { purpose: Some("Fraud scoring".into()), ..draft };
    let actor = Actor::person("ada@example.com", Channel::Api);
    let made = world.service.submit_set(&draft, &ada(), &actor, None).await.expect("a set");
    let id: RequestId = made.view.id.parse().expect("an id");
    let approver = Actor::person("approver@example.com", Channel::Mail);
    world.service.decide(id, &approver, Decide::Approve { reason: None }).await.expect("allowed");
    world.alter("ml-dev@example.com", "mallory@example.com");
    drive(&world, &[&world.worker]).await;
    let evidence = world.evidence().await;
    assert_eq!(evidence.creations, [], "nothing of the set is vended");
    assert_eq!(world.service.show(id).await.expect("a set").state, State::Failed);
}
