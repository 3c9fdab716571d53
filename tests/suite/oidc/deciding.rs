//! Deciding on the page where people sign in: the session is the authority, the link only the way.

use axum::http::Method;
use serde_json::json;

use super::browser::{Browser, form_token};
use super::{link, world};
use crate::fakes::pages::{asked, state};
use crate::fakes::world::{Answer, Setup};

const APPROVER: &str = "approver@example.com";

#[track_caller]
fn must_say(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(words), "no {words:?} in {}", answer.text());
}

#[tokio::test]
async fn an_approver_follows_their_link_signs_in_and_approves() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let (link, token) = link(&world);
    let path = format!("/account/confirm/{id}");
    let browser = Browser::new(&world);
    must_say(&browser.get(&link).await, 401, "Sign in");
    issuer.person("Approver@Example.com");
    assert_eq!(browser.sign_in(&link).await.header("location"), link);
    let page = browser.get(&link).await;
    must_say(&page, 200, "You decide as <strong>Approver@Example.com</strong>");
    assert!(!page.text().contains("account_name") && !page.text().contains("<script"));
    let form = form_token(&page);
    let fields = [("t", token.as_str()), ("f", &form), ("decision", "approve"), ("reason", "")];
    must_say(&browser.post(&path, &fields).await, 200, "is approved");
    must_say(&browser.post(&path, &fields).await, 200, "Already approved by");
    world.settle().await;
    assert_eq!(state(&world, &id).await, "ready");
    let trail = serde_json::to_value(world.history(&id).await).unwrap().to_string();
    assert!(trail.contains(r#""channel":"web""#), "the trail says how: {trail}");
}

#[tokio::test]
async fn an_approver_who_comes_by_themselves_denies_with_a_reason() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let path = format!("/account/confirm/{id}");
    let browser = Browser::signed_in(&world, &issuer, APPROVER).await;
    let page = browser.get(&path).await;
    let form = form_token(&page);
    let deny = |reason: &'static str| {
        [("t", ""), ("f", form.as_str()), ("decision", "deny"), ("reason", reason)]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let send = async |reason| {
        let fields = deny(reason);
        let fields: Vec<_> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        browser.post(&path, &fields).await
    };
    must_say(&send(" ").await, 422, r#"role="alert""#);
    assert_eq!(state(&world, &id).await, "pending");
    must_say(&send("Use the shared one").await, 200, "is denied");
    assert_eq!(state(&world, &id).await, "denied");
}

#[tokio::test]
async fn without_a_session_nothing_is_decided_whatever_is_typed() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let (_, token) = link(&world);
    let path = format!("/account/confirm/{id}");
    let typed = [("t", token.as_str()), ("decision", "approve"), ("account_name", "ada-sandbox")];
    must_say(&world.anyone().post_form(&path, &typed).await, 401, "nothing was decided");
    // A program's token is none, either: it decides without the form, or not at all.
    let body = format!("t={token}&decision=approve&account_name=ada-sandbox");
    let bearer = issuer.token(APPROVER);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    must_say(&world.with(&bearer).call(Method::POST, &path, &form, body).await, 401, "nothing was decided");
    assert_eq!(state(&world, &id).await, "pending");
}

#[tokio::test]
async fn only_the_sessions_own_page_decides() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let (link, token) = link(&world);
    let path = format!("/account/confirm/{id}");
    let approver = Browser::signed_in(&world, &issuer, APPROVER).await;
    let again = Browser::signed_in(&world, &issuer, APPROVER).await;
    let eve = Browser::signed_in(&world, &issuer, "eve@example.com").await;
    let own = form_token(&approver.get(&link).await);
    let other_session = form_token(&again.get(&link).await);
    assert_ne!(own, other_session);
    let cut = &own[..own.len() - 1];
    for form in ["", "x", other_session.as_str(), cut, &"0".repeat(32)] {
        let fields = [("t", token.as_str()), ("f", form), ("decision", "approve"), ("account_name", "ada-sandbox")];
        must_say(&approver.post(&path, &fields).await, 403, "nothing was decided");
    }
    let fields = [("t", token.as_str()), ("f", own.as_str()), ("decision", "approve")];
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "null")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.com")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://vend.example.com")],
    ] {
        must_say(&approver.post_from(&path, &fields, headers).await, 403, "nothing was decided");
    }
    // Eve has the link, the approver's form, and a session of her own.
    must_say(&eve.get(&link).await, 403, "sent to somebody else");
    must_say(&eve.post(&path, &fields).await, 403, "sent to somebody else");
    must_say(
        &eve.post(&path, &[("t", ""), ("f", own.as_str()), ("decision", "approve")]).await,
        404,
        "No such request",
    );
    assert_eq!(state(&world, &id).await, "pending");
    must_say(&approver.post(&path, &fields).await, 200, "is approved");
}

#[tokio::test]
async fn a_form_decides_on_the_request_it_was_shown_for() {
    let (world, issuer) = world().await;
    let first = asked(&world).await;
    let mut other = crate::fakes::world::sandbox("ada+other@example.com");
    other["account_name"] = json!("ada-other");
    let second = world.with(&issuer.token("ada@example.com")).post("/api/v1/requests", &other).await;
    let second = second.json()["id"].as_str().unwrap().to_owned();
    let approver = Browser::signed_in(&world, &issuer, APPROVER).await;
    let form = form_token(&approver.get(&format!("/account/confirm/{first}")).await);
    let fields = [("t", ""), ("f", form.as_str()), ("decision", "approve")];
    must_say(&approver.post(&format!("/account/confirm/{second}"), &fields).await, 403, "nothing was decided");
    assert_eq!(state(&world, &second).await, "pending");
}

#[tokio::test]
async fn who_may_not_decide_is_told_and_the_policy_is_asked_again_with_the_decision() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let path = format!("/account/confirm/{id}");
    let ada = Browser::signed_in(&world, &issuer, "ada@example.com").await;
    let page = ada.get(&path).await;
    must_say(&page, 200, "You cannot decide your own request");
    assert!(!page.text().contains(r#"name="decision""#));
    // Whoever may only read sees the request, and no form.
    issuer.feel(crate::fakes::issuer::Mood { claims: Some(json!({"scope": "openid read"})), ..Default::default() });
    let reader = Browser::signed_in(&world, &issuer, APPROVER).await;
    let page = reader.get(&path).await;
    must_say(&page, 200, "does not let you decide");
    assert!(!page.text().contains(r#"name="decision""#));
    assert_eq!(state(&world, &id).await, "pending");
}

#[tokio::test]
async fn a_policy_that_leaves_the_page_out_decides_nothing_there() {
    let (_, issuer) = world().await;
    let yaml = include_str!("../../../manifests/policy.yaml");
    let without = yaml.replace("channels: [mail, web, slack, api, cli]", "channels: [mail, slack, api, cli]");
    assert_ne!(yaml, without);
    let world = Setup::default().policy(&without).with_issuer(issuer.config()).build().await;
    let id = asked(&world).await;
    let (link, token) = link(&world);
    let approver = Browser::signed_in(&world, &issuer, APPROVER).await;
    let page = approver.get(&link).await;
    must_say(&page, 200, "Decisions are not taken from web");
    assert!(!page.text().contains(r#"name="f""#));
    let fields = [("t", token.as_str()), ("f", "x"), ("decision", "approve"), ("account_name", "ada-sandbox")];
    must_say(&approver.post(&format!("/account/confirm/{id}"), &fields).await, 403, "nothing was decided");
    assert_eq!(state(&world, &id).await, "pending");
}
