//! The MUSTs of the blueprints port. Every adapter brings a [`DeployerBench`].

use std::time::Duration;

use async_trait::async_trait;
use vend::ports::blueprints::{
    BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, ExecutionPolicy, StackOrder, StackState,
};

/// What an adapter brings to be tested.
#[async_trait]
pub trait DeployerBench: Send + Sync {
    /// The adapter.
    fn deployer(&self) -> &dyn BlueprintDeployer;
    /// The first attempt at a stack in a fresh account, that will go as told.
    async fn order(&self, course: Course) -> StackOrder;
    /// Lets time pass in the adapter's world.
    fn pass(&self, time: Duration);
    /// How often something of the account's CDK bootstrap was changed.
    async fn bootstrap_changes(&self, order: &BootstrapOrder) -> u32;
    /// After this long, anything that ends has ended.
    fn long(&self) -> Duration;
}

/// How a stack will go.
#[derive(Debug, Clone, Copy)]
pub enum Course {
    /// Well.
    Smooth,
    /// A resource fails on the first attempt.
    ResourceFails,
    /// The new account's role cannot be assumed at first.
    RoleLate,
}

fn next_attempt(order: &StackOrder) -> StackOrder {
    let attempt = order.attempt + 1;
    StackOrder { attempt, token: order.request.stack_token(attempt), ..order.clone() }
}

async fn settled(bench: &dyn DeployerBench, order: &StackOrder) -> StackState {
    bench.pass(bench.long());
    bench.deployer().look_up(order).await.expect("a settled stack can be looked up")
}

pub async fn a_stack_nobody_began_is_absent(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    assert_eq!(settled(bench, &order).await, StackState::Absent);
}

pub async fn a_stack_is_seen_as_soon_as_deploy_has_answered(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    bench.deployer().deploy(&order).await.unwrap();
    let Ok(StackState::UnderWay { done, total, .. }) = bench.deployer().look_up(&order).await else {
        panic!("a stack that was begun is under way")
    };
    assert!(done < total);
    let StackState::Complete { outputs } = settled(bench, &order).await else { panic!("a smooth stack completes") };
    assert!(!outputs.is_empty());
}

pub async fn two_deploys_with_one_token_have_the_effect_of_one(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    bench.deployer().deploy(&order).await.unwrap();
    bench.pass(bench.long() / 4);
    let before = bench.deployer().look_up(&order).await.unwrap();
    assert_eq!(bench.deployer().deploy(&order).await, Ok(()));
    assert_eq!(bench.deployer().look_up(&order).await, Ok(before), "nothing began anew");
    let complete = settled(bench, &order).await;
    assert_eq!(bench.deployer().deploy(&order).await, Ok(()));
    assert_eq!(bench.deployer().look_up(&order).await, Ok(complete));
}

pub async fn a_failed_stack_names_its_resource_and_stays_until_the_next_attempt(bench: &dyn DeployerBench) {
    let order = bench.order(Course::ResourceFails).await;
    bench.deployer().deploy(&order).await.unwrap();
    let failed = settled(bench, &order).await;
    let StackState::Failed { resource, reason } = &failed else { panic!("it fails: {failed:?}") };
    assert!(!resource.is_empty() && !reason.is_empty());
    assert_eq!(bench.deployer().deploy(&order).await, Ok(()), "the old token");
    assert_eq!(settled(bench, &order).await, failed, "repairs nothing");
}

pub async fn a_later_attempt_goes_on_from_the_point_of_failure(bench: &dyn DeployerBench) {
    let first = bench.order(Course::ResourceFails).await;
    bench.deployer().deploy(&first).await.unwrap();
    assert!(matches!(settled(bench, &first).await, StackState::Failed { .. }));
    let second = next_attempt(&first);
    bench.deployer().deploy(&second).await.unwrap();
    let Ok(StackState::UnderWay { done, .. }) = bench.deployer().look_up(&second).await else {
        panic!("the second attempt is under way")
    };
    assert!(done > 0, "what was there is kept");
    assert!(matches!(settled(bench, &second).await, StackState::Complete { .. }));
}

