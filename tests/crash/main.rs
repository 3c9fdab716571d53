//! The crash test: the real binary kills itself with SIGKILL at every fault point
//! a journey passes, starts again on the same files, and must keep every promise.
//!
//! Built with the feature `fault-points`; `VEND_CRASH_PASSINGS` (default 2) says how
//! many passings of each point are tried.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod installation;
#[path = "../suite/promises.rs"]
mod promises;

use std::collections::BTreeMap;

use installation::Installation;
use vend::adapters::killing::calls;

/// Points only an operator's command or a chat passes: no part of this journey.
const ELSEWHERE: [&str; 8] = [
    "store.history",
    "jobs.release",
    "jobs.troubled",
    "store.resolve",
    "factory.organizational_units",
    "values.put",
    "values.get",
    "store.list",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_it_finishes_and_keeps_its_promises() {
    let passings: u32 = std::env::var("VEND_CRASH_PASSINGS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    let passed = points_of_an_undisturbed_run().await;
    must_cover_every_call(&passed);
    for (point, times) in &passed {
        for passing in 1..=passings.min(*times) {
            println!("killing at {point}, passing {passing}");
            let installation = Installation::new();
            installation.run_killed_at(point, passing).await;
            // A later passing may fall behind the journey's end; the first never does.
            assert!(installation.was_interrupted() || passing > 1, "it was not killed at {point}");
            installation.check(&format!("killed at {point} ({passing})")).await;
        }
    }
}

/// Every point the journey passes, with how often.
async fn points_of_an_undisturbed_run() -> BTreeMap<String, u32> {
    let installation = Installation::new();
    installation.run_undisturbed().await;
    installation.check("undisturbed").await;
    let mut passed = BTreeMap::new();
    for line in installation.trace().lines() {
        *passed.entry(line.to_owned()).or_default() += 1;
    }
    passed
}

/// A call to a port that the journey never makes would go untested in silence.
fn must_cover_every_call(passed: &BTreeMap<String, u32>) {
    let missing: Vec<_> = calls()
        .into_iter()
        .filter(|call| !ELSEWHERE.contains(call))
        .filter(|call| !passed.contains_key(&format!("{call}.before")))
        .collect();
    assert!(missing.is_empty(), "the journey passes no fault point of {missing:?}");
}
