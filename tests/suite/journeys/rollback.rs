//! A blueprint that failed: undone and begun anew, or retried as an approver changed it.

use std::collections::BTreeMap;

use vend::domain::event::Event;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Refusal, State};
use vend::domain::spec::SpecHash;
use vend::service::{Decide, ServiceError};

use super::stage::{POLICY, Stage};
use crate::fakes::requests::ada;
use crate::fakes::world::Setup;

fn acts(email: &str) -> Actor {
    Actor::person(email, Channel::Api)
}

/// Ada's account is made, and its blueprint failed.
async fn failed() -> (Stage, RequestId) {
    let stage = Stage::in_world(Setup::default().policy(POLICY).build().await);
    let draft = serde_json::json!({
        "account_type": "Sandbox", "root_email": "fraud+fail-blueprint@example.com", "organizational_unit": "Sandbox",
        "blueprint": "ml-workload-nonprod", "purpose": "Training a fraud model",
    });
    let draft = serde_json::from_value(draft).expect("a draft");
    let made = stage.world.service.submit(&draft, &ada(), &acts("ada@example.com"), None).await;
    let id = made.unwrap_or_else(|error| panic!("{}", error.sentence())).id.parse().expect("an id");
    stage.world.settle().await;
    let approve = Decide::Approve { reason: None };
    stage.world.service.decide(id, &acts("grace@example.com"), approve).await.expect("approved");
    stage.world.settle().await;
    assert_eq!(stage.request(id).await.state, State::Failed);
    (stage, id)
}

fn changes(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

#[tokio::test]
async fn ada_rolls_back_and_her_retry_starts_from_nothing_in_the_same_account() {
    let (mut stage, id) = failed().await;
    let (service, her) = (stage.world.service.clone(), acts("ada@example.com"));
    let stranger = service.roll_back(id, None, &acts("eve@example.com")).await;
    assert!(matches!(stranger, Err(ServiceError::NotFound)), "Eve has no say");
    let begun = service.roll_back(id, None, &her).await.expect("a rollback");
    assert!(begun.being_rolled_back && !begun.can_roll_back && !begun.can_retry());
    let advice = begun.failure.expect("a failure").advice;
    assert!(advice.contains("until what was created of the blueprint is removed"), "{advice}");
    assert!(begun.status.contains(". What was created of the blueprint is being removed."), "{}", begun.status);
    for refused in [service.roll_back(id, None, &her).await, service.retry(id, &her).await] {
        assert!(matches!(refused, Err(ServiceError::Refused(Refusal::BeingRolledBack))));
    }
    stage.settle(id).await;
    let undone = stage.request(id).await;
    assert_eq!(undone.state, State::Failed, "it stays failed until somebody retries");
    let advice = undone.failure.expect("a failure").advice;
    assert!(advice.contains("removed"), "{advice}");
    let again = service.roll_back(id, None, &her).await;
    assert!(matches!(again, Err(ServiceError::Refused(Refusal::NothingToRollBack))));
    service.retry(id, &her).await.expect("a retry");
    stage.settle(id).await;
    let history = stage.world.history(&id.to_string()).await;
    let created = history.iter().filter(|recorded| matches!(recorded.event, Event::CreationStarted { .. })).count();
    assert_eq!(created, 1, "account creation is never touched again");
    stage.ends(id, State::Ready).await;
}

#[tokio::test]
async fn grace_changes_a_parameter_and_stands_for_it() {
    let (stage, id) = failed().await;
    let (service, grace) = (stage.world.service.clone(), acts("grace@example.com"));
    let hers = service.retry_with(id, &acts("ada@example.com"), &changes("AzCount", "3")).await;
    assert!(matches!(hers, Err(ServiceError::NotAllowed(_))), "nobody approves their own change");
    for wrong in [changes("AzCount", "9"), changes("VpcCidr", "10.99.0.0/16"), changes("Azs", "3")] {
        let refused = service.retry_with(id, &grace, &wrong).await;
        assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{wrong:?}");
    }
    let link = service.page_for(&stage.request(id).await);
    service.retry_with(id, &grace, &changes("AzCount", "3")).await.expect("a retry");
    stage.world.settle().await;
    let request = stage.request(id).await;
    assert_eq!(request.submission.spec.blueprint.as_ref().unwrap().parameters["AzCount"], "3");
    assert_eq!(request.submission.hash, SpecHash::of(&request.submission.spec, &request.submission.requester));
    assert_eq!(service.page_for(&request), link, "links that were sent stay good");
    let history = stage.world.history(&id.to_string()).await;
    let change = history.iter().find(|recorded| matches!(recorded.event, Event::ParametersChanged { .. })).unwrap();
    assert_eq!(change.actor.email, "grace@example.com");
    stage.ends(id, State::Ready).await;
}

#[tokio::test]
async fn the_same_parameters_again_are_a_plain_retry_that_ada_may_ask_for() {
    let (stage, id) = failed().await;
    let present = stage.request(id).await.submission.spec.blueprint.unwrap().parameters["AzCount"].clone();
    let her = acts("ada@example.com");
    stage.world.service.retry_with(id, &her, &changes("AzCount", &present)).await.expect("a retry");
    stage.world.settle().await;
    let history = stage.world.history(&id.to_string()).await;
    assert!(history.iter().all(|recorded| !matches!(recorded.event, Event::ParametersChanged { .. })));
    stage.ends(id, State::Ready).await;
}
