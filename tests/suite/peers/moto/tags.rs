//! Tags on a new account, through Organizations: the post step `tags`.

use std::collections::BTreeMap;
use std::sync::Arc;

use vend::adapters::aws::cloudformation::{Access, CloudFormationDeployer, DeliverySettings, PostStep, PostSteps};
use vend::domain::blueprint::Catalogue;
use vend::ports::blueprints::{BlueprintDeployer as _, DeployError, StackOrder};
use vend::ports::clock::{Clock as _, Ids as _};

use super::Management;
use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::sandbox;

#[tokio::test]
#[ignore = "needs moto: .ci/peers starts it"]
async fn moto_takes_the_tags_of_an_account_again_and_again_and_knows_no_other_account() {
    let (house, clock) = (Management::new().await, TestClock::default());
    let access = Access::new(house.connection.clone(), "AWSControlTowerExecution", Arc::new(clock.clone()));
    let settings = DeliverySettings {
        region: "eu-west-1".into(),
        cdk_template: None,
        post_steps: PostSteps(vec![PostStep::Tags]),
    };
    let deployer = CloudFormationDeployer::new(access, Arc::new(Catalogue::shipped()), settings);
    let request = SeededIds::default().request_id(clock.now());
    let mut order = StackOrder {
        request,
        account_id: house.account("team@example.com", "team").await,
        stack_name: request.stack_name(),
        token: request.stack_token(1),
        attempt: 1,
        spec: sandbox("team@example.com"),
    };
    order.spec.cost_centre = Some("4711".into());
    // What only vend may say cannot be given by a requester.
    order.spec.tags =
        BTreeMap::from([("team", "fraud"), ("vend:request", "forged")].map(|(k, v)| (k.into(), v.into())));
    for _ in 0..2 {
        deployer.post_step("tags", &order).await.unwrap();
    }
    let read = house.organizations.list_tags_for_resource().resource_id(&order.account_id).send().await.unwrap();
    let tags: BTreeMap<&str, &str> = read.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
    let id = request.to_string();
    let wanted = [("cost-centre", "4711"), ("team", "fraud"), ("vend:account-type", "Sandbox"), ("vend:request", &id)];
    assert_eq!(tags, BTreeMap::from(wanted));
    order.account_id = "999999999999".into();
    let refused = deployer.post_step("tags", &order).await;
    assert!(matches!(refused, Err(DeployError::Refused(_))), "{refused:?}");
}
