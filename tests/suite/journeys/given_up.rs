//! Failed requests that are given up: what is left of them is told, and no retry is.

use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;
use vend::service::{Decide, ServiceError};

use super::stage::Stage;

/// Ada's account failed as the tag in its address says.
async fn failed(tag: &str) -> (Stage, RequestId) {
    let stage = Stage::new().await;
    let id = stage.ada_asked(&format!("fraud{tag}@example.com")).await;
    stage.world.settle().await;
    let approve = Decide::Approve { reason: None };
    let grace = Actor::person("grace@example.com", Channel::Api);
    stage.world.service.decide(id, &grace, approve).await.expect("approved");
    stage.world.settle().await;
    assert_eq!(stage.request(id).await.state, State::Failed);
    (stage, id)
}

/// What the bot says to somebody over `POST /account`.
async fn said_to(stage: &Stage, email: &str, text: &str) -> String {
    let turn = serde_json::json!({
        "UserEmail": email, "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text,
    });
    stage.world.post("/account", &turn).await.json()["response"].as_str().expect("an answer").to_owned()
}

#[tokio::test]
async fn whoever_gives_up_is_told_whether_an_account_is_left() {
    for (tag, left) in [
        ("+fail-poststep", "exists and was not closed"),
        ("+fail-tainted", "The AWS account may exist"),
        ("+fail-quota", "Nothing was created."),
    ] {
        let (stage, id) = failed(tag).await;
        let said = said_to(&stage, "ada@example.com", &format!("cancel {}", id.short())).await;
        assert!(said.contains("is given up.") && said.contains(left), "{tag}: {said}");
        assert!(!said.contains("is cancelled"), "{said}");
        stage.world.settle().await;
        stage.ends(id, State::Abandoned).await;
    }
}

#[tokio::test]
async fn a_retry_that_cannot_help_says_what_does() {
    let (stage, id) = failed("+fail-tainted").await;
    let ada = Actor::person("ada@example.com", Channel::Api);
    let refused = stage.world.service.retry(id, &ada).await.expect_err("no retry");
    let sentence = refused.sentence();
    assert!(sentence.contains("must repair or remove the account in Control Tower"), "{sentence}");
    stage.ends(id, State::Failed).await;
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_request_from_none() {
    let stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    let eve = Actor::person("eve@example.com", Channel::Api);
    let refused = stage.world.service.cancel(id, &eve, None).await.expect_err("not hers");
    assert!(matches!(refused, ServiceError::NotFound), "{refused}");
    for verb in ["cancel", "status"] {
        let there = said_to(&stage, "eve@example.com", &format!("{verb} {}", id.short())).await;
        let not_there = said_to(&stage, "eve@example.com", &format!("{verb} req-00000000")).await;
        assert_eq!(there, not_there);
    }
    stage.ends(id, State::Pending).await;
}
