//! Deciding on the page: a person who was asked, who read, and who pressed a button.

use axum::http::Method;
use serde_json::json;

use crate::fakes::pages::{asked, link, must_be_a_page, state};
use crate::fakes::world::World;

const NAME: &str = "ada-sandbox";

#[tokio::test]
async fn an_approver_approves_once_and_is_told_so() {
    let world = World::new().await;
    let id = asked(&world).await;
    let (path, token) = link(&world);
    must_be_a_page(&world.get(&format!("{path}?t={token}")).await, 200, "Ada asks for a Sandbox account");
    let form = [("t", token.as_str()), ("decision", "approve"), ("reason", ""), ("account_name", NAME)];
    must_be_a_page(&world.anyone().post_form(&path, &form).await, 200, "is approved");
    let again = world.anyone().post_form(&path, &form).await;
    must_be_a_page(&again, 200, "Already approved by approver@example.com");
    must_be_a_page(&world.get(&format!("{path}?t={token}")).await, 200, "Already approved by you");
    world.settle().await;
    assert_eq!(state(&world, &id).await, "ready");
    let last = world.mails().pop().unwrap();
    assert_eq!((last.to.as_str(), last.subject.ends_with("is ready")), ("ada@example.com", true));
}

#[tokio::test]
async fn a_denial_needs_a_reason_and_the_requester_reads_it() {
    let world = World::new().await;
    let id = asked(&world).await;
    let (path, token) = link(&world);
    let form =
        |reason| [("t", token.clone()), ("decision", "deny".into()), ("reason", reason), ("account_name", NAME.into())];
    let send = async |reason: &str| {
        let form = form(reason.to_owned());
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.anyone().post_form(&path, &fields).await
    };
    must_be_a_page(&send("  ").await, 422, r#"role="alert""#);
    assert_eq!(state(&world, &id).await, "pending");
    must_be_a_page(&send("Use the shared one").await, 200, "is denied");
    world.settle().await;
    let last = world.mails().pop().unwrap();
    assert!(last.to == "ada@example.com" && last.text.contains("Reason: Use the shared one"), "{}", last.text);
}

#[tokio::test]
async fn a_form_that_is_not_quite_right_decides_nothing() {
    let world = World::new().await;
    let id = asked(&world).await;
    let (path, token) = link(&world);
    let before = world.snapshot();
    let forged = format!("{}A", &token[..token.len() - 1]);
    let t = token.as_str();
    let cases: [(&[(&str, &str)], u16); 7] = [
        (&[("t", t), ("decision", "approve")], 422),
        (&[("t", t), ("decision", "approve"), ("account_name", "Ada-Sandbox")], 422),
        (&[("t", t), ("account_name", NAME)], 400),
        (&[("t", t), ("decision", "maybe"), ("account_name", NAME)], 400),
        (&[("t", t), ("decision", "deny"), ("decision", "approve"), ("account_name", NAME)], 400),
        (&[("t", ""), ("decision", "approve"), ("account_name", NAME)], 403),
        (&[("t", &forged), ("decision", "approve"), ("account_name", NAME)], 403),
    ];
    for (form, status) in cases {
        must_be_a_page(&world.anyone().post_form(&path, form).await, status, "<h1>");
    }
    assert_eq!(world.snapshot(), before);
    assert_eq!(state(&world, &id).await, "pending");
}

#[tokio::test]
async fn the_requesters_own_link_shows_the_request_and_approves_nothing() {
    let world = World::with_tokens().await;
    let id = asked(&world).await;
    let request = vend::ports::store::RequestStore::load(&*world.store, id.parse().unwrap()).await.unwrap();
    let page = world.service.page_for(&request);
    let (path, token) = page.strip_prefix("https://vend.example.com").unwrap().split_once("?t=").unwrap();
    must_be_a_page(&world.get(&format!("{path}?t={token}")).await, 200, NAME);
    let form = [("t", token), ("decision", "approve"), ("account_name", NAME)];
    let answer = world.anyone().post_form(&format!("/account/confirm/{id}"), &form).await;
    must_be_a_page(&answer, 403, "<h1>");
    assert_eq!(state(&world, &id).await, "pending");
}

#[tokio::test]
async fn a_program_decides_with_an_approvers_token_only() {
    let world = World::with_tokens().await;
    let id = asked(&world).await;
    let path = format!("/account/confirm/{id}");
    let send = async |who: Option<&str>, body: &'static [u8]| {
        let caller = who.map_or_else(|| world.anyone(), |who| world.who(who));
        caller.call(Method::POST, &path, &[("content-type", "application/json")], body).await
    };
    send(None, b"").await.must_be_a_problem(401);
    send(Some("ada"), b"").await.must_be_a_problem(403);
    send(Some("eve"), b"").await.must_be_a_problem(404);
    for junk in [&b"[]"[..], b"null", b"decision=deny", b"{\"decison\":\"deny\"}", b"\xff\xfe", b"{"] {
        send(Some("approver"), junk).await.must_be_a_problem(400);
    }
    assert_eq!(state(&world, &id).await, "pending");
    let approved = send(Some("approver"), b"").await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    assert_eq!((&approved.json()["changed"], &approved.json()["request"]["state"]), (&json!(true), &json!("approved")));
    let late = send(Some("approver"), br#"{"decision":"deny","reason":"too late"}"#).await;
    assert_eq!((late.status, &late.json()["changed"]), (200, &json!(false)));
    assert!(late.json()["outcome"].as_str().unwrap().contains("Already approved by approver@example.com"));
}
