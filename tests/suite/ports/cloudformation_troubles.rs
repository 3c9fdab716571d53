//! Delivery through `CloudFormation` when AWS answers what it answers rarely.

use std::time::Duration;

use vend::ports::blueprints::{BlueprintDeployer as _, DeployError, StackOrder, StackState};
use vend::ports::clock::{Clock as _, Ids as _};

use super::blueprints::{Course, DeployerBench as _};
use super::cloudformation::Delivery;
use crate::fakes::clock::{SeededIds, TestClock};

/// The same stack's name for another request.
fn of_another(order: &StackOrder) -> StackOrder {
    let request = SeededIds::new(77).request_id(TestClock::default().now());
    StackOrder { request, token: request.stack_token(1), ..order.clone() }
}

#[tokio::test]
async fn a_failed_stack_without_a_way_back_is_removed() {
    let delivery = Delivery::new().await;
    let order = delivery.order(Course::ResourceFails).await;
    delivery.deployer.deploy(&order).await.unwrap();
    delivery.pass(Duration::from_mins(4));
    assert!(matches!(delivery.deployer.look_up(&order).await, Ok(StackState::Failed { .. })));
    delivery.aws.world().mood.no_way_back = true;
    delivery.deployer.roll_back(&order).await.unwrap();
    assert_eq!(delivery.begun(&order.account_id), ["CREATE", "DeleteStack"]);
    delivery.pass(Duration::from_mins(4));
    assert_eq!(delivery.deployer.look_up(&order).await, Ok(StackState::Absent));
}

#[tokio::test]
async fn a_stack_that_is_there_after_all_is_looked_at_before_it_is_believed() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.deployer.deploy(&order).await.unwrap();
    delivery.aws.world().mood.unseen = 1;
    assert_eq!(delivery.deployer.deploy(&order).await, Ok(()), "ours, and begun");
    delivery.aws.world().mood.unseen = 1;
    let refused = delivery.deployer.deploy(&of_another(&order)).await;
    assert!(matches!(refused, Err(DeployError::Refused(_))), "somebody else's: {refused:?}");
    delivery.aws.world().mood.unseen = 2;
    let unseen = delivery.deployer.deploy(&order).await;
    assert!(matches!(unseen, Err(DeployError::Unknown(_))), "there, and not to be seen: {unseen:?}");
    assert_eq!(delivery.begun(&order.account_id), ["CREATE"]);
}

#[tokio::test]
async fn a_trouble_of_the_services_own_leaves_open_what_happened_whatever_it_is_called() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    for (status, code) in [(503, "SomethingNew"), (500, ""), (403, "")] {
        delivery.aws.world().mood.odd.insert("CreateStack", (status, code));
        let answer = delivery.deployer.deploy(&order).await;
        assert!(matches!(answer, Err(DeployError::Unknown(_))), "{status} {code}: {answer:?}");
    }
    delivery.aws.world().mood.odd.insert("CreateStack", (400, "SomethingNew"));
    assert!(matches!(delivery.deployer.deploy(&order).await, Err(DeployError::Refused(_))));
}

#[tokio::test]
async fn a_budget_that_is_there_becomes_the_one_that_is_wanted() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.deployer.post_step("budget", &order).await.unwrap();
    let limit = |amount: &str| {
        let mut world = delivery.aws.world();
        let now = &mut world.budgets.get_mut(&order.account_id).unwrap()["Budget"]["BudgetLimit"]["Amount"];
        std::mem::replace(now, amount.into())
    };
    assert_eq!(limit("1"), "500");
    delivery.deployer.post_step("budget", &order).await.unwrap();
    assert_eq!(limit("1"), "500", "as before somebody changed it");
}

#[tokio::test]
async fn tags_of_the_requesters_never_replace_ours() {
    let delivery = Delivery::new().await;
    let mut order = delivery.place();
    let request = order.request.to_string();
    order.spec.cost_centre = Some("4711".into());
    for name in ["vend:request", "vend:account-type", "vend:blueprint", "owner", "cost-centre", "team"] {
        order.spec.tags.insert(name.into(), "mine".into());
    }
    delivery.deployer.deploy(&order).await.unwrap();
    delivery.deployer.post_step("tags", &order).await.unwrap();
    let world = delivery.aws.world();
    let stack = &world.stacks.values().next().unwrap().tags;
    for tags in [stack, &world.tags[&order.account_id]] {
        let ours = [&tags["vend:request"], &tags["vend:account-type"], &tags["cost-centre"], &tags["team"]];
        assert_eq!(ours, [&request, "Sandbox", "4711", "mine"]);
    }
    assert_eq!(stack["vend:blueprint"], "ml-workload-nonprod 1.0.0");
    assert_ne!(stack["owner"], "mine");
}
