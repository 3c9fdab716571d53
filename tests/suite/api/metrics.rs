//! `/metrics`: what happened, without saying to whom.

use serde_json::json;

use crate::fakes::world::World;

#[tokio::test]
async fn a_journey_leaves_its_numbers_and_no_names() {
    let world = World::new().await;
    let id = world.submitted().await;
    world.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).await;
    world.clock.advance(std::time::Duration::from_secs(90));
    let waiting = world.get("/metrics").await.text();
    assert!(waiting.contains("vend_oldest_approved_unclaimed_seconds 90.0"), "{waiting}");

    world.settle().await;
    let answer = world.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let text = answer.text();
    for line in [
        r#"vend_http_requests_total{method="POST",route="/api/v1/requests",status="201"} 1"#,
        r#"vend_http_requests_total{method="POST",route="/api/v1/requests/{id}/approve",status="200"} 1"#,
        r#"vend_request_transitions_total{state="pending"} 1"#,
        r#"vend_request_transitions_total{state="ready"} 1"#,
        r#"vend_jobs_total{kind="mail_requester",end="run"} 2"#,
        "vend_account_operations_in_flight 0",
        "vend_queue_length 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for name in [id.as_str(), "ada", "example.com", "operator@"] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
}
