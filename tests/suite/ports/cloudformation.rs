//! Delivery through `CloudFormation`: the port's suite over the real SDK and a played
//! AWS, and what only this adapter promises.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use vend::adapters::aws::cloudformation::{
    Access, Budget, CdkTemplate, CloudFormationDeployer, Contact, DeliverySettings, PostStep, PostSteps,
};
use vend::adapters::aws::connection::Connection;
use vend::domain::blueprint::Catalogue;
use vend::domain::spec::{AccountSpec, BlueprintChoice};
use vend::ports::blueprints::{
    BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, ExecutionPolicy, StackOrder, StackState,
};
use vend::ports::clock::{Clock as _, Ids as _};

use super::blueprints::{Course, DeployerBench, deployer_musts};
use crate::fakes::aws::delivery::FakeDelivery;
use crate::fakes::aws::wire::Endpoint;
use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::sandbox;

/// In the shape of the CDK's, with as much of it as is looked at.
pub const CDK_TEMPLATE: &str = "
Parameters:
  TrustedAccounts: {Type: CommaDelimitedList, Default: ''}
  TrustedAccountsForLookup: {Type: CommaDelimitedList, Default: ''}
  CloudFormationExecutionPolicies: {Type: CommaDelimitedList, Default: ''}
  FileAssetsBucketKmsKeyId: {Type: String, Default: ''}
  Qualifier: {Type: String, Default: hnb659fds}
  PublicAccessBlockConfiguration: {Type: String, Default: 'true'}
Resources:
  StagingBucket: {Type: 'AWS::S3::Bucket'}
  DeploymentActionRole: {Type: 'AWS::IAM::Role'}
  CdkBootstrapVersion:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Name: {'Fn::Sub': '/cdk-bootstrap/${Qualifier}/version'}, Value: '32'}
";

/// The adapter with its AWS.
pub struct Delivery {
    pub deployer: Arc<CloudFormationDeployer>,
    pub aws: Arc<FakeDelivery>,
    clock: TestClock,
    ids: SeededIds,
    placed: AtomicU64,
    _endpoint: Endpoint,
}

impl Delivery {
    pub async fn with(clock: TestClock, cdk_template: Option<&str>) -> Self {
        let (aws, endpoint) = FakeDelivery::start(&clock).await;
        let access =
            Access::new(Connection::over(&endpoint.sdk()), "AWSControlTowerExecution", Arc::new(clock.clone()));
        let contact = Contact {
            kind: "security".into(),
            name: "Jane Roe".into(),
            title: "Head of Security".into(),
            email: "security@example.com".into(),
            phone: "+1 555 0100".into(),
        };
        let steps = vec![
            PostStep::Tags,
            PostStep::Budget(Budget { usd: 500, alert_emails: vec!["finops@example.com".into()] }),
            PostStep::DevopsGuru,
            PostStep::AlternateContacts(vec![contact]),
        ];
        let settings = DeliverySettings {
            region: "eu-west-1".into(),
            cdk_template: cdk_template.map(|text| CdkTemplate::parse(text).expect("a CDK template")),
            post_steps: PostSteps(steps),
        };
        let deployer = CloudFormationDeployer::new(access, Arc::new(Catalogue::shipped()), settings);
        let (ids, placed) = (SeededIds::default(), AtomicU64::new(0));
        Self { deployer: Arc::new(deployer), aws, clock, ids, placed, _endpoint: endpoint }
    }

    pub async fn new() -> Self {
        Self::with(TestClock::default(), Some(CDK_TEMPLATE)).await
    }

    pub fn place(&self) -> StackOrder {
        let request = self.ids.request_id(self.clock.now());
        let parameters = BTreeMap::from([("VpcCidr".to_owned(), "10.16.0.0/16".to_owned())]);
        let choice = BlueprintChoice { id: "ml-workload-nonprod".into(), version: "1.0.0".into(), parameters };
        StackOrder {
            request,
            account_id: format!("{:012}", 300_000_000_000 + self.placed.fetch_add(1, Ordering::SeqCst)),
            stack_name: request.stack_name(),
            token: request.stack_token(1),
            attempt: 1,
            spec: AccountSpec { blueprint: Some(choice), ..sandbox("root@example.com") },
        }
    }

