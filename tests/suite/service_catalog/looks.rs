//! What the adapter asks for and how it reads the answers.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings};
use vend::ports::factory::{AccountFactory as _, Cause, FactoryError, ProductState};

use super::bench::{Bench, settings};
use crate::fakes::aws::service_catalog::UNITS;

#[tokio::test]
async fn the_units_are_those_the_template_lists_and_else_those_of_the_organization() {
    for listed in [true, false] {
        let bench = Bench::new().await;
        bench.tower.feel(|mood| mood.no_listed_units = !listed);
        for _ in 0..3 {
            let units = bench.factory.organizational_units().await.unwrap();
            assert_eq!(units.iter().map(ToString::to_string).collect::<Vec<_>>(), UNITS);
        }
        let asked = if listed { 0 } else { 4 };
        assert_eq!(bench.tower.asked("ListOrganizationalUnitsForParent"), asked, "the tree, read once");
        assert_eq!(bench.tower.asked("DescribeProvisioningParameters"), 1);
    }
}

#[tokio::test]
async fn of_several_ways_to_launch_control_towers_own_is_taken() {
    let bench = Bench::new().await;
    bench.tower.feel(|mood| mood.more_paths = true);
    assert!(matches!(bench.ending(&mut bench.fresh()).await, ProductState::Available { .. }));
}

#[tokio::test]
async fn the_product_is_looked_up_once_and_again_when_it_is_no_longer_what_it_was() {
    let bench = Bench::new().await;
    for _ in 0..2 {
        bench.factory.provision(&bench.fresh()).await.unwrap();
    }
    assert_eq!(bench.tower.asked("DescribeProduct"), 1);
    bench.tower.update_landing_zone();
    bench.factory.provision(&bench.fresh()).await.unwrap();
    assert_eq!((bench.tower.asked("DescribeProduct"), bench.tower.asked("ProvisionProduct")), (2, 4));
    let unknown = Settings { product_name: "Another product".into(), ..settings() };
    let factory = ServiceCatalogFactory::new(
        &Connection::over(&bench.endpoint.sdk()),
        unknown,
        std::sync::Arc::new(bench.clock.clone()),
    );
    let refused = factory.provision(&bench.fresh()).await;
    assert!(matches!(refused, Err(FactoryError::Refused(failure)) if failure.cause == Cause::NoProduct));
}

#[tokio::test]
async fn names_and_addresses_of_all_accounts_count_closed_ones_too_and_the_list_is_kept() {
    let bench = Bench::with(Settings { account_quota: Some(50), ..settings() }).await;
    for (email, name, expected) in [
        ("RETIRED@example.com", "nobody", (true, false)),
        ("audit@example.com", "old-49", (true, true)),
        ("new@example.com", "audit", (false, true)),
        ("new@example.com", "new", (false, false)),
    ] {
        let taken = bench.factory.taken(email, name).await.unwrap();
        assert_eq!((taken.email, taken.name), expected, "{email} {name}");
        assert_eq!(taken.headroom, Some(2), "48 of 49 are not closed for good");
    }
    assert_eq!(bench.tower.asked("ListAccounts"), 3, "49 accounts on three pages, once");
    bench.clock.advance(Duration::from_mins(6));
    bench.factory.taken("new@example.com", "new").await.unwrap();
    assert_eq!(bench.tower.asked("ListAccounts"), 6);
}

#[tokio::test]
async fn an_account_whose_later_update_failed_is_an_account() {
    let bench = Bench::new().await;
    let mut order = bench.fresh();
    let before = bench.ending(&mut order).await;
    bench.tower.spoil(&order.product_name);
    order.record_id = None;
    assert_eq!(bench.factory.look_up(&order).await, Ok(before));
    assert!(matches!(bench.factory.terminate(&order).await, Err(FactoryError::Refused(_))));
}

