//! The crash test: the real binary kills itself with SIGKILL at every fault point
//! a journey passes, starts again on the same files, and must keep every promise.
//! Two more: a worker that is paused instead, and kills at random from outside.
//!
//! Built with the feature `fault-points`. `VEND_CRASH_PASSINGS` (default 1) says how
//! many passings of each point are tried, `VEND_CRASH_RANDOM` (default 15) how often
//! the soak kills, `VEND_CRASH_SEED` when.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod cloud;
mod fakes;
mod installation;
mod on_aws;
#[path = "../suite/slack/payloads.rs"]
#[allow(dead_code, reason = "the suite sends more kinds")]
mod payloads;
mod played;
#[path = "../suite/promises.rs"]
mod promises;
mod rest;
mod sets;
mod slack;
mod soak;
mod two_workers;

use std::collections::BTreeMap;
use std::fmt::Debug;

use futures::StreamExt as _;
use installation::Fault;
use vend::adapters::killing::calls;

/// What only the journey in Slack passes, besides `chat.*`.
const IN_SLACK: [&str; 5] = ["values.put", "values.get", "store.list", "store.resolve", "factory.organizational_units"];
/// What only an account set passes.
const IN_SETS: [&str; 2] = ["store.history", "blueprints.bootstrap"];
/// Calls that no journey makes. `jobs.release` and `jobs.troubled` are an operator's.
/// `chat.find` is made only after a crash and has a test of its own.
const ELSEWHERE: [&str; 3] = ["jobs.release", "jobs.troubled", "chat.find"];
/// Cards are what is posted and noted first, then answers; each is tried.
const POSTS: u32 = 4;
/// Installations at once: two cores, and each waits half of its time for leases.
const AT_ONCE: usize = 3;
/// In Slack a few runs wait 30 s for a card whose post had no answer, doing nothing.
const IN_SLACK_AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_it_finishes_and_keeps_its_promises() {
    let passed = counted(&rest::run("undisturbed", None).await.trace());
    must_pass(&passed, |call| !IN_SLACK.contains(&call) && !IN_SETS.contains(&call) && !call.starts_with("chat."));
    each(points(&passed, |_| number("VEND_CRASH_PASSINGS", 1)), AT_ONCE, |(point, passing)| async move {
        let run = rest::run(&format!("killed at {point} ({passing})"), Some(Fault::kill(&point, passing))).await;
        // A later passing may fall behind the journey's end; the first never does.
        assert!(run.interruptions() > 0 || passing > 1, "it was not killed at {point}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_of_the_chat_it_says_everything_and_shows_one_card() {
    let passed = counted(&slack::run("undisturbed", Vec::new()).await.trace());
    // A delivery is acknowledged once it is promised.
    let own = |call: &str| IN_SLACK.contains(&call) || call.starts_with("chat.") || call == "jobs.promise";
    must_pass(&passed, own);
    let passed = passed.into_iter().filter(|(point, _)| own(call_of(point))).collect();
    let passings =
        |call: &str| if ["chat.post", "values.put"].contains(&call) { POSTS } else { number("VEND_CRASH_PASSINGS", 1) };
    each(points(&passed, passings), IN_SLACK_AT_ONCE, |(point, passing)| async move {
        slack::run(&format!("killed at {point} ({passing})"), vec![Fault::kill(&point, passing)]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_while_it_looks_for_a_card_it_lost_it_shows_one_card() {
    let points = ["chat.find.before", "chat.find.after"].map(str::to_owned).to_vec();
    each(points, AT_ONCE, |point| async move {
        let run = slack::run(&point, vec![Fault::kill("chat.post.after", 1), Fault::kill(&point, 1)]).await;
        assert_eq!(run.interruptions(), 2, "killed at {point} too");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_set_it_makes_each_account_each_stack_and_each_toolkit_once() {
    let trace = sets::run("undisturbed set", None).await.trace();
    must_pass(&counted(&trace), |call| IN_SETS.contains(&call) || sets::OWN.contains(&call));
    let points = sets::points(&trace);
    each(points, AT_ONCE, |point| async move {
        let run = sets::run(&format!("set killed at {point}"), Some(Fault::kill(&point, 1))).await;
        assert_eq!(run.interruptions(), 1, "it was not killed at {point}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_paused_anywhere_creates_nothing_twice() {
    let passings = two_workers::POINTS.iter().flat_map(|(point, times)| (1..=*times).map(move |nth| (*point, nth)));
    each(passings.collect(), AT_ONCE, |(point, passing)| two_workers::run(point, passing)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_aws_killed_at_any_point_it_creates_one_account_a_request() {
    let passed = counted(&on_aws::run("undisturbed on AWS", None).await.trace());
    must_pass(&passed, |call| call.starts_with("factory.") && !IN_SLACK.contains(&call));
    each(points(&passed, |_| number("VEND_CRASH_PASSINGS", 1)), AT_ONCE, |(point, passing)| async move {
        let what = format!("killed on AWS at {point} ({passing})");
        let run = on_aws::run(&what, Some(Fault::kill(&point, passing))).await;
        assert!(run.interruptions() > 0 || passing > 1, "it was not killed at {point}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_aws_a_worker_that_is_paused_creates_nothing_twice() {
    let passings =
        two_workers::POINTS_ON_AWS.iter().flat_map(|(point, times)| (1..=*times).map(move |nth| (*point, nth)));
    each(passings.collect(), AT_ONCE, |(point, passing)| two_workers::run_on_aws(point, passing)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_aws_eight_requests_end_well_through_everything_at_once() {
    on_aws::everything_at_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_it_finishes_and_keeps_its_promises() {
    soak::run(number("VEND_CRASH_RANDOM", 15), number("VEND_CRASH_SEED", 1).into()).await;
}

/// Runs all, a few at a time, and says which.
async fn each<T: Debug, F: Future<Output = ()>>(cases: Vec<T>, at_once: usize, run: impl Fn(T) -> F) {
    let all = cases.len();
    let numbered = cases.into_iter().enumerate().map(|(nth, case)| {
        println!("{} of {all}: {case:?}", nth + 1);
        run(case)
    });
    futures::stream::iter(numbered).buffer_unordered(at_once).collect::<()>().await;
}

/// Each point as often as it shall be tried.
fn points(passed: &BTreeMap<String, u32>, passings: impl Fn(&str) -> u32) -> Vec<(String, u32)> {
    let tried = |(point, times): (&String, &u32)| {
        let point = point.clone();
        (1..=passings(call_of(&point)).min(*times)).map(move |passing| (point.clone(), passing)).collect::<Vec<_>>()
    };
    passed.iter().flat_map(tried).collect()
}

/// The call a point belongs to, whomever it is about.
fn call_of(point: &str) -> &str {
    let name = point.split(' ').next().unwrap_or(point);
    name.rsplit_once('.').map_or(name, |(call, _)| call)
}

/// Every point a journey passed, with how often, whomever the calls were about.
fn counted(trace: &str) -> BTreeMap<String, u32> {
    let mut passed = BTreeMap::new();
    for point in trace.lines().filter_map(|line| line.split(' ').next()) {
        *passed.entry(point.to_owned()).or_default() += 1;
    }
    passed
}

/// A call to a port that no journey makes would go untested in silence.
fn must_pass(passed: &BTreeMap<String, u32>, wanted: impl Fn(&str) -> bool) {
    let missing: Vec<_> = calls()
        .into_iter()
        .filter(|call| wanted(call) && !ELSEWHERE.contains(call))
        .filter(|call| !passed.contains_key(&format!("{call}.before")))
        .collect();
    assert!(missing.is_empty(), "the journey passes no fault point of {missing:?}");
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().map_or(default, |value| value.parse().expect("a number"))
}