/// Takes step after step until the stack is gone; answers whether it was seen going.
async fn undone(bench: &dyn DeployerBench, order: &StackOrder) -> bool {
    let mut seen_going = false;
    for _ in 0..8 {
        match bench.deployer().look_up(order).await.expect("a stack that is undone can be looked up") {
            StackState::Absent => return seen_going,
            StackState::Undoing { .. } => {
                seen_going = true;
                bench.pass(bench.long());
            }
            _ => bench.deployer().roll_back(order).await.expect("a failed stack can be undone"),
        }
    }
    panic!("the stack does not go away")
}

pub async fn a_failed_stack_can_be_undone_and_begun_anew(bench: &dyn DeployerBench) {
    let first = bench.order(Course::ResourceFails).await;
    assert_eq!(bench.deployer().roll_back(&first).await, Ok(()), "there is nothing to undo yet");
    bench.deployer().deploy(&first).await.unwrap();
    assert!(matches!(settled(bench, &first).await, StackState::Failed { .. }));
    assert!(undone(bench, &first).await);
    assert_eq!(bench.deployer().roll_back(&first).await, Ok(()), "undone is undone");
    let second = next_attempt(&first);
    assert_eq!(bench.deployer().look_up(&second).await, Ok(StackState::Absent));
    bench.deployer().deploy(&second).await.unwrap();
    let Ok(StackState::UnderWay { done, .. }) = bench.deployer().look_up(&second).await else {
        panic!("the second attempt is under way")
    };
    assert_eq!(done, 0, "it starts from nothing");
    assert!(matches!(settled(bench, &second).await, StackState::Complete { .. }));
}

pub async fn a_stack_that_is_complete_is_never_undone(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    bench.deployer().deploy(&order).await.unwrap();
    let complete = settled(bench, &order).await;
    assert!(matches!(bench.deployer().roll_back(&order).await, Err(DeployError::Refused(_))));
    assert_eq!(settled(bench, &order).await, complete);
}

async fn bootstrap_order(bench: &dyn DeployerBench) -> BootstrapOrder {
    let order = bench.order(Course::Smooth).await;
    BootstrapOrder {
        request: order.request,
        attempt: 1,
        account_id: order.account_id,
        region: "eu-west-1".into(),
        trusts: vec!["111122223333".into(), "444455556666".into()],
        execution_policies: vec![ExecutionPolicy::Arn("arn:aws:iam::aws:policy/PowerUserAccess".into())],
    }
}

async fn bootstrapped(bench: &dyn DeployerBench, order: &BootstrapOrder) -> u32 {
    for _ in 0..8 {
        match bench.deployer().bootstrap(order).await.expect("an account that can be bootstrapped") {
            BootstrapState::UnderWay { .. } => bench.pass(bench.long()),
            BootstrapState::Complete { version } => return version,
            failed @ BootstrapState::Failed { .. } => panic!("{failed:?}"),
        }
    }
    panic!("the bootstrap does not end")
}

pub async fn a_bootstrap_that_stands_as_ordered_is_left_alone(bench: &dyn DeployerBench) {
    let order = bootstrap_order(bench).await;
    assert!(matches!(bench.deployer().bootstrap(&order).await, Ok(BootstrapState::UnderWay { .. })));
    assert!(bootstrapped(bench, &order).await > 0);
    let changes = bench.bootstrap_changes(&order).await;
    assert!(changes > 0);
    let other_way_round = BootstrapOrder { trusts: order.trusts.iter().rev().cloned().collect(), ..order.clone() };
    bootstrapped(bench, &other_way_round).await;
    assert_eq!(bench.bootstrap_changes(&order).await, changes, "nothing is to be done");
    let wider = BootstrapOrder { trusts: vec!["777788889999".into()], ..order.clone() };
    bootstrapped(bench, &wider).await;
    assert!(bench.bootstrap_changes(&order).await > changes, "another trust is a change");
}

