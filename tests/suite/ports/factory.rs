//! The MUSTs of the factory port. Every adapter brings a [`FactoryBench`].

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vend::ports::factory::{AccountFactory, AccountOrder, FactoryError, ProductState};

/// What an adapter brings to be tested.
#[async_trait]
pub trait FactoryBench: Send + Sync {
    /// The adapter.
    fn factory(&self) -> &dyn AccountFactory;
    /// An order nobody has placed yet, that will go as told.
    fn order(&self, course: Course) -> AccountOrder;
    /// Lets time pass in the adapter's world.
    fn pass(&self, time: Duration);
    /// The time it is there.
    fn now(&self) -> Timestamp;
    /// After this long, anything that ends has ended.
    fn long(&self) -> Duration;
}

/// How an order will go.
#[derive(Debug, Clone, Copy)]
pub enum Course {
    /// Well.
    Smooth,
    /// The call is performed, its answer is lost.
    AnswerLost,
    /// It is accepted and fails.
    Fails,
    /// It ends well, but the account id cannot be read for a while.
    IdLate,
}

/// Steps in which the suites follow an order to its end.
const STEPS: u32 = 200;

fn is_an_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

async fn settled(bench: &dyn FactoryBench, order: &AccountOrder) -> ProductState {
    bench.pass(bench.long());
    bench.factory().look_up(order).await.expect("a settled product can be looked up")
}

/// Calls for an order as the worker does: the call is on record before it is made, the answer after.
async fn placed(bench: &dyn FactoryBench, order: &mut AccountOrder) -> Result<String, FactoryError> {
    order.called_at = Some(bench.now());
    let answer = bench.factory().provision(order).await;
    if let Ok(record_id) = &answer {
        order.record_id = Some(record_id.clone());
    }
    answer
}

/// Another request that happens to use this order's product name.
fn namesake(bench: &dyn FactoryBench, order: &AccountOrder) -> AccountOrder {
    AccountOrder { product_name: order.product_name.clone(), ..bench.order(Course::Smooth) }
}

pub async fn an_offered_unit_can_be_written_and_read_back(bench: &dyn FactoryBench) {
    let units = bench.factory().organizational_units().await.unwrap();
    assert!(!units.is_empty());
    for unit in units {
        assert_eq!(unit.to_string().parse(), Ok(unit));
    }
}

pub async fn a_product_never_looked_for_is_absent(bench: &dyn FactoryBench) {
    assert_eq!(bench.factory().look_up(&bench.order(Course::Smooth)).await, Ok(ProductState::Absent));
}

pub async fn an_accepted_order_becomes_an_account(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::Smooth);
    assert!(!placed(bench, &mut order).await.unwrap().is_empty(), "a record id for operators");
    let ProductState::Available { account_id } = settled(bench, &order).await else {
        panic!("a smooth order ends in an account")
    };
    assert!(is_an_account_id(&account_id));
    let taken = bench.factory().taken(&order.spec.root_email, &order.spec.account_name).await.unwrap();
    assert!(taken.email && taken.name, "the new account's names are taken");
}

pub async fn a_second_order_under_one_name_creates_nothing(bench: &dyn FactoryBench) {
    let mut first = bench.order(Course::Smooth);
    let second = namesake(bench, &first);
    assert_ne!(first.token, second.token);
    placed(bench, &mut first).await.unwrap();
    assert_eq!(bench.factory().provision(&second).await, Err(FactoryError::NameExists));
    assert_eq!(bench.factory().provision(&first).await, Err(FactoryError::NameExists));
    let before = settled(bench, &first).await;
    assert_eq!(bench.factory().provision(&second).await, Err(FactoryError::NameExists));
    assert_eq!(settled(bench, &first).await, before);
    let taken = bench.factory().taken(&second.spec.root_email, &second.spec.account_name).await.unwrap();
    assert!(!taken.email && !taken.name, "the second order left no trace");
}

