//! Approve, deny, cancel, retry over REST.

use serde_json::json;

use crate::fakes::world::{World, sandbox};

fn path(id: &str, verb: &str) -> String {
    format!("/api/v1/requests/{id}/{verb}")
}

#[tokio::test]
async fn an_approved_request_becomes_an_account() {
    let world = World::new().await;
    let id = world.submitted().await;
    let approved = world.post(&path(&id, "approve"), &json!({"reason": "Fine"})).await;
    assert_eq!((approved.status, &approved.json()["state"]), (200, &json!("approved")));
    world.settle().await;
    let ready = world.request(&id).await;
    assert_eq!(ready["state"], "ready");
    let cancel = world.post(&path(&id, "cancel"), &json!({})).await;
    cancel.must_be_a_problem(409);
    assert!(cancel.text().contains("It is ready now"), "{}", cancel.text());
    assert_eq!(ready["account_id"].as_str().map(str::len), Some(12));
    assert_eq!(ready["decisions"][0]["reason"], "Fine");
}

#[tokio::test]
async fn deciding_again_changes_nothing_and_tells_who_decided() {
    let world = World::new().await;
    let id = world.submitted().await;
    world.post(&path(&id, "approve"), &json!({})).await;
    let before = world.snapshot();

    let again = world.post(&path(&id, "approve"), &json!({})).await;
    assert_eq!((again.status, &again.json()["decisions"][0]["by"]), (200, &json!("operator@localhost")));
    for (verb, body) in [("deny", json!({"reason": "no"})), ("cancel", json!({}))] {
        let answer = world.post(&path(&id, verb), &body).await;
        answer.must_be_a_problem(409);
        assert!(answer.text().contains("Already approved by operator@localhost"), "{}", answer.text());
    }
    world.post(&path(&id, "retry"), &json!({})).await.must_be_a_problem(409);
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn a_denial_needs_a_reason_the_requester_can_read() {
    let world = World::new().await;
    let id = world.submitted().await;
    for body in [json!({}), json!({"reason": " "}), json!({"reason": 5}), json!({"reason": "x".repeat(9999)})] {
        let answer = world.post(&path(&id, "deny"), &body).await;
        answer.must_be_a_problem(422);
        assert_eq!(answer.faulty_fields(), ["reason"], "{body}");
    }
    let denied = world.post(&path(&id, "deny"), &json!({"reason": "Use the shared one"})).await.json();
    assert_eq!((&denied["state"], &denied["decisions"][0]["reason"]), (&json!("denied"), &json!("Use the shared one")));
}

#[tokio::test]
async fn a_cancelled_request_stays_cancelled() {
    let world = World::new().await;
    let id = world.submitted().await;
    for _ in 0..2 {
        let answer = world.post(&path(&id, "cancel"), &json!({"reason": "Changed my mind"})).await;
        assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("cancelled")));
    }
    world.post(&path(&id, "approve"), &json!({})).await.must_be_a_problem(409);
    assert_eq!(world.history(&id).await.len(), 2);
}

#[tokio::test]
async fn a_failed_step_is_run_again_and_a_failed_request_can_be_given_up() {
    let world = World::new().await;
    for (email, last) in [("ada+fail-quota@example.com", "retry"), ("eve+fail-quota@example.com", "cancel")] {
        let made = world.post("/api/v1/requests", &sandbox(email)).await.json();
        let id = made["id"].as_str().unwrap();
        world.post(&path(id, "approve"), &json!({})).await;
        world.settle().await;
        let failed = world.request(id).await;
        assert_eq!(failed["state"], "failed");
        assert_eq!(failed["failure"]["detail"], json!(null), "raw backend text stays inside");
        let answer = world.post(&path(id, last), &json!({})).await;
        let state = if last == "retry" { "queued" } else { "abandoned" };
        assert_eq!((answer.status, &answer.json()["state"]), (200, &json!(state)), "{}", answer.text());
    }
}