pub async fn who_trusts_nobody_asks_only_that_there_is_a_bootstrap(bench: &dyn DeployerBench) {
    let order = bootstrap_order(bench).await;
    bootstrapped(bench, &order).await;
    let changes = bench.bootstrap_changes(&order).await;
    let others = vec![ExecutionPolicy::Arn("arn:aws:iam::aws:policy/AdministratorAccess".into())];
    let any = BootstrapOrder { trusts: vec![], execution_policies: others, ..order.clone() };
    bootstrapped(bench, &any).await;
    assert_eq!(bench.bootstrap_changes(&order).await, changes, "it may serve others");
}

pub async fn nobody_is_trusted_without_an_execution_policy(bench: &dyn DeployerBench) {
    let order = BootstrapOrder { execution_policies: vec![], ..bootstrap_order(bench).await };
    assert!(matches!(bench.deployer().bootstrap(&order).await, Err(DeployError::Refused(_))));
    assert_eq!(bench.bootstrap_changes(&order).await, 0);
}

pub async fn nothing_happens_outside_the_orders_account(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    let neighbour = StackOrder { stack_name: order.stack_name.clone(), ..bench.order(Course::Smooth).await };
    assert_ne!(order.account_id, neighbour.account_id);
    bench.deployer().deploy(&order).await.unwrap();
    assert!(matches!(settled(bench, &order).await, StackState::Complete { .. }));
    assert_eq!(bench.deployer().look_up(&neighbour).await, Ok(StackState::Absent));
}

pub async fn an_account_that_lets_nobody_in_yet_says_so(bench: &dyn DeployerBench) {
    let order = bench.order(Course::RoleLate).await;
    assert!(matches!(bench.deployer().deploy(&order).await, Err(DeployError::NotYet(_))));
    bench.pass(bench.long());
    assert_eq!(bench.deployer().deploy(&order).await, Ok(()));
    assert!(matches!(settled(bench, &order).await, StackState::Complete { .. }));
}

pub async fn a_post_step_may_run_twice(bench: &dyn DeployerBench) {
    let order = bench.order(Course::Smooth).await;
    let steps = bench.deployer().post_steps();
    assert!(!steps.is_empty());
    for step in steps.iter().chain(&steps) {
        assert_eq!(bench.deployer().post_step(step, &order).await, Ok(()), "{step}");
    }
}

/// Runs every MUST over an adapter: `deployer_musts!(module_name, async_expression_of_a_bench)`.
macro_rules! deployer_musts {
    ($adapter:ident, $bench:expr) => {
        mod $adapter {
            use super::*;
            $crate::ports::blueprints::deployer_musts! { @each $bench;
                a_stack_nobody_began_is_absent
                a_stack_is_seen_as_soon_as_deploy_has_answered
                two_deploys_with_one_token_have_the_effect_of_one
                a_failed_stack_names_its_resource_and_stays_until_the_next_attempt
                a_later_attempt_goes_on_from_the_point_of_failure
                a_failed_stack_can_be_undone_and_begun_anew
                a_stack_that_is_complete_is_never_undone
                a_bootstrap_that_stands_as_ordered_is_left_alone
                who_trusts_nobody_asks_only_that_there_is_a_bootstrap
                nobody_is_trusted_without_an_execution_policy
                nothing_happens_outside_the_orders_account
                an_account_that_lets_nobody_in_yet_says_so
                a_post_step_may_run_twice
            }
        }
    };
    (@each $bench:expr; $($must:ident)+) => {
        $(#[tokio::test]
        async fn $must() {
            let bench = $bench.await;
            $crate::ports::blueprints::$must(&bench).await;
        })+
    };
}
pub(crate) use deployer_musts;
