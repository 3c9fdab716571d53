//! What is believed, stored and acknowledged at the three Slack addresses.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;
use vend::adapters::embedded::sqlite::SqliteStore;
use vend::domain::job::{JobKind, Lane};
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use vend::http::slack::{SlackIntake, routes};
use vend::ports::clock::Clock;
use vend::ports::store::{JobStore, Store};

use super::payloads::{self, Delivery};
use crate::fakes::clock::TestClock;
use crate::fakes::slack::{SIGNING_SECRET, Slack, TEAM};

struct Door {
    clock: TestClock,
    store: Arc<dyn Store>,
    sqlite: Arc<SqliteStore>,
    router: Router,
    slack: Slack,
    _folder: tempfile::TempDir,
}

impl Door {
    async fn new(team_ids: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::default();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let store = SqliteStore::open(&folder.path().join("vend.db"), Arc::clone(&shared)).unwrap();
        let sqlite = Arc::new(store);
        let store: Arc<dyn Store> = sqlite.clone();
        let intake = SlackIntake {
            secrets: vec![SIGNING_SECRET.into(), "the-previous-secret".into()],
            team_ids: team_ids.iter().map(|team| (*team).to_owned()).collect(),
            clock: shared,
            store: Arc::clone(&store),
            wake: Arc::new(Notify::new()),
        };
        Self { clock, store, sqlite, router: routes(Arc::new(intake)), slack: Slack::start().await, _folder: folder }
    }

    async fn knock(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn stored(&self) -> Vec<JobKind> {
        let lease = Duration::from_secs(60);
        let jobs = self.store.claim(Lane::Intake, self.clock.now(), lease, 100).await.unwrap();
        jobs.into_iter().map(|job| job.kind).collect()
    }
}

#[tokio::test]
async fn a_delivery_is_stored_before_it_is_acknowledged_and_copies_change_nothing() {
    let door = Door::new(&[]).await;
    let ada = payloads::direct(&door.slack, "UADA", "Hi, I would like a new account please!");
    for nth in 1..=4 {
        let (status, body) = door.knock(ada.retried(door.clock.now(), nth)).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
        door.clock.advance(Duration::from_secs(60));
    }
    let expected = JobKind::Slack { surface: "events".into(), body: ada.body };
    assert_eq!(door.stored().await, [expected]);
}

#[tokio::test]
async fn a_retry_is_taken_when_the_first_copy_was_lost() {
    let door = Door::new(&[]).await;
    let ada = payloads::command(&door.slack, "UADA", "help");
    assert_eq!(door.knock(ada.retried(door.clock.now(), 3)).await.0, StatusCode::OK);
    assert_eq!(door.stored().await.len(), 1);
}

#[tokio::test]
async fn a_bad_signature_is_a_401_with_a_sentence_and_stores_nothing() {
    let door = Door::new(&[]).await;
    let now = door.clock.now().as_second();
    let hello = payloads::direct(&door.slack, "UADA", "hello");
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
        assert_refused(door.knock(request).await, StatusCode::UNAUTHORIZED, what);
    }
    for headers in [
        vec![],
        vec![(TIMESTAMP_HEADER, at(0))],
        vec![(SIGNATURE_HEADER, good.clone())],
        vec![(TIMESTAMP_HEADER, at(0)), (TIMESTAMP_HEADER, at(0)), (SIGNATURE_HEADER, good.clone())],
        vec![(TIMESTAMP_HEADER, at(0)), (SIGNATURE_HEADER, good.clone()), (SIGNATURE_HEADER, good.clone())],
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_refused(door.knock(hello.with_headers(&headers)).await, StatusCode::UNAUTHORIZED, "headers");
    }
    let mut odd = hello.with_headers(&[(TIMESTAMP_HEADER, &at(0))]);
    odd.headers_mut().insert(SIGNATURE_HEADER, axum::http::HeaderValue::from_bytes(b"v0=\xff\xfe").unwrap());
    assert_refused(door.knock(odd).await, StatusCode::UNAUTHORIZED, "not text");
    assert_eq!(door.stored().await, []);
}

