//! Who may do what with a bearer token.

use serde_json::json;

use crate::fakes::world::{World, sandbox};

/// Status per caller: nobody, reader (Ada, may look), ada, eve (no approver), approver, olga (operator).
type Row = (&'static str, &'static str, [u16; 6]);

#[tokio::test]
async fn every_call_is_open_to_exactly_those_who_may() {
    const WHO: [&str; 6] = ["nobody", "reader", "ada", "eve", "approver", "olga"];
    let table: [Row; 8] = [
        ("GET", "", [401, 200, 200, 404, 200, 200]),
        ("POST", "/approve", [401, 403, 403, 404, 200, 403]),
        ("POST", "/deny", [401, 403, 403, 404, 200, 403]),
        ("POST", "/cancel", [401, 403, 200, 404, 403, 200]),
        ("POST", "/retry", [401, 403, 409, 404, 409, 409]),
        ("POST", "/rollback", [401, 403, 409, 404, 409, 409]),
        ("GET", "?list", [401, 200, 200, 200, 200, 200]),
        ("POST", "?create", [401, 403, 201, 403, 403, 201]),
    ];
    for (method, what, expected) in table {
        for (who, status) in WHO.iter().zip(expected) {
            let world = World::with_tokens().await;
            let id = {
                let made = world.who("ada").post("/api/v1/requests", &sandbox("ada+1@example.com")).await;
                made.json()["id"].as_str().unwrap().to_owned()
            };
            let caller = if *who == "nobody" { world.anyone() } else { world.who(who) };
            let answer = match (method, what) {
                (_, "?list") => caller.get("/api/v1/requests").await,
                (_, "?create") => caller.post("/api/v1/requests", &sandbox("ada+2@example.com")).await,
                ("GET", _) => caller.get(&format!("/api/v1/requests/{id}{what}")).await,
                (_, "/rollback") => caller.post(&format!("/api/v1/requests/{id}{what}"), &json!({})).await,
                _ => caller.post(&format!("/api/v1/requests/{id}{what}"), &json!({"reason": "So be it"})).await,
            };
            assert_eq!(answer.status, status, "{who} {method} {what}: {}", answer.text());
            if status >= 400 {
                answer.must_be_a_problem(status);
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_nobody_and_told_so() {
    let world = World::with_tokens().await;
    for value in ["Bearer wrong", "Bearer ", "Basic dG9rZW4=", "token-of-ada", "Bearer token-of-ada, x"] {
        let answer =
            world.anyone().call("GET".parse().unwrap(), "/api/v1/requests", &[("authorization", value)], "").await;
        answer.must_be_a_problem(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let words = if value == "Bearer wrong" { "is not known here" } else { "" };
        assert!(answer.text().contains(words), "{value}: {}", answer.text());
    }
}
