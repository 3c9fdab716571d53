//! The other ways a request can go: denied, taken back, forgotten, decided by two, by
//! a stand-in or by nobody.

use vend::domain::person::{Actor, Channel};
use vend::domain::request::State;

use super::stage::Stage;

#[tokio::test]
async fn grace_denies_and_says_why() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.world.settle().await;
    assert_eq!(stage.presses("grace@example.com", "deny", "", id).await, 422, "a reason is needed");
    assert_eq!(stage.presses("grace@example.com", "deny", "Use the shared sandbox, please.", id).await, 200);
    stage.settle(id).await;
    stage.mail_is_glanced_at();
    stage.note("Grace thinks again");
    assert_eq!(stage.presses("grace@example.com", "approve", "", id).await, 200);
    stage.ada_says("status").await;
    stage.wait_hours(24 * 365).await;
    stage.presses("grace@example.com", "approve", "", id).await;
    insta::assert_snapshot!(stage.ends(id, State::Denied).await);
}

#[tokio::test]
async fn ada_takes_it_back_and_may_ask_again_with_the_same_names() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.world.settle().await;
    stage.ada_says("cancel my request").await;
    stage.ada_says(&format!("cancel {}", id.short())).await;
    stage.settle(id).await;
    stage.presses("grace@example.com", "approve", "", id).await;
    stage.mail_is_glanced_at();
    assert_eq!(stage.request(id).await.state, State::Cancelled);
    let again = stage.ada_asked("fraud@example.com").await;
    assert_eq!(stage.request(again).await.submission.spec.account_name, "fraud-sandbox");
    insta::assert_snapshot!(stage.ends(id, State::Cancelled).await);
}

#[tokio::test]
async fn nobody_decides_although_they_are_reminded() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.world.settle().await;
    stage.mail_is_glanced_at();
    for hours in [24, 16, 8] {
        stage.wait_hours(hours).await;
        stage.mail_is_glanced_at();
    }
    stage.settle(id).await;
    assert_eq!(stage.presses("oscar@example.com", "approve", "", id).await, 410);
    insta::assert_snapshot!(stage.ends(id, State::Expired).await);
}

#[tokio::test]
async fn oscar_decides_when_nobody_else_reacts() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.wait_hours(24).await;
    stage.wait_hours(16).await;
    stage.mail_is_glanced_at();
    assert_eq!(stage.presses("oscar@example.com", "approve", "On call", id).await, 200);
    stage.settle(id).await;
    stage.wait_hours(48).await;
    stage.mail_is_glanced_at();
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn a_worker_that_slept_through_it_all_reminds_nobody_of_what_is_over() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    stage.world.settle().await;
    stage.mail_is_glanced_at();
    stage.wait_hours(100).await;
    stage.mail_is_glanced_at();
    insta::assert_snapshot!(stage.ends(id, State::Expired).await);
}

#[tokio::test]
async fn a_production_account_needs_two_approvers() {
    let mut stage = Stage::new().await;
    let id = stage.asked("ada@example.com", "Production", "fraud@example.com").await;
    stage.world.settle().await;
    stage.mail_is_glanced_at();
    stage.presses("grace@example.com", "approve", "", id).await;
    stage.presses("grace@example.com", "approve", "", id).await;
    stage.status(id).await;
    stage.wait_hours(24).await;
    stage.mail_is_glanced_at();
    stage.presses("heidi@example.com", "approve", "Budget is there", id).await;
    stage.settle(id).await;
    stage.mail_is_glanced_at();
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn what_the_policy_approves_by_itself_asks_nobody() {
    let mut stage = Stage::new().await;
    let id = stage.asked("robot@example.com", "Sandbox", "build@example.com").await;
    stage.settle(id).await;
    stage.mail_is_glanced_at();
    let decision = stage.request(id).await.decisions.remove(0);
    assert_eq!((decision.by.as_str(), decision.channel), ("policy", Channel::System));
    insta::assert_snapshot!(stage.ends(id, State::Ready).await);
}

#[tokio::test]
async fn somebody_else_cancels_for_ada_and_she_is_told() {
    let mut stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    let oscar = Actor::local_operator(Channel::Cli);
    stage.world.service.cancel(id, &oscar, Some("The project ended".into())).await.expect("an operator may");
    stage.settle(id).await;
    stage.mail_is_read();
    insta::assert_snapshot!(stage.ends(id, State::Cancelled).await);
}

#[tokio::test]
async fn only_those_it_concerns_may_act() {
    let stage = Stage::new().await;
    let id = stage.ada_asked("fraud@example.com").await;
    let service = &stage.world.service;
    let eve = Actor::person("eve@example.com", Channel::Api);
    let yes = || vend::service::Decide::Approve { reason: None };
    let sentence = |answer: Result<vend::service::Decided, vend::service::ServiceError>| {
        answer.map_or_else(|error| error.sentence(), |decided| decided.said)
    };
    let ada = Actor::person("Ada@Example.com", Channel::Api);
    let said = [
        sentence(service.decide(id, &eve, yes()).await),
        sentence(service.decide(id, &ada, yes()).await),
        service.cancel(id, &eve, None).await.expect_err("not hers").sentence(),
        service.retry(id, &eve).await.expect_err("not hers").sentence(),
        service.retry(id, &ada).await.expect_err("nothing failed").sentence(),
    ];
    insta::assert_snapshot!(said.join("\n"));
    stage.ends(id, State::Pending).await;
}
