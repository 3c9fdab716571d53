//! What is believed, stored and acknowledged at the three Slack addresses.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use vend::config::LogFormat;
use vend::domain::job::JobKind;
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use super::house::{House, Setup};
use super::payloads::{self, Delivery};
use crate::fakes::captured_log::CapturedLog;
use crate::fakes::slack::{SIGNING_SECRET, TEAM};

#[tokio::test]
async fn a_delivery_is_stored_before_it_is_acknowledged_and_copies_change_nothing() {
    let house = House::new().await;
    let ada = payloads::direct(&house.slack, "UADA", "Hi, I would like a new account please!");
    for nth in 1..=4 {
        let (status, body) = house.knock(ada.retried(house.now(), nth)).await;
        assert_eq!((status, body.as_str()), (200, ""));
        house.world.clock.advance(Duration::from_mins(1));
    }
    let expected = JobKind::Slack { surface: "events".into(), body: ada.body };
    assert_eq!(house.stored().await, [expected]);
}

#[tokio::test]
async fn a_retry_is_taken_when_the_first_copy_was_lost() {
    let house = House::new().await;
    let ada = payloads::command(&house.slack, "UADA", "help");
    assert_eq!(house.knock(ada.retried(house.now(), 3)).await.0, 200);
    assert_eq!(house.stored().await.len(), 1);
}

#[tokio::test]
async fn a_bad_signature_is_a_401_with_a_sentence_and_stores_nothing() {
    let house = House::new().await;
    let now = house.now().as_second();
    let hello = payloads::direct(&house.slack, "UADA", "hello");
    let body = hello.body.as_bytes();
    let good = sign(SIGNING_SECRET, &now.to_string(), body);
    let at = |offset: i64| (now + offset).to_string();
    let table: Vec<(&str, String, String)> = vec![
        ("wrong secret", at(0), sign("guess", &at(0), body)),
        ("empty secret", at(0), sign("", &at(0), body)),
        ("another body", at(0), sign(SIGNING_SECRET, &at(0), b"{}")),
        ("another time", at(1), good.clone()),
        ("too old", at(-301), sign(SIGNING_SECRET, &at(-301), body)),
        ("from the future", at(301), sign(SIGNING_SECRET, &at(301), body)),
        ("not a number", "yesterday".into(), sign(SIGNING_SECRET, "yesterday", body)),
        ("no time", String::new(), sign(SIGNING_SECRET, "", body)),
        ("far too large", "9".repeat(40), sign(SIGNING_SECRET, &"9".repeat(40), body)),
        ("upper case", at(0), good.to_uppercase()),
        ("cut short", at(0), good[..20].to_owned()),
        ("no version", at(0), good[3..].to_owned()),
        ("empty", at(0), String::new()),
    ];
    for (what, stamp, signature) in &table {
        let request = hello.with_headers(&[(TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, signature)]);
        assert_refused(house.knock(request).await, 401, what);
    }
    for headers in [
        vec![],
        vec![(TIMESTAMP_HEADER, at(0))],
        vec![(SIGNATURE_HEADER, good.clone())],
        vec![(TIMESTAMP_HEADER, at(0)), (TIMESTAMP_HEADER, at(0)), (SIGNATURE_HEADER, good.clone())],
        vec![(TIMESTAMP_HEADER, at(0)), (SIGNATURE_HEADER, good.clone()), (SIGNATURE_HEADER, good.clone())],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_refused(house.knock(hello.with_headers(&headers)).await, 401, "headers");
    }
    let mut odd = hello.with_headers(&[(TIMESTAMP_HEADER, &at(0))]);
    odd.headers_mut().insert(SIGNATURE_HEADER, axum::http::HeaderValue::from_bytes(b"v0=\xff\xfe").unwrap());
    assert_refused(house.knock(odd).await, 401, "not text");
    assert_eq!(house.stored().await, []);
}