fn assert_refused((status, body): (StatusCode, String), expected: StatusCode, what: &str) {
    assert_eq!(status, expected, "{what}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert!(problem["detail"].as_str().unwrap().len() > 40, "{what} says what to do next");
}

#[tokio::test]
async fn the_secret_before_the_last_rotation_is_still_believed() {
    let door = Door::new(&[]).await;
    let hello = payloads::direct(&door.slack, "UADA", "hello");
    let stamp = door.clock.now().as_second().to_string();
    let signature = sign("the-previous-secret", &stamp, hello.body.as_bytes());
    let request = hello.with_headers(&[(TIMESTAMP_HEADER, &stamp), (SIGNATURE_HEADER, &signature)]);
    assert_eq!(door.knock(request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_a_sentence_and_never_a_5xx() {
    let door = Door::new(&[]).await;
    let now = door.clock.now();
    let big = Delivery { path: "/slack/events", body: "x".repeat(2 * 1024 * 1024) };
    assert_refused(door.knock(big.signed(now)).await, StatusCode::PAYLOAD_TOO_LARGE, "too large");
    let deep = "[".repeat(100_000);
    for body in ["", "{", "null", "[]", "{\"type\":7}", "{\"type\":\"event_callback\"}", "payload=%7B", "\0", &deep] {
        for path in ["/slack/events", "/slack/commands", "/slack/interactions"] {
            let refused = door.knock(Delivery { path, body: body.to_owned() }.signed(now)).await;
            assert_refused(refused, StatusCode::BAD_REQUEST, path);
        }
    }
    let bytes = b"{\"type\":\"\xff\xfe\"}";
    let stamp = now.as_second().to_string();
    let request = Request::post("/slack/events")
        .header(TIMESTAMP_HEADER, &stamp)
        .header(SIGNATURE_HEADER, sign(SIGNING_SECRET, &stamp, bytes))
        .body(Body::from(bytes.to_vec()))
        .unwrap();
    assert_refused(door.knock(request).await, StatusCode::BAD_REQUEST, "not UTF-8");
    assert_eq!(door.stored().await, []);
}

#[tokio::test]
async fn slack_may_check_the_address_and_its_certificate() {
    let door = Door::new(&[]).await;
    let now = door.clock.now();
    let challenge = json!({ "type": "url_verification", "token": "legacy", "challenge": "3eZbrw1aB" }).to_string();
    let check = Delivery { path: "/slack/events", body: challenge };
    assert_eq!(door.knock(check.signed(now)).await, (StatusCode::OK, "3eZbrw1aB".into()));
    let certificate = Delivery { path: "/slack/commands", body: "token=legacy&ssl_check=1".into() };
    assert_eq!(door.knock(certificate.signed(now)).await.0, StatusCode::OK);
    assert_eq!(door.stored().await, []);
}

#[tokio::test]
async fn our_own_posts_and_edits_are_acknowledged_and_forgotten() {
    let door = Door::new(&[]).await;
    for extra in [
        json!({ "bot_id": "BBOT" }),
        json!({ "bot_id": "BBOT", "user": "UBOT" }),
        json!({ "subtype": "message_changed", "message": { "text": "new" } }),
        json!({ "subtype": "bot_message", "user": null }),
        json!({ "subtype": "channel_join" }),
    ] {
        let delivery = payloads::odd_message(&door.slack, &extra);
        assert_eq!(door.knock(delivery.signed(door.clock.now())).await.0, StatusCode::OK, "{extra}");
    }
    assert_eq!(door.stored().await, []);
}

#[tokio::test]
async fn only_listed_workspaces_may_talk_to_us() {
    let door = Door::new(&["T0OTHER"]).await;
    let hello = payloads::direct(&door.slack, "UADA", "hello");
    assert_refused(door.knock(hello.signed(door.clock.now())).await, StatusCode::FORBIDDEN, TEAM);
    assert_eq!(door.stored().await, []);
}

#[tokio::test]
async fn nothing_is_acknowledged_that_could_not_be_stored() {
    let door = Door::new(&[]).await;
    door.sqlite.close().await.unwrap();
    let hello = payloads::direct(&door.slack, "UADA", "hello");
    let refused = door.knock(hello.signed(door.clock.now())).await;
    assert_refused(refused, StatusCode::SERVICE_UNAVAILABLE, "a closed store");
}