    /// The stack operations that began in an account.
    pub fn begun(&self, account: &str) -> Vec<String> {
        let world = self.aws.world();
        world.begun.iter().filter(|(of, ..)| of == account).map(|(_, action, _)| action.clone()).collect()
    }
}

#[async_trait]
impl DeployerBench for Delivery {
    fn deployer(&self) -> &dyn BlueprintDeployer {
        &*self.deployer
    }

    async fn order(&self, course: Course) -> StackOrder {
        let order = self.place();
        let mut world = self.aws.world();
        match course {
            Course::Smooth => {}
            Course::ResourceFails => {
                let failure = ("NatAddress".to_owned(), "no address is left".to_owned());
                world.mood.fails.insert(order.account_id.clone(), failure);
            }
            Course::RoleLate => {
                let until = self.clock.now() + SignedDuration::from_secs(60);
                world.mood.closed_until.insert(order.account_id.clone(), until);
            }
        }
        order
    }

    async fn bootstrap_changes(&self, order: &BootstrapOrder) -> u32 {
        u32::try_from(self.begun(&order.account_id).len()).unwrap()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn long(&self) -> Duration {
        Duration::from_mins(4)
    }
}

deployer_musts!(port, async { Delivery::new().await });

async fn until_settled(delivery: &Delivery, order: &StackOrder) -> StackState {
    delivery.pass(delivery.long());
    delivery.deployer.look_up(order).await.unwrap()
}

#[tokio::test]
async fn a_failure_names_the_cause_and_not_the_follower_that_was_cancelled() {
    let delivery = Delivery::new().await;
    let order = delivery.order(Course::ResourceFails).await;
    delivery.deployer.deploy(&order).await.unwrap();
    let failed = until_settled(&delivery, &order).await;
    assert_eq!(failed, StackState::Failed { resource: "NatAddress".into(), reason: "no address is left".into() });
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_second_stack() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.aws.world().mood.lost.insert("CreateStack", 1);
    let first = delivery.deployer.deploy(&order).await;
    assert!(matches!(first, Ok(()) | Err(DeployError::Unknown(_))), "{first:?}");
    assert_eq!(delivery.deployer.deploy(&order).await, Ok(()));
    assert_eq!(delivery.begun(&order.account_id), ["CREATE"]);
}

#[tokio::test]
async fn a_second_attempt_updates_with_the_new_parameters_and_a_rollback_starts_from_nothing() {
    let delivery = Delivery::new().await;
    let order = delivery.order(Course::ResourceFails).await;
    delivery.deployer.deploy(&order).await.unwrap();
    until_settled(&delivery, &order).await;
    let mut second = StackOrder { attempt: 2, token: order.request.stack_token(2), ..order.clone() };
    let chosen = second.spec.blueprint.as_mut().unwrap();
    chosen.parameters.insert("VpcCidr".into(), "10.17.0.0/16".into());
    delivery.deployer.deploy(&second).await.unwrap();
    assert!(matches!(until_settled(&delivery, &second).await, StackState::Complete { .. }));
    assert_eq!(delivery.begun(&order.account_id), ["CREATE", "UPDATE"]);
    let world = delivery.aws.world();
    let stack = world.stacks.values().next().unwrap();
    assert!(stack.parameters.values().any(|value| value == "10.17.0.0/16"), "{:?}", stack.parameters);
    assert_eq!(stack.tags["vend:request"], order.request.to_string());
}

#[tokio::test]
async fn what_cannot_be_removed_is_named() {
    let delivery = Delivery::new().await;
    let order = delivery.order(Course::ResourceFails).await;
    delivery.deployer.deploy(&order).await.unwrap();
    until_settled(&delivery, &order).await;
    let stuck = delivery.aws.world().stacks.values().next().unwrap().there.first().unwrap().clone();
    delivery.aws.world().mood.stuck.insert(stuck.clone());
    delivery.deployer.roll_back(&order).await.unwrap();
    let StackState::NotUndone { resource, reason } = until_settled(&delivery, &order).await else {
        panic!("it is not undone")
    };
    assert_eq!((resource, reason.as_str()), (stuck, "the bucket is not empty"));
}

#[tokio::test]
async fn a_stack_of_somebody_else_is_neither_taken_over_nor_undone() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.deployer.deploy(&order).await.unwrap();
    let request = delivery.ids.request_id(delivery.clock.now());
    let other = StackOrder { request, token: request.stack_token(1), ..order.clone() };
    for answer in [
        delivery.deployer.deploy(&other).await,
        delivery.deployer.roll_back(&other).await,
        delivery.deployer.look_up(&other).await.map(|_| ()),
    ] {
        assert!(matches!(answer, Err(DeployError::Refused(_))), "{answer:?}");
    }
    assert_eq!(delivery.begun(&order.account_id), ["CREATE"]);
}

