//! Whatever comes on whatever route with whatever method: no 5xx, no panic, a sentence
//! its reader can read, and nothing changed but by what was well formed.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use tokio::runtime::Builder;

use super::generated::{Call, calls};
use crate::api::document::operations;
use crate::fakes::world::{Answer, World};
use crate::promises::assert_kept;

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
const BROWSER: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];

/// Every route there is, and some places where there is none.
fn paths() -> BTreeSet<String> {
    let routes = operations().into_iter().map(|(_, path)| path);
    let nowhere = ["/nowhere", "//", "/api/v1", "/api/v1/requests/{id}/nonsense", "/slack", "/requests/{id}/x"];
    routes.chain(nowhere.map(str::to_owned)).collect()
}

/// The answer, but for the body of a stream that is still going on.
async fn sent(world: &World, request: Request<Body>) -> Answer {
    let (status, headers, body) = world.anyone().send(request).await;
    let live = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
    let body = if live { Vec::new() } else { to_bytes(body, usize::MAX).await.unwrap().to_vec() };
    Answer { status, headers, body }
}

/// A refusal says what to do: as a page to people, as a problem to programs.
fn is_a_sentence(call: &Call, answer: &Answer) -> bool {
    let kind = answer.header("content-type");
    if call.method == Method::HEAD {
        // What a HEAD would have said stays off the wire.
        return true;
    }
    if kind == "text/html; charset=utf-8" {
        return answer.text().contains("<h1>") && answer.text().contains("<p");
    }
    let detail = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
    let detail = detail["detail"].as_str().unwrap_or_default().to_owned();
    kind == "application/problem+json" && detail.len() > 10 && detail.ends_with(['.', '?', '!'])
}

async fn taken(world: &World, call: &Call, before: &mut String) -> TestCaseResult {
    let answer = sent(world, call.request()).await;
    prop_assert!(answer.status < 500, "{} {call:?}", answer.text());
    if answer.status >= 400 {
        prop_assert!(is_a_sentence(call, &answer), "{}: {:?} {}", answer.status, answer.headers, answer.text());
    }
    let after = world.snapshot();
    let may_change = call.method == Method::POST && answer.status < 400;
    prop_assert!(may_change || after == *before, "{} changed something", answer.status);
    *before = after;
    Ok(())
}

#[test]
fn no_input_breaks_a_route_or_changes_what_it_must_not() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (world, id) = runtime.block_on(async {
        let world = World::new().await;
        let id = world.submitted().await;
        (world, id)
    });
    let before = RefCell::new(world.snapshot());
    let documented = operations();
    for path in paths() {
        for method in METHODS {
            let routed = documented.contains(&(method.to_lowercase(), path.clone()));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let cases = if routed { 24 } else { 3 };
            let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
            let outcome = runner.run(&calls(method, &path, &id), |call| {
                runtime.block_on(taken(&world, &call, &mut before.borrow_mut()))
            });
            outcome.unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
    runtime.block_on(async {
        world.settle().await;
        assert_kept(&world.evidence().await);
    });
}

#[tokio::test]
async fn people_get_pages_and_programs_get_problems() {
    let world = World::new().await;
    for (method, path, status) in [
        (Method::GET, "/nowhere", 404),
        (Method::POST, "/livez", 405),
        (Method::DELETE, "/requests", 405),
        (Method::GET, "/slack/events", 405),
        (Method::GET, "/api/v1/requests/nonsense", 404),
        (Method::POST, "/account", 400),
    ] {
        let page = world.anyone().call(method.clone(), path, &BROWSER, "}{").await;
        assert_eq!((page.status, page.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains("<h1>") && page.header("content-security-policy").contains("default-src 'none'"));
        assert_eq!(status == 405, !page.header("allow").is_empty(), "{path} tells which methods it takes");
        world.anyone().call(method, path, &[], "}{").await.must_be_a_problem(status);
    }
}
