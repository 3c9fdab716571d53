//! What tests of the pages share: a request to decide on, its mail, and how a page must look.

use vend::domain::person::{Actor, Channel};
use vend::domain::spec::Draft;

use super::requests::ada;
use super::world::{Answer, World};

/// Ada's request for the account `ada-sandbox`, its approver asked.
pub async fn asked(world: &World) -> String {
    let given = |text: &str| Some(text.to_owned());
    let draft = Draft {
        account_type: given("Sandbox"),
        root_email: given("ada+sandbox@example.com"),
        organizational_unit: given("Sandbox"),
        account_name: given("ada-sandbox"),
        blueprint: given("none"),
        purpose: given("Trying out a training job"),
        ..Draft::default()
    };
    let actor = Actor::person("ada@example.com", Channel::Api);
    let view = world.service.submit(&draft, &ada(), &actor, None).await.expect("a valid request");
    world.settle().await;
    view.id
}

/// The path and the token of the link in the approver's mail.
pub fn link(world: &World) -> (String, String) {
    let link = world.mails().iter().find(|mail| mail.to == "approver@example.com").expect("a mail").link();
    let (path, token) = link.split_once("?t=").expect("a token");
    (path.to_owned(), token.to_owned())
}

/// The state as the store has it.
pub async fn state(world: &World, id: &str) -> &'static str {
    world.service.show(id.parse().unwrap()).await.unwrap().state.word()
}

#[track_caller]
pub fn must_be_a_page(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(words), "no {words:?} in {}", answer.text());
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-robots-tag"), "noindex");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(policy.contains("script-src"), answer.text().contains("<script"), "{policy}");
}
