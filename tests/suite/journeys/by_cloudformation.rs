//! The whole way with the real worker and the real adapter: a blueprint that fails in the
//! new account, is undone, and is delivered at last, with everything that comes after it.

use std::sync::Arc;

use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::service::Decide;

use super::stage::{POLICY, Stage};
use crate::fakes::requests::ada;
use crate::fakes::world::Setup;
use crate::ports::cloudformation::Delivery;

#[tokio::test]
async fn a_blueprint_is_undone_and_delivered_into_the_one_account_that_was_made() {
    let setup = Setup::default().policy(POLICY);
    let delivery = Delivery::with(setup.clock.clone(), None).await;
    let why = ("NatAddress".to_owned(), "no address is left".to_owned());
    delivery.aws.world().mood.fails.insert("*".into(), why);
    let deployer = Arc::clone(&delivery.deployer);
    let stage = Stage::in_world(Setup { deployer: Some(deployer), ..setup }.build().await);
    let draft = serde_json::json!({
        "account_type": "Sandbox", "root_email": "fraud@example.com", "organizational_unit": "Sandbox",
        "blueprint": "ml-workload-nonprod", "purpose": "Training a fraud model", "cost_centre": "4711",
    });
    let draft = serde_json::from_value(draft).expect("a draft");
    let her = Actor::person("ada@example.com", Channel::Api);
    let made = stage.world.service.submit(&draft, &ada(), &her, None).await;
    let id = made.unwrap_or_else(|error| panic!("{}", error.sentence())).id.parse().expect("an id");
    let grace = Actor::person("grace@example.com", Channel::Api);
    stage.world.service.decide(id, &grace, Decide::Approve { reason: None }).await.expect("approved");
    stage.world.settle().await;
    let failed = stage.request(id).await;
    let reason = failed.failure.expect("it failed").reason;
    assert!(reason.contains("NatAddress") && reason.contains("no address is left"), "{reason}");

    stage.world.service.roll_back(id, None, &her).await.expect("a rollback");
    stage.world.settle().await;
    assert!(delivery.aws.world().stacks.is_empty(), "nothing is left");
    stage.world.service.retry(id, &her).await.expect("a retry");
    stage.world.settle().await;

    let account = stage.request(id).await.account_id.expect("an account");
    stage.ends(id, State::Ready).await;
    let world = delivery.aws.world();
    let begun: Vec<_> = world.begun.iter().map(|(of, action, _)| (of.as_str(), action.as_str())).collect();
    let course = ["CREATE", "RollbackStack", "DeleteStack", "CREATE"];
    assert_eq!(begun, course.map(|action| (account.as_str(), action)));
    let places: Vec<_> = world.stacks.keys().map(|(place, _)| place.clone()).collect();
    assert_eq!(places, [(account.clone(), "eu-west-1".to_owned())]);
    assert_eq!(world.tags[&account]["cost-centre"], "4711");
    assert!(world.budgets.contains_key(&account) && world.contacts.contains_key(&account));
}
