//! `GET /api/v1/requests`: filters and pages.

use serde_json::Value;

use crate::fakes::world::{Client, Setup, World, sandbox};

const GENEROUS: &str = "
requesters: [{who: ['*'], account_types: [Production, Sandbox]}]
approvals: [{name: All, approvals: 1, approvers: [approver@example.com]}]
limits: {open_requests: 100}
expires_after: 48h
";

async fn world_of(requests: usize) -> World {
    let world = Setup::default().policy(GENEROUS).with_tokens().build().await;
    for nth in 0..requests {
        let person = if nth % 3 == 0 { "eve" } else { "ada" };
        let mut body = sandbox(&format!("{person}+{nth}@example.com"));
        body["requester"]["email"] = Value::Null;
        let made = world.who(person).post("/api/v1/requests", &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    world
}

/// Follows the pages to the end and answers the root addresses in order.
async fn all(client: &Client<'_>, query: &str) -> (Vec<String>, usize) {
    let (mut emails, mut pages, mut cursor) = (Vec::new(), 0, None::<String>);
    loop {
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = client.get(&format!("/api/v1/requests?{query}{next}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let requests = page["requests"].as_array().unwrap();
        emails.extend(requests.iter().map(|request| request["root_email"].as_str().unwrap().to_owned()));
        pages += 1;
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return (emails, pages);
        }
    }
}

#[tokio::test]
async fn pages_hold_every_request_once_newest_first() {
    let world = world_of(11).await;
    let newest_first = |emails: &[String]| emails.iter().map(|e| nth(e)).collect::<Vec<_>>();
    let (emails, pages) = all(&world.who("olga"), "limit=4").await;
    assert_eq!((newest_first(&emails), pages), ((0..11).rev().collect(), 3));
    let (emails, _) = all(&world.who("approver"), "limit=3&state=pending").await;
    assert_eq!(newest_first(&emails), (0..11).rev().collect::<Vec<_>>());
    let (emails, _) = all(&world.who("eve"), "limit=1").await;
    assert_eq!(newest_first(&emails), [9, 6, 3, 0]);
    let (emails, _) = all(&world.who("olga"), "requester=EVE@example.com&limit=3").await;
    assert_eq!(newest_first(&emails), [9, 6, 3, 0]);
    let (emails, _) = all(&world.who("ada"), "requester=eve@example.com").await;
    assert!(emails.is_empty());
}

fn nth(email: &str) -> usize {
    email.split(['+', '@']).nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn waiting_for_me_is_what_i_may_decide_and_have_not() {
    let world = world_of(3).await;
    let approver = world.who("approver");
    let (waiting, _) = all(&approver, "waiting_for=me").await;
    assert_eq!(waiting.len(), 3);
    assert!(all(&world.who("ada"), "waiting_for=me").await.0.is_empty());
    assert!(all(&world.who("olga"), "waiting_for=me").await.0.is_empty(), "an operator is no approver");

    let id = approver.get("/api/v1/requests?limit=1").await.json()["requests"][0]["id"].as_str().unwrap().to_owned();
    approver.post(&format!("/api/v1/requests/{id}/approve"), &serde_json::json!({})).await;
    assert_eq!(all(&approver, "waiting_for=me").await.0.len(), 2);
}

#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    let world = World::new().await;
    let answer = world.get("/api/v1/requests?state=done&limit=1000&cursor=abc&waiting_for=%FF&colour=red").await;
    answer.must_be_a_problem(400);
    assert_eq!(answer.faulty_fields(), ["state", "limit", "cursor", "waiting_for", "colour"]);
    for one in ["limit=-1", "limit=", "limit=1&limit=2", "cursor=%00", "requester=x", "waiting_for=me&state=ready"] {
        world.get(&format!("/api/v1/requests?{one}")).await.must_be_a_problem(400);
    }
}