fn assert_refused((status, body): (u16, String), expected: u16, what: &str) {
    assert_eq!(status, expected, "{what}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert!(problem["detail"].as_str().unwrap().len() > 40, "{what} says what to do next");
}

#[tokio::test]
async fn the_secret_before_the_last_rotation_is_still_believed() {
    let house = House::new().await;
    let hello = payloads::direct(&house.slack, "UADA", "hello");
    let stamp = house.now().as_second().to_string();
    let signature = sign("the-previous-secret", &stamp, hello.body.as_bytes());
    let request = hello.with_headers(&[(TIMESTAMP_HEADER, &stamp), (SIGNATURE_HEADER, &signature)]);
    assert_eq!(house.knock(request).await.0, 200);
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_a_sentence_and_never_a_5xx() {
    let house = House::new().await;
    let now = house.now();
    let big = Delivery { path: "/slack/events", body: "x".repeat(2 * 1024 * 1024) };
    assert_refused(house.knock(big.signed(now)).await, 413, "too large");
    let deep = "[".repeat(100_000);
    for body in ["", "{", "null", "[]", "{\"type\":7}", "{\"type\":\"event_callback\"}", "payload=%7B", "\0", &deep] {
        for path in ["/slack/events", "/slack/commands", "/slack/interactions"] {
            let refused = house.knock(Delivery { path, body: body.to_owned() }.signed(now)).await;
            assert_refused(refused, 400, path);
        }
    }
    let bytes = b"{\"type\":\"\xff\xfe\"}";
    let stamp = now.as_second().to_string();
    let request = Request::post("/slack/events")
        .header(TIMESTAMP_HEADER, &stamp)
        .header(SIGNATURE_HEADER, sign(SIGNING_SECRET, &stamp, bytes))
        .body(Body::from(bytes.to_vec()))
        .unwrap();
    assert_refused(house.knock(request).await, 400, "not UTF-8");
    assert_eq!(house.stored().await, []);
}

#[tokio::test]
async fn slack_may_check_the_address_and_its_certificate() {
    let house = House::new().await;
    let now = house.now();
    let challenge = json!({ "type": "url_verification", "token": "legacy", "challenge": "3eZbrw1aB" }).to_string();
    let check = Delivery { path: "/slack/events", body: challenge };
    assert_eq!(house.knock(check.signed(now)).await, (200, "3eZbrw1aB".into()));
    let certificate = Delivery { path: "/slack/commands", body: "token=legacy&ssl_check=1".into() };
    assert_eq!(house.knock(certificate.signed(now)).await.0, 200);
    assert_eq!(house.stored().await, []);
}

#[tokio::test]
async fn our_own_posts_and_edits_are_acknowledged_and_forgotten() {
    let house = House::new().await;
    for extra in [
        json!({ "bot_id": "BBOT" }),
        json!({ "bot_id": "BBOT", "user": "UBOT" }),
        json!({ "subtype": "message_changed", "message": { "text": "new" } }),
        json!({ "subtype": "bot_message", "user": null }),
        json!({ "subtype": "channel_join" }),
    ] {
        let delivery = payloads::odd_message(&house.slack, &extra);
        assert_eq!(house.knock(delivery.signed(house.now())).await.0, 200, "{extra}");
    }
    assert_eq!(house.stored().await, []);
}

#[tokio::test]
async fn only_listed_workspaces_may_talk_to_us() {
    let house = House::with(Setup { team_ids: vec!["T0OTHER".into()], ..Setup::default() }).await;
    let hello = payloads::direct(&house.slack, "UADA", "hello");
    assert_refused(house.knock(hello.signed(house.now())).await, 403, TEAM);
    assert_eq!(house.stored().await, []);
}

#[tokio::test]
async fn nothing_is_acknowledged_that_could_not_be_stored() {
    let house = House::new().await;
    house.world.store.close().await.unwrap();
    let hello = payloads::direct(&house.slack, "UADA", "hello");
    let refused = house.knock(hello.signed(house.now())).await;
    assert_refused(refused, 503, "a closed store");
}

#[tokio::test]
async fn an_app_made_for_the_original_bot_may_keep_its_address() {
    let house = House::new().await;
    let hello = payloads::direct(&house.slack, "UADA", "Hi, I would like a new account please!");
    let moved = Delivery { path: "/account", ..hello };
    house.deliver_times(&moved, 2).await;
    assert!(house.slack.read("DUADA").words().starts_with("Hi Ada, what account type"));
    let forged = moved.with_headers(&[(TIMESTAMP_HEADER, "1"), (SIGNATURE_HEADER, "v0=forged")]);
    assert_refused(house.knock(forged).await, 401, "forged");
}

#[tokio::test]
async fn whoever_makes_a_signature_up_writes_nothing_into_the_log_of_an_operator() {
    let (log, _guard) = CapturedLog::start(LogFormat::Text, &[]);
    let house = House::new().await;
    let junk = payloads::direct(&house.slack, "UADA", "hello");
    let junk = junk.with_headers(&[(TIMESTAMP_HEADER, "1"), (SIGNATURE_HEADER, "v0=junk")]);
    assert_eq!(house.knock(junk).await.0, 401);
    let text = log.text();
    let told = text.lines().find(|line| line.contains("was not believed")).expect("it is told to who debugs");
    assert!(told.contains("DEBUG") && !told.contains("WARN"), "{told}");
}