#[tokio::test]
async fn troubles_are_told_apart() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.aws.world().mood.throttled.insert("AssumeRole", 9);
    assert_eq!(delivery.deployer.deploy(&order).await, Err(DeployError::Throttled));
    delivery.aws.world().mood.throttled.clear();
    delivery.aws.world().mood.denied.insert("CreateStack");
    assert!(matches!(delivery.deployer.deploy(&order).await, Err(DeployError::NotYet(_))));
    delivery.aws.world().mood.denied.clear();
    let mut strange = order.clone();
    strange.spec.blueprint.as_mut().unwrap().version = "9.9.9".into();
    assert!(matches!(delivery.deployer.deploy(&strange).await, Err(DeployError::Refused(_))));
    let nowhere = StackOrder { account_id: "Not Available".into(), ..order.clone() };
    assert!(matches!(delivery.deployer.deploy(&nowhere).await, Err(DeployError::Refused(_))));
    assert_eq!(delivery.begun(&order.account_id), Vec::<String>::new());
}

#[tokio::test]
async fn one_session_serves_many_calls_and_a_new_one_is_taken_before_the_hour_is_over() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    let sessions = || delivery.aws.world().calls.iter().filter(|call| *call == "AssumeRole").count();
    for _ in 0..3 {
        delivery.deployer.look_up(&order).await.unwrap();
    }
    assert_eq!(sessions(), 1);
    delivery.pass(Duration::from_mins(46));
    delivery.deployer.look_up(&order).await.unwrap();
    assert_eq!(sessions(), 2);
}

fn bootstrap(order: &StackOrder) -> BootstrapOrder {
    BootstrapOrder {
        request: order.request,
        attempt: 1,
        account_id: order.account_id.clone(),
        region: "eu-central-1".into(),
        trusts: vec!["444455556666".into(), "111122223333".into()],
        execution_policies: vec![ExecutionPolicy::Document {
            name: "cdk-policy".into(),
            json: r#"{"Version": "2012-10-17", "Statement": []}"#.into(),
        }],
    }
}

async fn bootstrapped(delivery: &Delivery, order: &BootstrapOrder) -> BootstrapState {
    for _ in 0..6 {
        match delivery.deployer.bootstrap(order).await.unwrap() {
            BootstrapState::UnderWay { .. } => delivery.pass(delivery.long()),
            state => return state,
        }
    }
    panic!("the bootstrap does not end")
}

