//! Programs: a token of the issuer counts wherever a configured one does; keys change, the issuer
//! is away, and tokens with invented keys do not make us ask it again and again.

use std::time::Duration;

use axum::http::Method;
use futures::future::join_all;
use serde_json::json;

use super::world;
use crate::fakes::issuer::{KeyRing, Mood};
use crate::fakes::pages::{asked, state};
use crate::fakes::world::{Setup, World, sandbox};

const ADA: &str = "ada@example.com";
const APPROVER: &str = "approver@example.com";
const LIST: &str = "/api/v1/requests";

#[tokio::test]
async fn a_token_of_the_issuer_counts_wherever_a_configured_one_does() {
    let (world, issuer) = world().await;
    let (ada, approver) = (issuer.token(ADA), issuer.token(APPROVER));
    let made = world.with(&ada).post(LIST, &sandbox("ada+sandbox@example.com")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let turn = json!({"UserEmail": ADA, "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": "status"});
    assert_eq!(world.with(&ada).post("/account", &turn).await.status, 200);
    world.get("/account").await.must_be_a_problem(405);
    world.post("/account", &turn).await.must_be_a_problem(401);
    assert_eq!(world.with(&ada).get(&format!("/requests/{id}")).await.status, 200, "a page, as with other tokens");
    let events = format!("/api/v1/requests/{id}/events");
    let stream = [("accept", "text/event-stream")];
    assert_eq!(world.with(&ada).open(Method::GET, &events, &stream, "").await.0, 200);
    assert_eq!(world.anyone().open(Method::GET, &events, &stream, "").await.0, 401);
    let confirm = format!("/account/confirm/{id}");
    world.with(&ada).call(Method::POST, &confirm, &[], "").await.must_be_a_problem(403);
    world.with(&issuer.token("eve@example.com")).call(Method::POST, &confirm, &[], "").await.must_be_a_problem(404);
    world.anyone().call(Method::POST, &confirm, &[], "").await.must_be_a_problem(401);
    assert_eq!(state(&world, &id).await, "pending");
    let done = world.with(&approver).call(Method::POST, &confirm, &[], "").await;
    assert_eq!((done.status, &done.json()["changed"]), (200, &json!(true)), "{}", done.text());
    let said = &done.json()["request"]["decisions"][0];
    assert_eq!((&said["by"], &said["channel"]), (&json!(APPROVER), &json!("api")));
}

#[tokio::test]
async fn a_token_may_do_what_its_scopes_say() {
    let (world, issuer) = world().await;
    let id = asked(&world).await;
    let with = |email: &str, claim: &str, scopes: serde_json::Value| {
        let mut claims = issuer.claims(email);
        claims[claim] = scopes;
        issuer.ring().sign("ES256", &claims)
    };
    let approve = format!("/api/v1/requests/{id}/approve");
    for (claim, scopes) in
        [("scope", json!("openid read")), ("scp", json!(["vend/read"])), ("scope", json!("mail.send"))]
    {
        let token = with(APPROVER, claim, scopes.clone());
        world.with(&token).post(&approve, &json!({})).await.must_be_a_problem(403);
        assert_eq!(world.with(&token).get(LIST).await.status == 200, scopes != json!("mail.send"), "{scopes}");
    }
    let (eve, olga) = (issuer.token("eve@example.com"), with("olga@example.com", "scope", json!("admin")));
    let path = format!("{LIST}/{id}");
    assert_eq!(world.with(&eve).get(&path).await.status, 404);
    assert_eq!(world.with(&olga).get(&path).await.status, 200);
}

#[tokio::test]
async fn configured_tokens_count_beside_those_of_the_issuer() {
    let (_, issuer) = world().await;
    let setup = Setup::default().with_tokens().with_issuer(issuer.config());
    let world = setup.build().await;
    assert_eq!(world.who("reader").get(LIST).await.status, 200);
    assert_eq!(world.with(&issuer.token(ADA)).get(LIST).await.status, 200);
    world.with("token-of-nobody").get(LIST).await.must_be_a_problem(401);
}

#[tokio::test]
async fn new_keys_are_found_and_old_ones_are_good_no_more() {
    let (world, issuer) = world().await;
    let old = issuer.token(ADA);
    assert_eq!((world.with(&old).get(LIST).await.status, issuer.looks()), (200, 1));
    issuer.rotate("second");
    let new = issuer.token(ADA);
    assert_eq!((world.with(&new).get(LIST).await.status, issuer.looks()), (401, 1), "it was asked just now");
    world.clock.advance(Duration::from_secs(31));
    assert_eq!((world.with(&new).get(LIST).await.status, issuer.looks()), (200, 2));
    assert_eq!((world.with(&old).get(LIST).await.status, issuer.looks()), (401, 2));
    // A key that is withdrawn is believed for ten minutes, whether or not an unknown one turns up.
    issuer.rotate("third");
    world.clock.advance(Duration::from_secs(200));
    assert_eq!(world.with(&new).get(LIST).await.status, 200);
    world.clock.advance(Duration::from_secs(401));
    let mut claims = issuer.claims(ADA);
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 900);
    assert_eq!(world.with(&new).get(LIST).await.status, 401);
    assert_eq!(issuer.looks(), 3);
}

