//! No two accounts share an address: ranges under races between processes, given
//! back when nothing came of a request, kept once Account Factory was started.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use ipnet::Ipv4Net;
use proptest::prelude::*;
use serde_json::{Value, json};
use vend::domain::blueprint::network::overlap;
use vend::domain::person::{Actor, Channel};
use vend::domain::spec::Draft;
use vend::ports::clock::{Clock as _, Ids as _};
use vend::ports::store::{MOST_LOCKS, RequestStore as _};
use vend::service::{Decide, Service, ServiceError};

use crate::fakes::clock::SeededIds;
use crate::fakes::faults::Faults;
use crate::fakes::requests::{lock, new_request, requester};
use crate::fakes::world::{self, Setup, World};

fn draft(nth: usize, blueprint: &str, own: Option<&str>) -> Draft {
    let name = if blueprint == "mlops-eks" { "cidr_block" } else { "VpcCidr" };
    let mut body = world::sandbox(&format!("ada+{nth}@example.com"));
    body["blueprint"] = blueprint.into();
    body["account_name"] = format!("account-{nth}").into();
    body.as_object_mut().unwrap().remove("requester");
    if let Some(own) = own {
        body["blueprint_parameters"] = json!({ name: own });
    }
    serde_json::from_value(body).expect("a draft")
}

async fn ask(service: &Service, nth: usize, blueprint: &str, own: Option<&str>) -> Result<Ipv4Net, ServiceError> {
    let who = format!("person{nth}@example.com");
    let draft = draft(nth, blueprint, own);
    let made = service.submit(&draft, &requester(&who), &Actor::person(&who, Channel::Api), None).await?;
    let name = if blueprint == "mlops-eks" { "cidr_block" } else { "VpcCidr" };
    Ok(made.blueprint_parameters[name].parse().expect("a range"))
}

/// The sentence a person reads who asks for this.
async fn refusal(service: &Service, nth: usize, own: Option<&str>) -> String {
    ask(service, nth, "ml-workload-nonprod", own).await.expect_err("no such range").sentence()
}

/// Gives every range of the two first blocks of the pool, and many small ones, to somebody.
async fn crowd(world: &World, count: usize) {
    // Other numbers than the world's own requests have.
    let ids = SeededIds::new(99);
    let small = (0..count).map(|n| format!("cidr/10.{}.{}.{}/28", 16 + n / 4096, (n / 16) % 256, (n % 16) * 16));
    for names in small.collect::<Vec<_>>().chunks(500) {
        let now = world.clock.now();
        let mut commit = new_request(ids.request_id(now), now);
        commit.acquire = names.iter().map(|name| lock(name)).collect();
        world.store.commit(commit).await.unwrap();
    }
}

fn apart(ranges: &[Ipv4Net]) {
    for (place, one) in ranges.iter().enumerate() {
        assert!(!ranges[..place].iter().any(|other| overlap(*one, *other)), "{one} overlaps another in {ranges:?}");
    }
}

/// One pool for all: the ranges of both blueprints come from it.
fn one_pool() -> Setup {
    let mut setup = Setup::default();
    for name in ["ml", "eks"] {
        setup.pools.set(name.into(), ["10.16.0.0/12", "10.32.0.0/12"].map(|range| range.parse().unwrap()).to_vec());
    }
    setup
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_submissions_in_three_processes_never_get_ranges_that_overlap() {
    let world = Arc::new(one_pool().build().await);
    let services: Vec<_> = (0..2).map(|_| world.another_worker(&Faults::none(&world.clock)).service).collect();
    let services = Arc::new([vec![Arc::clone(&world.service)], services].concat());
    // Large ones, small ones of the same pool, and people who all want the same place.
    let racers = (0..72).map(|nth| {
        let services = Arc::clone(&services);
        tokio::spawn(async move {
            let (blueprint, own) = match nth % 4 {
                0 => ("ml-workload-nonprod", Some(["10.20.0.0/16", "10.20.128.0/17", "10.20.200.0/22"][nth % 3])),
                1 => ("ml-workload-nonprod", None),
                _ => ("mlops-eks", None),
            };
            ask(&services[nth % 3], nth, blueprint, own).await
        })
    });
    let answers: Vec<_> = join_all(racers).await.into_iter().map(|done| done.expect("an answer")).collect();
    let held: Vec<Ipv4Net> = answers.iter().filter_map(|answer| answer.as_ref().ok().copied()).collect();
    apart(&held);
    for (nth, answer) in answers.iter().enumerate() {
        let Err(error) = answer else { continue };
        assert!(nth % 4 == 0, "there is room for everybody who wants no certain place: {error:?}");
        assert!(error.sentence().contains("which another account or request holds"), "{error:?}");
    }
    assert_eq!(world.store.locks("cidr/").await.unwrap().len(), held.len());
}

#[tokio::test]
async fn a_range_is_free_again_when_nothing_came_of_the_request() {
    let world = World::new().await;
    let approver = Actor::person("approver@example.com", Channel::Mail);
    for (nth, end) in ["deny", "cancel", "expire"].into_iter().enumerate() {
        let draft = draft(nth, "ml-workload-nonprod", None);
        let ada = Actor::person("ada@example.com", Channel::Api);
        let made = world.service.submit(&draft, &requester("ada@example.com"), &ada, None).await.unwrap();
        assert_eq!(made.blueprint_parameters["VpcCidr"], "10.16.0.0/16", "{end}");
        let id = made.id.parse().unwrap();
        match end {
            "deny" => drop(world.service.decide(id, &approver, Decide::Deny { reason: "No".into() }).await.unwrap()),
            "cancel" => drop(world.service.cancel(id, &ada, None).await.unwrap()),
            _ => world.wait(Duration::from_hours(49)).await,
        }
        assert_eq!(world.store.locks("cidr/").await.unwrap(), [], "{end}");
    }
}

#[tokio::test]
async fn a_range_is_kept_once_account_factory_was_started() {
    let world = World::new().await;
    let mut body = world::sandbox("ada+fail-email@example.com");
    body["blueprint"] = "ml-workload-nonprod".into();
    let made = world.post("/api/v1/requests", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).await.status, 200);
    world.settle().await;
    assert_eq!(world.request(&id).await["state"], "failed");
    world.post(&format!("/api/v1/requests/{id}/cancel"), &json!({})).await;
    assert_eq!(world.request(&id).await["state"], "abandoned");
    let held = world.store.locks("cidr/").await.unwrap();
    assert_eq!(held.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["cidr/10.16.0.0/16"]);
    assert_eq!(ask(&world.service, 9, "ml-workload-nonprod", None).await.unwrap().to_string(), "10.17.0.0/16");
}

