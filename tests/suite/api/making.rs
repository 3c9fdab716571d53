//! `POST /api/v1/requests`: everything checked at once, nothing made twice.

use serde_json::{Value, json};

use crate::fakes::world::{World, sandbox};

#[tokio::test]
async fn a_request_is_made_and_found_where_the_answer_says() {
    let world = World::new().await;
    let made = world.post("/api/v1/requests", &sandbox("ada+sandbox@example.com")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let request = made.json();
    assert_eq!(
        (&request["state"], &request["organizational_unit"]),
        (&json!("pending"), &json!("Sandbox (ou-ab12-3c4d5e6f)"))
    );
    let found = world.get(made.header("location")).await;
    assert_eq!(found.json(), request);
    let short = world.get(&format!("/api/v1/requests/{}", request["short_id"].as_str().unwrap())).await;
    assert_eq!(short.json(), request);
}

#[tokio::test]
async fn every_wrong_field_is_told_at_once() {
    let world = World::new().await;
    let before = world.snapshot();
    let answer = world
        .post(
            "/api/v1/requests",
            &json!({
                "account_type": "Production-ish", "root_email": 5, "organizational_unit": "Sandbax",
                "blueprint": "no-such", "tags": {"team": ["a"]}, "colour": "red",
                "requester": {"email": "not an address", "first_name": "Ada", "nickname": "A"},
            }),
        )
        .await;
    answer.must_be_a_problem(422);
    let fields = answer.faulty_fields();
    for field in [
        "account_type",
        "root_email",
        "organizational_unit",
        "blueprint",
        "tags.team",
        "colour",
        "purpose",
        "requester.email",
        "requester.last_name",
        "requester.nickname",
    ] {
        assert_eq!(fields.iter().filter(|found| *found == field).count(), 1, "{field} in {fields:?}");
    }
    assert_eq!(fields.len(), 10, "{fields:?}");
    assert_eq!(world.snapshot(), before, "nothing is stored");
}

#[tokio::test]
async fn a_repeated_call_with_the_same_key_makes_no_second_request() {
    let world = World::new().await;
    let (anyone, body) = (world.anyone(), sandbox("ada+sandbox@example.com"));
    let key = [("idempotency-key", "0b8f7c9e")];
    let first = anyone.post_with("/api/v1/requests", &key, &body).await;
    let again = anyone.post_with("/api/v1/requests", &key, &body).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));

    let other = anyone.post_with("/api/v1/requests", &key, &sandbox("ada+other@example.com")).await;
    other.must_be_a_problem(409);
    assert_eq!(world.get("/api/v1/requests").await.json()["requests"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn twenty_calls_at_once_with_the_same_key_make_one_request() {
    let world = World::new().await;
    let (anyone, body) = (world.anyone(), sandbox("ada+sandbox@example.com"));
    let call = || anyone.post_with("/api/v1/requests", &[("idempotency-key", "k")], &body);
    let answers = futures::future::join_all((0..20).map(|_| call())).await;
    let ids: std::collections::BTreeSet<String> =
        answers.iter().map(|answer| answer.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[18], statuses[19]), (200, 200, 201));
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let world = World::with_tokens().await;
    let key = [("idempotency-key", "k")];
    let ada = world.who("ada").post_with("/api/v1/requests", &key, &sandbox("ada+sandbox@example.com")).await;
    let mut body = sandbox("eve+sandbox@example.com");
    body["requester"]["email"] = Value::Null;
    let eve = world.who("eve").post_with("/api/v1/requests", &key, &body).await;
    assert_eq!((ada.status, eve.status), (201, 201), "{}", eve.text());
    assert_eq!(eve.json()["requester"]["email"], "eve@example.com");
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let world = World::new().await;
    let long = "k".repeat(129);
    for key in ["", "two words", "schlüssel", long.as_str()] {
        let headers = [("idempotency-key", key)];
        let answer = world.anyone().post_with("/api/v1/requests", &headers, &sandbox("ada+s@example.com")).await;
        answer.must_be_a_problem(400);
        assert_eq!(answer.faulty_fields(), ["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn a_dry_run_says_what_a_request_would_meet_and_stores_nothing() {
    let world = World::new().await;
    let before = world.snapshot();
    let good = world.post("/api/v1/preflight", &sandbox("ada+sandbox@example.com")).await.json();
    assert_eq!(good["passed"], true, "{good}");
    let mut body = sandbox("taken@example.com");
    body["colour"] = json!("red");
    let bad = world.post("/api/v1/preflight", &body).await.json();
    assert_eq!(bad["passed"], false);
    let faults = bad["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false);
    assert_eq!(faults.map(|check| check["field"].as_str().unwrap()).collect::<Vec<_>>(), ["colour", "root_email"]);
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn nothing_is_looked_up_for_somebody_else_even_where_the_body_has_faults() {
    let world = World::with_tokens().await;
    let before = world.snapshot();
    let mut body = sandbox("ada+sandbox@example.com");
    body["colour"] = json!("red");
    for path in ["/api/v1/requests", "/api/v1/preflight"] {
        let refused = world.who("eve").post(path, &body).await;
        refused.must_be_a_problem(403);
        assert_eq!(refused.faulty_fields(), Vec::<String>::new(), "{path}");
    }
    body["requester"]["email"] = json!("no address");
    let faulty = world.who("eve").post("/api/v1/requests", &body).await;
    faulty.must_be_a_problem(422);
    assert_eq!(faulty.faulty_fields(), ["requester.email", "colour"], "whose it is cannot be told");
    assert_eq!(world.snapshot(), before);
}
