//! The fault decorator itself, tried on the simulator.

use std::sync::Arc;
use std::time::Duration;

use vend::ports::blueprints::{BlueprintDeployer, StackState};
use vend::ports::clock::Clock;
use vend::ports::factory::{AccountFactory, FactoryError, ProductState};

use crate::fakes::bench::Bench;
use crate::fakes::clock::TestClock;
use crate::fakes::faults::{Fault, Faults};

async fn provisioned_under(fault: Fault) -> (Result<String, FactoryError>, ProductState, Duration) {
    let bench = Bench::new();
    let begun = bench.clock.now();
    let faults = Faults::none(&bench.clock).on("factory.provision", 1, fault);
    let factory: Arc<dyn AccountFactory> = Arc::new(faults.around(Arc::new(bench.simulator.clone())));
    let order = bench.tagged("");
    let answer = factory.provision(&order).await;
    assert_eq!(faults.calls_of("factory.provision"), std::slice::from_ref(&order.product_name));
    let passed = bench.clock.now().duration_since(begun).unsigned_abs();
    (answer, factory.look_up(&order).await.unwrap(), passed)
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let hour = Duration::from_hours(1);
    let (answer, state, _) = provisioned_under(Fault::FailBefore).await;
    assert_eq!((answer, state), (Err(FactoryError::Throttled), ProductState::Absent));
    let (answer, state, _) = provisioned_under(Fault::LoseAnswer).await;
    assert!(matches!((answer, state), (Err(FactoryError::Unknown(_)), ProductState::UnderWay { .. })));
    let (answer, state, _) = provisioned_under(Fault::Twice).await;
    assert!(matches!((answer, state), (Err(FactoryError::NameExists), ProductState::UnderWay { .. })));
    let (answer, state, passed) = provisioned_under(Fault::PauseBefore(hour)).await;
    assert!(matches!((answer, state), (Ok(_), ProductState::UnderWay { .. })) && passed == hour);
    let (answer, state, passed) = provisioned_under(Fault::PauseAfter(hour)).await;
    assert!(matches!((answer, state), (Ok(_), ProductState::Available { .. })) && passed == hour);
}

async fn ledger_of(faults: Faults) -> Vec<Option<Fault>> {
    let bench = Bench::new();
    let deployer = faults.around::<dyn BlueprintDeployer>(Arc::new(bench.simulator.clone()));
    let order = bench.account("").await;
    for _ in 0..40 {
        let _ = deployer.look_up(&order).await;
    }
    faults.stop();
    assert_eq!(deployer.look_up(&order).await, Ok(StackState::Absent), "nothing goes wrong any more");
    faults.calls().into_iter().map(|call| call.fault).collect()
}

#[tokio::test]
async fn random_faults_follow_from_their_seed() {
    let random = |seed| Faults::none(&TestClock::default()).at_random(seed, 0.5, Duration::from_secs(1));
    let (first, again, other) = (ledger_of(random(1)).await, ledger_of(random(1)).await, ledger_of(random(2)).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!((10..30).contains(&first.iter().flatten().count()));
    let third = ledger_of(Faults::none(&TestClock::default()).at(3, Fault::FailBefore)).await;
    assert_eq!(third[..4], [None, None, Some(Fault::FailBefore), None]);
}