#[tokio::test]
async fn a_preview_shows_a_range_and_holds_nothing() {
    let world = World::new().await;
    let mut body = world::sandbox("ada@example.org");
    body["blueprint"] = "ml-workload-nonprod".into();
    let before = world.snapshot();
    for _ in 0..2 {
        let seen = world.post("/api/v1/preflight", &body).await.json();
        let checks: Vec<Value> = seen["checks"].as_array().cloned().unwrap_or_default();
        let line = checks.iter().find(|check| check["field"] == "blueprint_parameters.VpcCidr");
        let line = line.unwrap_or_else(|| panic!("no line about the range in {seen}"));
        assert_eq!(line["text"], "VpcCidr is 10.16.0.0/16, which no other account has");
    }
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn a_range_of_ones_own_must_be_free_and_an_empty_pool_says_what_to_do() {
    let mut setup = Setup::default();
    setup.pools.set("ml".into(), vec!["10.16.0.0/16".parse().unwrap()]);
    let world = setup.build().await;
    let own = ask(&world.service, 1, "ml-workload-nonprod", Some("10.16.4.0/22")).await.unwrap();
    assert_eq!(own.to_string(), "10.16.4.0/22");
    let said = refusal(&world.service, 2, Some("10.16.0.0/20")).await;
    let why = "10.16.0.0/20 shares addresses with 10.16.4.0/22, which another account or request holds: \
               choose another range, or leave it out to get a free one.";
    assert_eq!(said, why);
    let said = refusal(&world.service, 2, None).await;
    assert_eq!(said, "No free range is left for VpcCidr: an administrator widens `blueprints.pools.ml` in vend.toml.");
    assert!(refusal(&world.service, 2, Some("0.0.0.0/0")).await.contains("too large"));
    // The other pool is another matter.
    assert_eq!(ask(&world.service, 2, "mlops-eks", None).await.unwrap().to_string(), "10.144.0.0/20");
}

#[tokio::test]
async fn more_held_ranges_than_one_answer_of_the_store_holds_are_all_seen() {
    let world = one_pool().build().await;
    crowd(&world, 3 * MOST_LOCKS).await;
    assert_eq!(world.store.locks("cidr/").await.unwrap().len(), MOST_LOCKS, "more than one answer holds");
    // 3,000 ranges of sixteen addresses fill 10.16.0.0 to 10.16.187.127.
    assert_eq!(ask(&world.service, 1, "ml-workload-nonprod", None).await.unwrap().to_string(), "10.17.0.0/16");
    assert_eq!(ask(&world.service, 2, "mlops-eks", None).await.unwrap().to_string(), "10.16.192.0/20");
    let said = refusal(&world.service, 3, Some("10.16.184.0/22")).await;
    assert!(said.starts_with("10.16.184.0/22 shares addresses with 10.16.184.0/28"), "{said}");
    assert!(ask(&world.service, 3, "ml-workload-nonprod", Some("10.16.188.0/22")).await.is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn whatever_people_ask_for_one_after_the_other_nothing_overlaps(
        asked in proptest::collection::vec((0_u8..3, 16_u8..=22, 0_u8..=255), 1..12),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let world = one_pool().build().await;
            let mut held = Vec::new();
            for (nth, (kind, prefix, third)) in asked.into_iter().enumerate() {
                let own = Ipv4Net::new([10, 16, third, 0].into(), prefix).unwrap().trunc().to_string();
                let (blueprint, own) = match kind {
                    0 => ("ml-workload-nonprod", Some(own.as_str())),
                    1 => ("ml-workload-nonprod", None),
                    _ => ("mlops-eks", None),
                };
                held.extend(ask(&world.service, nth, blueprint, own).await);
            }
            apart(&held);
        });
    }
}