pub async fn a_lost_answer_is_unknown_and_never_absent(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::AnswerLost);
    assert!(matches!(placed(bench, &mut order).await, Err(FactoryError::Unknown(_))));
    for _ in 0..STEPS {
        match bench.factory().look_up(&order).await {
            Err(FactoryError::Unknown(_)) | Ok(ProductState::UnderWay { .. } | ProductState::Available { .. }) => {}
            other => panic!("a product whose answer was lost showed as {other:?}"),
        }
        bench.pass(bench.long() / STEPS);
    }
    assert!(matches!(settled(bench, &order).await, ProductState::Available { .. }));
}

pub async fn a_product_is_seen_as_soon_as_the_order_is_answered(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::Smooth);
    placed(bench, &mut order).await.unwrap();
    let seen = bench.factory().look_up(&order).await;
    assert!(matches!(seen, Ok(ProductState::UnderWay { .. })), "{seen:?}");
}

pub async fn an_account_is_available_only_with_twelve_digits(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::IdLate);
    placed(bench, &mut order).await.unwrap();
    let mut waited_for_the_id = false;
    for _ in 0..STEPS {
        match bench.factory().look_up(&order).await.unwrap() {
            ProductState::Available { account_id } => assert!(is_an_account_id(&account_id)),
            ProductState::AccountIdUnknown => {
                waited_for_the_id = true;
                let terminated = bench.factory().terminate(&order).await;
                assert!(matches!(terminated, Err(FactoryError::Refused(_))), "there is an account, id or not");
            }
            _ => {}
        }
        bench.pass(bench.long() / STEPS);
    }
    assert!(waited_for_the_id, "the course has a moment without an id");
    assert!(matches!(settled(bench, &order).await, ProductState::Available { .. }));
}

pub async fn a_failed_order_blocks_its_name_until_terminated(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::Fails);
    placed(bench, &mut order).await.unwrap();
    let ProductState::Failed(failure) = settled(bench, &order).await else { panic!("it fails") };
    assert!(!failure.raw.is_empty() && !failure.record_id.is_empty());
    assert_eq!(bench.factory().provision(&order).await, Err(FactoryError::NameExists));
    assert_eq!(bench.factory().terminate(&order).await, Ok(()));
    assert_eq!(settled(bench, &order).await, ProductState::Absent);
    assert!(bench.factory().provision(&namesake(bench, &order)).await.is_ok(), "the name is free again");
}

pub async fn a_product_that_was_available_is_never_terminated(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::Smooth);
    placed(bench, &mut order).await.unwrap();
    let before = settled(bench, &order).await;
    assert!(matches!(bench.factory().terminate(&order).await, Err(FactoryError::Refused(_))));
    assert_eq!(settled(bench, &order).await, before);
}

pub async fn terminating_what_is_gone_succeeds(bench: &dyn FactoryBench) {
    let mut order = bench.order(Course::Fails);
    placed(bench, &mut order).await.unwrap();
    settled(bench, &order).await;
    for _ in 0..2 {
        assert_eq!(bench.factory().terminate(&order).await, Ok(()));
        bench.pass(bench.long());
    }
    assert_eq!(bench.factory().terminate(&bench.order(Course::Smooth)).await, Ok(()));
}

/// Runs every MUST over an adapter: `factory_musts!(module_name, async_expression_of_a_bench)`.
macro_rules! factory_musts {
    ($adapter:ident, $bench:expr) => {
        mod $adapter {
            use super::*;
            $crate::ports::factory::factory_musts! { @each $bench;
                an_offered_unit_can_be_written_and_read_back
                a_product_never_looked_for_is_absent
                an_accepted_order_becomes_an_account
                a_second_order_under_one_name_creates_nothing
                a_lost_answer_is_unknown_and_never_absent
                a_product_is_seen_as_soon_as_the_order_is_answered
                an_account_is_available_only_with_twelve_digits
                a_failed_order_blocks_its_name_until_terminated
                a_product_that_was_available_is_never_terminated
                terminating_what_is_gone_succeeds
            }
        }
    };
    (@each $bench:expr; $($must:ident)+) => {
        $(#[tokio::test]
        async fn $must() {
            let bench = $bench.await;
            $crate::ports::factory::$must(&bench).await;
        })+
    };
}
pub(crate) use factory_musts;
