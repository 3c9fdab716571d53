//! The pretend Control Tower: both port suites over it, and what only it promises.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vend::adapters::embedded::simulator::{SimulatorSettings, trouble::Trouble};
use vend::ports::blueprints::{BlueprintDeployer, BootstrapOrder, DeployError, StackOrder, StackState};
use vend::ports::clock::Clock as _;
use vend::ports::factory::{AccountFactory, AccountOrder, Cause, FactoryError, ProductState};

use super::blueprints::{self, DeployerBench, deployer_musts};
use super::factory::{self, FactoryBench, factory_musts};
use crate::fakes::bench::{ACCOUNT_SECONDS, Bench};

#[async_trait]
impl FactoryBench for Bench {
    fn factory(&self) -> &dyn AccountFactory {
        &self.simulator
    }

    fn order(&self, course: factory::Course) -> AccountOrder {
        self.tagged(match course {
            factory::Course::Smooth => "",
            factory::Course::AnswerLost => "+fail-lost",
            factory::Course::Fails => "+fail-quota",
            factory::Course::IdLate => "+fail-noid",
        })
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn long(&self) -> Duration {
        Duration::from_secs(ACCOUNT_SECONDS * 3)
    }
}

#[async_trait]
impl DeployerBench for Bench {
    fn deployer(&self) -> &dyn BlueprintDeployer {
        &self.simulator
    }