#[tokio::test]
async fn a_product_that_is_removed_shows_as_work_until_it_is_gone() {
    let bench = Bench::new().await;
    bench.tower.feel(|mood| mood.late_busy = 1);
    let mut order = bench.fresh();
    assert!(matches!(bench.ending(&mut order).await, ProductState::Failed(failure) if failure.cause == Cause::Busy));
    bench.factory.terminate(&order).await.unwrap();
    let seen = bench.factory.look_up(&order).await.unwrap();
    assert!(matches!(seen, ProductState::UnderWay { ref record_id, .. } if record_id.is_empty()), "{seen:?}");
    bench.clock.advance(Duration::from_mins(2));
    assert_eq!(bench.factory.look_up(&order).await, Ok(ProductState::Absent));
}

#[tokio::test]
async fn a_hidden_product_is_followed_by_its_record() {
    let bench = Bench::new().await;
    bench.tower.feel(|mood| mood.hidden_for = Duration::from_hours(9));
    let mut order = bench.fresh();
    assert!(matches!(bench.ending(&mut order).await, ProductState::Available { .. }));
    bench.tower.feel(|mood| mood.late_busy = 1);
    assert!(matches!(bench.ending(&mut bench.fresh()).await, ProductState::Failed(_)));
}

#[tokio::test]
async fn a_failed_record_speaks_for_its_product_as_long_as_that_may_be_hidden() {
    let bench = Bench::new().await;
    bench.tower.feel(|mood| {
        (mood.hidden_for, mood.hidden_wholly, mood.late_busy) = (Duration::from_hours(9), true, 1);
    });
    let mut order = bench.fresh();
    assert_eq!(bench.ending(&mut order).await, ProductState::Absent, "called half an hour ago");
    order.called_at = Some(vend::ports::clock::Clock::now(&bench.clock));
    let seen = bench.factory.look_up(&order).await.unwrap();
    let ProductState::Failed(failure) = seen else { panic!("{seen:?}") };
    assert_eq!((failure.cause, Some(failure.record_id)), (Cause::Busy, order.record_id));
}

#[tokio::test]
async fn a_trouble_of_the_services_own_and_an_answer_of_somebody_elses_leave_open_what_happened() {
    let bench = Bench::new().await;
    for refused in [("", "Forbidden by a proxy"), ("InternalFailure", "something happened")] {
        bench.tower.feel(|mood| mood.refuses = vec![refused]);
        let answer = bench.factory.provision(&bench.fresh()).await;
        assert!(matches!(answer, Err(FactoryError::Unknown(_))), "{refused:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_seen_before_anything_is_called() {
    let bench = Bench::new().await;
    let order = bench.fresh();
    bench.factory.provision(&order).await.unwrap();
    assert_eq!(bench.factory.provision(&order).await, Err(FactoryError::NameExists));
    assert_eq!(bench.tower.asked("ProvisionProduct"), 1);
}

#[tokio::test]
async fn a_call_that_nobody_answered_is_not_repeated_by_the_sdk() {
    let bench = Bench::new().await;
    bench.tower.feel(|mood| mood.lost_calls = 1);
    let mut order = bench.fresh();
    order.called_at = Some(vend::ports::clock::Clock::now(&bench.clock));
    assert!(matches!(bench.factory.provision(&order).await, Err(FactoryError::Unknown(_))));
    assert_eq!(bench.tower.asked("ProvisionProduct"), 1);
    assert!(matches!(bench.factory.look_up(&order).await, Err(FactoryError::Unknown(_))), "it may be hidden");
    bench.clock.advance(Duration::from_mins(11));
    assert_eq!(bench.factory.look_up(&order).await, Ok(ProductState::Absent));
}

#[tokio::test]
async fn the_management_account_is_entered_by_a_role() {
    let bench = Bench::new().await;
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&bench.endpoint.url)
        .region(Region::new("eu-west-1"))
        .credentials_provider(bench.endpoint.sdk().credentials_provider().expect("made-up credentials"));
    let here = Connection::over(&sdk.load().await);
    let there = here.assuming("arn:aws:iam::123456789012:role/vend-worker", "vend").await;
    let factory = ServiceCatalogFactory::new(&there, settings(), std::sync::Arc::new(bench.clock.clone()));
    factory.organizational_units().await.unwrap();
    factory.taken("a@example.com", "a").await.unwrap();
    assert_eq!(bench.tower.asked("AssumeRole"), 1, "once for all clients");
}
