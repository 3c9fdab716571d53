//! Junk on every route: a sentence, never a 5xx, nothing stored.

use axum::http::Method;

use super::document::operations;
use crate::fakes::world::World;

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("junk", b"}{ <xml/> \x07".to_vec()),
        ("truncated", br#"{"account_type": "Sand"#.to_vec()),
        ("not UTF-8", b"{\"reason\": \"\xff\xfe\"}".to_vec()),
        ("null bytes", vec![0; 64]),
        ("deep", "[".repeat(100_000).into_bytes()),
        ("deep and closed", format!("{}{}", "{\"a\":".repeat(5_000), "1".to_owned() + &"}".repeat(5_000)).into_bytes()),
        ("huge", vec![b' '; 300_000]),
        ("a list", b"[]".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("null", b"null".to_vec()),
        ("half a surrogate", br#"{"reason": "\ud800", "UserInput": "\ud800"}"#.to_vec()),
        ("wrong types", br#"{"reason": [{}], "UserInput": 5, "decision": 7, "requester": "me", "tags": 1}"#.to_vec()),
    ]
}

#[tokio::test]
async fn junk_on_every_route_is_answered_with_a_sentence_and_stores_nothing() {
    let world = World::new().await;
    let id = world.submitted().await;
    let before = world.snapshot();
    let posts: Vec<_> = operations().into_iter().filter(|(method, _)| method == "post").collect();
    assert!(posts.len() >= 9, "{posts:?}");
    for (_, path) in posts {
        for (what, body) in bodies() {
            let dry_run = path.ends_with("/preflight") && what == "wrong types";
            let headers = [("content-type", "application/json")];
            let answer = world.anyone().call(Method::POST, &path.replace("{id}", &id), &headers, body).await;
            assert!((400..500).contains(&answer.status) || dry_run, "{what} on {path}: {}", answer.text());
            if answer.status >= 400 && !path.starts_with("/slack/") {
                answer.must_be_a_problem(answer.status);
            }
        }
        assert_eq!(world.snapshot(), before, "{path} stored something");
    }
}

#[tokio::test]
async fn hostile_names_in_the_address_are_nobodys_request() {
    let world = World::new().await;
    let long = "a".repeat(5_000);
    let paths = operations().into_iter().filter(|(_, path)| path.contains("{id}") && path.starts_with("/api/"));
    for (method, path) in paths {
        for name in
            ["%FF", "%00", "..%2F..%2Fetc%2Fpasswd", "req-%F0%9F%92%A3", "'%20OR%201=1", "req-00000000", long.as_str()]
        {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = world.anyone().call(method, &path.replace("{id}", name), &[], "{\"reason\":\"x\"}").await;
            answer.must_be_a_problem(404);
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_act_as_the_local_operator() {
    let world = World::new().await;
    let id = world.submitted().await;
    let before = world.snapshot();
    for path in [format!("/api/v1/requests/{id}/approve"), format!("/account/confirm/{id}")] {
        for headers in [
            [("host", "127.0.0.1:8080"), ("origin", "https://evil.example")],
            [("host", "evil.example:8080"), ("origin", "http://evil.example:8080")],
            [("host", "127.0.0.1:8080"), ("origin", "null")],
        ] {
            world.anyone().call(Method::POST, &path, &headers, "").await.must_be_a_problem(403);
        }
    }
    assert_eq!(world.snapshot(), before);
    let headers = [("host", "127.0.0.1:8080")];
    let own = world.anyone().call(Method::POST, &format!("/account/confirm/{id}"), &headers, "").await;
    assert_eq!(own.status, 200, "the original collection's empty body approves: {}", own.text());
}

#[tokio::test]
async fn an_unknown_page_and_a_wrong_method_are_problems_too() {
    let world = World::new().await;
    world.get("/api/v2/requests").await.must_be_a_problem(404);
    world.post("/api/v1/blueprints", &serde_json::json!({})).await.must_be_a_problem(405);
    world.get("/api/v1/blueprints/no-such").await.must_be_a_problem(404);
}