    async fn order(&self, course: blueprints::Course) -> StackOrder {
        self.account(match course {
            blueprints::Course::Smooth => "",
            blueprints::Course::ResourceFails => "+fail-blueprint",
            blueprints::Course::RoleLate => "+fail-role",
        })
        .await
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn bootstrap_changes(&self, order: &BootstrapOrder) -> u32 {
        self.simulator.bootstrap_changes(&order.account_id, &order.region).await.expect("the world is there")
    }

    fn long(&self) -> Duration {
        Duration::from_secs(100)
    }
}

factory_musts!(factory_port, async { Bench::new() });
deployer_musts!(blueprints_port, async { Bench::new() });

#[tokio::test]
async fn each_failure_on_demand_has_its_cause() {
    let table = [
        ("+fail-quota", Cause::Quota),
        ("+fail-email", Cause::EmailInUse),
        ("+fail-ou", Cause::OuNotRegistered),
        ("+fail-busy", Cause::Busy),
        ("+fail-tainted", Cause::Tainted),
        ("+fail-activation", Cause::NotActivatedYet),
    ];
    let bench = Bench::new();
    for (tag, cause) in table {
        let state = bench.ending(&bench.tagged(tag)).await;
        assert!(matches!(&state, ProductState::Failed(failure) if failure.cause == cause), "{tag}: {state:?}");
    }
}

#[tokio::test]
async fn a_second_attempt_cures_what_can_be_cured_and_makes_no_second_account() {
    let bench = Bench::new();
    for tag in ["+fail-quota", "+fail-ou", "+fail-busy", "+fail-tainted", "+fail-activation"] {
        let order = bench.tagged(tag);
        bench.ending(&order).await;
        bench.simulator.terminate(&order).await.unwrap();
        let again = AccountOrder { token: order.request.provision_token(2), ..order };
        assert!(matches!(bench.ending(&again).await, ProductState::Available { .. }), "{tag}");
        let made = bench.simulator.effective_account_creations().await.unwrap();
        assert_eq!(made.iter().filter(|made| made.product_name == again.product_name).count(), 1, "{tag}");
    }
}

#[tokio::test]
async fn an_email_of_another_account_fails_every_attempt() {
    let bench = Bench::new();
    let mut order = bench.tagged("");
    order.spec.root_email = "Taken@Example.com".into();
    for _ in 0..2 {
        let state = bench.ending(&order).await;
        assert!(matches!(state, ProductState::Failed(failure) if failure.cause == Cause::EmailInUse));
        bench.simulator.terminate(&order).await.unwrap();
    }
    assert!(bench.simulator.taken("taken@example.com", "Nobody").await.unwrap().email);
    assert!(bench.simulator.effective_account_creations().await.unwrap().is_empty());
}

#[tokio::test]
async fn two_orders_for_one_email_make_one_account() {
    let bench = Bench::new();
    let first = bench.tagged("");
    let mut second = bench.tagged("");
    second.spec.root_email.clone_from(&first.spec.root_email);
    bench.simulator.provision(&first).await.unwrap();
    assert!(matches!(bench.ending(&second).await, ProductState::Failed(failure) if failure.cause == Cause::EmailInUse));
    assert!(matches!(bench.state(&first).await, ProductState::Available { .. }));
}

#[tokio::test]
async fn a_sixth_operation_is_accepted_and_fails_late() {
    let bench = Bench::new();
    for _ in 0..5 {
        bench.simulator.provision(&bench.tagged("")).await.unwrap();
    }
    assert_eq!(bench.simulator.most_in_flight().await.unwrap(), 5);
    let sixth = bench.tagged("");
    assert!(bench.simulator.provision(&sixth).await.is_ok());
    assert!(matches!(bench.state(&sixth).await, ProductState::UnderWay { .. }));
    assert_eq!(bench.simulator.most_in_flight().await.unwrap(), 6, "the ledger shows the broken promise");
    bench.wait(ACCOUNT_SECONDS);
    let ProductState::Failed(failure) = bench.state(&sixth).await else { panic!("the sixth fails") };
    assert_eq!(failure.cause, Cause::Busy);
    assert!(failure.raw.contains("allowed maximum of 5 concurrent account operations is exceeded"));
    assert!(matches!(bench.ending(&bench.tagged("")).await, ProductState::Available { .. }), "room again");
}

#[tokio::test]
async fn a_full_organization_has_no_headroom_and_says_quota() {
    let settings = SimulatorSettings { account_seconds: 0, account_quota: 5, ..SimulatorSettings::default() };
    let bench = Bench::with(None, settings).unwrap();
    assert_eq!(bench.simulator.taken("a@example.com", "A").await.unwrap().headroom, Some(1));
    assert!(matches!(bench.ending(&bench.tagged("")).await, ProductState::Available { .. }));
    assert!(matches!(bench.ending(&bench.tagged("")).await, ProductState::Failed(f) if f.cause == Cause::Quota));
    assert_eq!(bench.simulator.taken("a@example.com", "A").await.unwrap().headroom, Some(0));
}

#[tokio::test]
async fn a_missing_launch_path_is_refused_for_one_whole_attempt() {
    let bench = Bench::new();
    let order = bench.tagged("+fail-launchpath");
    for _ in 0..2 {
        let refused = bench.simulator.provision(&order).await;
        assert!(matches!(refused, Err(FactoryError::Refused(failure)) if failure.cause == Cause::NoLaunchPath));
        assert_eq!(bench.state(&order).await, ProductState::Absent);
    }
    let again = AccountOrder { token: order.request.provision_token(2), ..order };
    assert!(matches!(bench.ending(&again).await, ProductState::Available { .. }));
}

#[tokio::test]
async fn an_operation_that_hangs_can_be_terminated_and_one_that_works_cannot() {
    let bench = Bench::new();
    let order = bench.tagged("+fail-slow");
    bench.simulator.provision(&order).await.unwrap();
    assert!(matches!(bench.simulator.terminate(&order).await, Err(FactoryError::Refused(_))));
    bench.wait(3 * 3600);
    assert!(matches!(bench.state(&order).await, ProductState::UnderWay { .. }));
    bench.simulator.terminate(&order).await.unwrap();
    assert!(matches!(bench.ending(&order).await, ProductState::Available { .. }));
}

#[tokio::test]
async fn a_product_whose_answer_was_lost_comes_to_light_a_moment_later() {
    let bench = Bench::new();
    let order = bench.tagged("+fail-lost");
    assert!(matches!(bench.simulator.provision(&order).await, Err(FactoryError::Unknown(_))));
    let seen = AccountFactory::look_up(&bench.simulator, &order).await;
    assert!(matches!(seen, Err(FactoryError::Unknown(_))), "{seen:?}");
    assert_eq!(bench.simulator.provision(&order).await, Err(FactoryError::NameExists));
    bench.wait(2);
    assert!(matches!(bench.state(&order).await, ProductState::UnderWay { .. }));
}

#[tokio::test]
async fn a_unit_that_is_not_offered_is_refused_at_once() {
    let bench = Bench::new();
    let mut order = bench.tagged("");
    order.spec.organizational_unit = "Nowhere (ou-ab12-00000000)".parse().unwrap();
    let refused = bench.simulator.provision(&order).await;
    assert!(matches!(refused, Err(FactoryError::Refused(failure)) if failure.cause == Cause::OuNotRegistered));
}

#[tokio::test]
async fn a_post_step_asked_to_fail_fails_once() {
    let bench = Bench::new();
    let order = bench.account("+fail-poststep").await;
    let steps = bench.simulator.post_steps();
    let (last, others) = steps.split_last().unwrap();
    for step in others {
        assert_eq!(bench.simulator.post_step(step, &order).await, Ok(()));
    }
    assert!(matches!(bench.simulator.post_step(last, &order).await, Err(DeployError::Refused(_))));
    assert_eq!(bench.simulator.post_step(last, &order).await, Ok(()));
}

#[tokio::test]
async fn a_restart_changes_nothing_in_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let bench = Bench::open(Some(&path)).unwrap();
    let order = bench.account("").await;
    bench.simulator.deploy(&order).await.unwrap();
    let young = bench.tagged("");
    bench.simulator.provision(&young).await.unwrap();
    bench.wait(20);
    let (stack, product) = (bench.stack(&order).await, bench.state(&young).await);
    let ledger = bench.simulator.effective_account_creations().await.unwrap();
    let bench = bench.reopened(&path);
    assert_eq!(bench.stack(&order).await, stack);
    assert_eq!(bench.state(&young).await, product);
    assert_eq!(bench.simulator.effective_account_creations().await.unwrap(), ledger);
    assert_eq!(bench.simulator.most_in_flight().await.unwrap(), 1);
    assert_eq!(bench.simulator.provision(&young).await, Err(FactoryError::NameExists));
    bench.wait(ACCOUNT_SECONDS);
    assert!(matches!(bench.state(&young).await, ProductState::Available { .. }));
    assert!(matches!(bench.stack(&order).await, StackState::Complete { .. }));
}

#[tokio::test]
async fn a_file_that_is_damaged_foreign_or_newer_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let refusal = || Bench::open(Some(&path)).err().expect("refused").to_string();
    std::fs::write(&path, "not a database, but long enough to be taken for the header of one".repeat(20)).unwrap();
    assert!(refusal().contains("cannot be opened"));
    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(refusal().contains("not a simulator file"));
    std::fs::remove_file(&path).unwrap();
    drop(Bench::open(Some(&path)).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refusal().contains("newer version"));
}