#[tokio::test]
async fn a_bootstrap_trusts_exactly_those_ordered_with_exactly_the_ordered_policy() {
    let delivery = Delivery::new().await;
    let order = bootstrap(&delivery.place());
    assert_eq!(bootstrapped(&delivery, &order).await, BootstrapState::Complete { version: 32 });
    let changes = delivery.aws.world().changes.len();
    assert_eq!(bootstrapped(&delivery, &order).await, BootstrapState::Complete { version: 32 });
    let world = delivery.aws.world();
    assert_eq!(world.changes.len(), changes, "a second time nothing is changed");
    let stack = &world.stacks[&((order.account_id.clone(), "eu-central-1".into()), "CDKToolkit".into())];
    assert_eq!(stack.parameters["TrustedAccounts"], "111122223333,444455556666");
    let arn = format!("arn:aws:iam::{}:policy/cdk-policy", order.account_id);
    assert_eq!(stack.parameters["CloudFormationExecutionPolicies"], arn);
    assert_eq!(stack.parameters["FileAssetsBucketKmsKeyId"], "AWS_MANAGED_KEY");
    assert!(world.policies.contains_key(&arn));
}

#[tokio::test]
async fn an_order_that_asks_only_for_a_bootstrap_leaves_another_ones_as_it_is() {
    let delivery = Delivery::new().await;
    let order = bootstrap(&delivery.place());
    bootstrapped(&delivery, &order).await;
    let changes = delivery.aws.world().changes.len();
    let any = BootstrapOrder { trusts: vec![], execution_policies: vec![], ..order };
    assert_eq!(bootstrapped(&delivery, &any).await, BootstrapState::Complete { version: 32 });
    assert_eq!(delivery.aws.world().changes.len(), changes);
}

#[tokio::test]
async fn a_failed_bootstrap_stays_failed_until_a_later_attempt() {
    let delivery = Delivery::new().await;
    let order = bootstrap(&delivery.place());
    let failure = ("StagingBucket".to_owned(), "the name is taken".to_owned());
    delivery.aws.world().mood.fails.insert(order.account_id.clone(), failure);
    let failed = bootstrapped(&delivery, &order).await;
    assert_eq!(failed, BootstrapState::Failed { resource: "StagingBucket".into(), reason: "the name is taken".into() });
    assert_eq!(bootstrapped(&delivery, &order).await, failed);
    let again = BootstrapOrder { attempt: 2, ..order };
    assert_eq!(bootstrapped(&delivery, &again).await, BootstrapState::Complete { version: 32 });
}

#[tokio::test]
async fn without_a_template_a_bootstrap_says_where_to_get_one() {
    let delivery = Delivery::with(TestClock::default(), None).await;
    let answer = delivery.deployer.bootstrap(&bootstrap(&delivery.place())).await;
    let Err(DeployError::Refused(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("npx aws-cdk bootstrap --show-template"), "{why}");
}

#[tokio::test]
async fn post_steps_do_what_they_are_called() {
    let delivery = Delivery::new().await;
    let mut order = delivery.place();
    order.spec.cost_centre = Some("4711".into());
    let account = order.account_id.clone();
    for step in delivery.deployer.post_steps() {
        delivery.deployer.post_step(&step, &order).await.unwrap();
        delivery.deployer.post_step(&step, &order).await.unwrap();
    }
    let world = delivery.aws.world();
    assert_eq!(world.tags[&account]["cost-centre"], "4711");
    assert_eq!(world.tags[&account]["vend:request"], order.request.to_string());
    let budget = &world.budgets[&account];
    assert_eq!(budget["Budget"]["BudgetLimit"]["Amount"], "500");
    assert_eq!(budget["NotificationsWithSubscribers"].as_array().unwrap().len(), 3);
    assert!(world.watched[&(account.clone(), "eu-west-1".to_owned())].contains("*"));
    assert_eq!(world.contacts[&account]["SECURITY"]["EmailAddress"], "security@example.com");
}

#[tokio::test]
async fn a_post_step_that_is_not_allowed_waits_and_one_nobody_knows_is_refused() {
    let delivery = Delivery::new().await;
    let order = delivery.place();
    delivery.aws.world().mood.denied.insert("CreateBudget");
    assert!(matches!(delivery.deployer.post_step("budget", &order).await, Err(DeployError::NotYet(_))));
    assert!(matches!(delivery.deployer.post_step("fireworks", &order).await, Err(DeployError::Refused(_))));
}