#[tokio::test]
async fn invented_keys_do_not_make_us_ask_the_issuer_for_each() {
    let (world, issuer) = world().await;
    let good = issuer.token(ADA);
    assert_eq!(world.with(&good).get(LIST).await.status, 200);
    let ring = KeyRing::new("invented");
    let invented: Vec<_> = (0..100)
        .map(|n| ring.sign_with("EdDSA", &json!({"alg": "EdDSA", "kid": format!("invented-{n}")}), &issuer.claims(ADA)))
        .collect();
    for round in 1..=3 {
        let calls = invented.iter().map(|token| async { world.with(token).get(LIST).await.status });
        assert!(join_all(calls).await.iter().all(|status| *status == 401));
        assert_eq!(issuer.looks(), round);
        assert_eq!(world.with(&good).get(LIST).await.status, 200);
        world.clock.advance(Duration::from_secs(31));
    }
}

async fn must_be_away(world: &World, token: &str) {
    let answer = world.with(token).get(LIST).await;
    answer.must_be_a_problem(503);
    assert_eq!(answer.json()["type"], "urn:vend:problem:issuer-unavailable");
    assert!(!answer.header("retry-after").is_empty() && !answer.text().contains("127.0.0.1"), "{}", answer.text());
}

#[tokio::test]
async fn while_nothing_is_known_of_the_issuer_nobody_is_refused_and_nobody_let_in() {
    let (world, issuer) = world().await;
    let token = issuer.token(ADA);
    let broken = [(500, ""), (302, ""), (200, "<html>"), (200, "{}")];
    let broken = broken.map(|(status, body)| Mood { broken: Some((status, body.to_owned())), ..Mood::default() });
    for mood in broken.into_iter().chain([Mood { padding: 300_000, ..Mood::default() }]) {
        issuer.feel(mood);
        must_be_away(&world, &token).await;
        world.clock.advance(Duration::from_secs(6));
    }
    for other in ["https://evil.example".to_owned(), format!("{}/", issuer.url())] {
        issuer.feel(Mood { calls_itself: Some(other), ..Mood::default() });
        must_be_away(&world, &token).await;
        world.clock.advance(Duration::from_secs(6));
    }
    issuer.feel(Mood { moved: true, ..Mood::default() });
    must_be_away(&world, &token).await;
    issuer.feel(Mood::default());
    let looks = issuer.looks();
    join_all((0..50).map(|_| must_be_away(&world, &token))).await;
    assert_eq!(issuer.looks(), looks, "it is left alone for a moment");
    // What cannot be a token needs nobody to say so.
    world.with("junk").get(LIST).await.must_be_a_problem(401);
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(world.with(&token).get(LIST).await.status, 200);
}

#[tokio::test]
async fn keys_outlive_an_issuer_that_is_away_for_an_hour_and_no_longer() {
    let (world, issuer) = world().await;
    let token = || {
        let mut claims = issuer.claims(ADA);
        claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 7200);
        issuer.ring().sign("PS384", &claims)
    };
    let token = token();
    assert_eq!(world.with(&token).get(LIST).await.status, 200);
    issuer.feel(Mood { broken: Some((503, String::new())), ..Mood::default() });
    for minutes in [5, 20, 30] {
        world.clock.advance(Duration::from_mins(minutes));
        assert_eq!(world.with(&token).get(LIST).await.status, 200, "{minutes} minutes more");
    }
    let unknown = KeyRing::new("unknown").sign("EdDSA", &issuer.claims(ADA));
    world.clock.advance(Duration::from_secs(6));
    must_be_away(&world, &unknown).await;
    world.clock.advance(Duration::from_mins(6));
    must_be_away(&world, &token).await;
}