#[test]
fn the_manual_tells_every_failure_on_demand() {
    let manual = include_str!("../../../docs/simulator.md");
    for trouble in Trouble::ALL {
        let row = format!("| `+{}@` | {} |", trouble.tag(), trouble.story());
        assert!(manual.contains(&row), "docs/simulator.md lacks this row:\n{row}");
    }
}

#[tokio::test]
async fn the_manual_tells_every_organizational_unit() {
    let manual = include_str!("../../../docs/simulator.md");
    for unit in Bench::new().simulator.organizational_units().await.unwrap() {
        assert!(manual.contains(&format!("`{unit}`")), "docs/simulator.md lacks {unit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_at_once_through_two_processes_make_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let (one, other) = (Bench::open(Some(&path)).unwrap(), Bench::open(Some(&path)).unwrap());
    let order = one.tagged("");
    let calls = (0..40).map(|nth| {
        let simulator = if nth % 2 == 0 { one.simulator.clone() } else { other.simulator.clone() };
        let order = AccountOrder { token: order.request.provision_token(nth), ..order.clone() };
        tokio::spawn(async move { simulator.provision(&order).await })
    });
    let answers = futures::future::join_all(calls.collect::<Vec<_>>()).await;
    let accepted = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    let known = answers.iter().filter(|answer| matches!(answer, Ok(Err(FactoryError::NameExists)))).count();
    assert_eq!((accepted, known), (1, 39));
    one.wait(ACCOUNT_SECONDS);
    assert_eq!(one.simulator.effective_account_creations().await.unwrap().len(), 1);
}
