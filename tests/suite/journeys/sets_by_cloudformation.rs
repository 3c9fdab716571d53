//! Account sets with the real worker and the real adapter on a played AWS: whom the
//! toolkit stacks trust and with which policy, and that what is finished stays untouched.

use std::sync::Arc;

use serde_json::json;
use vend::domain::cdk_app;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::domain::set::StageName;
use vend::domain::set_artefacts::least_privilege;
use vend::ports::blueprints::{BlueprintDeployer as _, BootstrapOrder, BootstrapState, ExecutionPolicy};
use vend::ports::clock::Clock as _;
use vend::ports::store::JobStore as _;
use vend::service::Decide;

use super::stage::{POLICY, Stage};
use crate::fakes::requests::{ada, drive};
use crate::fakes::world::Setup;
use crate::ports::cloudformation::{CDK_TEMPLATE, Delivery};

const GOVERNANCE: &str = "111122223333";
const HOME: &str = "eu-west-1";
const REGION: &str = "eu-central-1";

/// A set by this name, approved and finished.
async fn finished(stage: &Stage, name: &str) -> RequestId {
    let draft = serde_json::from_value(json!({
        "name": name, "pipeline": {"account": GOVERNANCE, "region": HOME}, "default_region": REGION,
        "root_email": format!("{name}-{{stage}}@example.com"), "organizational_unit": "Sandbox",
        "execution_policy": "least-privilege",
    }));
    let draft = vend::domain::set::draft::SetDraft { purpose: Some("Scoring".into()), ..draft.expect("a draft") };
    let her = Actor::person("ada@example.com", Channel::Api);
    let made = stage.world.service.submit_set(&draft, &ada(), &her, None).await;
    let id = made.unwrap_or_else(|error| panic!("{}", error.sentence())).view.id.parse().expect("an id");
    for approver in ["grace@example.com", "heidi@example.com"] {
        let approver = Actor::person(approver, Channel::Api);
        stage.world.service.decide(id, &approver, Decide::Approve { reason: None }).await.expect("approved");
    }
    stage.world.settle().await;
    let set = stage.request(id).await;
    assert_eq!(set.state, State::Ready, "{:?}", set.failure);
    id
}

async fn accounts(stage: &Stage, id: RequestId) -> [String; 3] {
    let set = stage.request(id).await;
    StageName::ALL.map(|name| set.members[&name].account_id.clone().expect("an account"))
}

/// Whom the toolkit stack of a place trusts, and what they may do there.
fn toolkit(delivery: &Delivery, account: &str, region: &str) -> (String, String) {
    let world = delivery.aws.world();
    let stack = &world.stacks[&((account.to_owned(), region.to_owned()), "CDKToolkit".to_owned())];
    let value = |name: &str| stack.parameters[name].clone();
    (value("TrustedAccounts"), value("CloudFormationExecutionPolicies"))
}

/// How often something was begun with a stack of this account.
fn begun(delivery: &Delivery, account: &str) -> usize {
    delivery.aws.world().begun.iter().filter(|(of, ..)| of == account).count()
}

fn policy_of(account: &str, region: &str) -> String {
    format!("arn:aws:iam::{account}:policy/{}", cdk_app::policy_name(region))
}

/// What was ordered for an account of a set, and is ordered again.
fn order(request: RequestId, account: &str, region: &str, trusts: &[&str]) -> BootstrapOrder {
    BootstrapOrder {
        request,
        attempt: 2,
        account_id: account.to_owned(),
        region: region.to_owned(),
        trusts: trusts.iter().map(ToString::to_string).collect(),
        execution_policies: vec![ExecutionPolicy::Document {
            name: cdk_app::policy_name(region),
            json: least_privilege(account, region),
        }],
    }
}

async fn played() -> (Stage, Delivery) {
    let setup = Setup::default().policy(POLICY);
    let delivery = Delivery::with(setup.clock.clone(), Some(CDK_TEMPLATE)).await;
    let deployer = Arc::clone(&delivery.deployer);
    (Stage::in_world(Setup { deployer: Some(deployer), ..setup }.build().await), delivery)
}

#[tokio::test]
async fn every_account_trusts_its_own_set_alone_and_governance_serves_both() {
    let (stage, delivery) = played().await;
    let first = finished(&stage, "fraud").await;
    let [fraud_dev, ..] = accounts(&stage, first).await;
    let before = begun(&delivery, GOVERNANCE);
    let second = finished(&stage, "churn").await;
    assert_eq!((before, begun(&delivery, GOVERNANCE)), (1, 1), "governance is bootstrapped once");
    assert_eq!(toolkit(&delivery, GOVERNANCE, HOME), (String::new(), policy_of(GOVERNANCE, HOME)));
    for id in [first, second] {
        let [dev, preprod, prod] = accounts(&stage, id).await;
        assert_eq!(toolkit(&delivery, &dev, REGION), (GOVERNANCE.to_owned(), policy_of(&dev, REGION)));
        for later in [preprod, prod] {
            let (trusted, policy) = toolkit(&delivery, &later, REGION);
            let mut trusted: Vec<_> = trusted.split(',').map(str::to_owned).collect();
            trusted.sort_by_key(|account| account == &dev);
            assert_eq!(trusted, [GOVERNANCE.to_owned(), dev.clone()]);
            assert_eq!(policy, policy_of(&later, REGION));
            assert!(id == first || !trusted.contains(&fraud_dev), "a second set never trusts the first one's dev");
        }
    }
    stage.ends(second, State::Ready).await;
}

#[tokio::test]
async fn running_a_finished_set_again_changes_nothing() {
    let (stage, delivery) = played().await;
    let id = finished(&stage, "fraud").await;
    let calls = delivery.aws.world().calls.len();
    let changes = delivery.aws.world().changes.clone();
    let members = StageName::ALL.map(|name| id.member(name));
    for request in [[id].as_slice(), &members].concat() {
        let job = drive(&format!("again/{request}"), request, stage.world.clock.now());
        stage.world.store.promise(job).await.expect("a job");
    }
    stage.world.settle().await;
    assert_eq!(delivery.aws.world().calls.len(), calls, "what is ready is not even looked at");
    let [dev, preprod, prod] = accounts(&stage, id).await;
    let orders = [
        order(id, GOVERNANCE, HOME, &[]),
        order(id, &dev, REGION, &[GOVERNANCE]),
        order(id, &preprod, REGION, &[GOVERNANCE, &dev]),
        order(id, &prod, REGION, &[&dev, GOVERNANCE]),
    ];
    for order in orders {
        let stands = delivery.deployer.bootstrap(&order).await;
        assert_eq!(stands, Ok(BootstrapState::Complete { version: 32 }), "{}", order.account_id);
    }
    assert_eq!(delivery.aws.world().changes, changes, "the orders of a finished set change nothing");
    stage.ends(id, State::Ready).await;
}
