//! Bodies that Slack signed, with one part that is not what Slack sends: acknowledged or
//! refused with a sentence, worked off without a stuck job, and never a wrong call to Slack.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tokio::runtime::Builder;
use url::form_urlencoded::{Serializer, parse};

use super::generated::{altered, leaf};
use crate::slack::house::{FILLED, House};
use crate::slack::payloads::{self, Delivery};

/// The body with one part replaced, whatever its envelope.
fn broken(delivery: &Delivery, at: Index, by: &Value) -> Delivery {
    let inside = |text: &str| Some(altered(serde_json::from_str(text).ok()?, at, by.clone()).to_string());
    let body = inside(&delivery.body).unwrap_or_else(|| {
        let mut fields: Vec<(String, String)> = parse(delivery.body.as_bytes()).into_owned().collect();
        let (_, value) = &mut fields[at.index(parse(delivery.body.as_bytes()).count())];
        *value = inside(value).unwrap_or_else(|| by.as_str().map_or_else(|| by.to_string(), str::to_owned));
        Serializer::new(String::new()).extend_pairs(fields).finish()
    });
    Delivery { path: delivery.path, body }
}

#[test]
fn no_signed_body_breaks_the_intake_or_the_worker() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (house, deliveries) = runtime.block_on(async {
        let house = House::new().await;
        let (_, card) = house.a_pending_request().await;
        let slack = &house.slack;
        house.deliver(&payloads::command(slack, "UADA", "")).await;
        let deliveries = vec![
            payloads::direct(slack, "UADA", "Hi, I would like a new account please!"),
            payloads::in_channel(slack, "UBOB", "status", Some("1763715600.1")),
            payloads::mention(slack, "UADA", "help").1[0].clone(),
            payloads::home_opened(slack, "UADA"),
            payloads::command(slack, "UADA", "new sandbox"),
            payloads::command(slack, "UGRACE", "deny req-00000000 because"),
            payloads::press(slack, "UBOB", &card, "Approve"),
            payloads::submit("UADA", &slack.form(), &FILLED),
        ];
        (house, deliveries)
    });
    for delivery in deliveries {
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(any::<Index>(), leaf()), |(at, by)| {
            let hostile = broken(&delivery, at, &by);
            let (status, answer) = runtime.block_on(house.knock(hostile.signed(house.now())));
            prop_assert!(status == 200 || (400..500).contains(&status), "{status} {answer}: {}", hostile.body);
            prop_assert!(status == 200 || answer.contains("\"detail\""), "{answer}");
            runtime.block_on(house.live(5));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", delivery.body));
    }
    runtime.block_on(house.live(700));
    house.slack.read_everything();
}
