//! What submit, read, list, decide and poll cost with 1,000 and with 1,000,000
//! stored requests: the median of each, and their ratio.
//!
//! `cargo bench --bench scale`; `VEND_BENCH_STORED` sets the larger number.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench stops at the first surprise and tells what it measured"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use support::{median, setting, smoke};
use vend::app::App;
use vend::config::Config;
use vend::domain::event::{Event, Recorded, Submission};
use vend::domain::ids::RequestId;
use vend::domain::job::{JobKind, Lane, NewJob};
use vend::domain::locks;
use vend::domain::person::{Actor, Channel, Requester};
use vend::domain::preflight::Checklist;
use vend::domain::request::{Request, State};
use vend::domain::spec::{AccountSpec, AccountType, Draft, OrganizationalUnit, SpecHash};
use vend::ports::store::{Commit, Lock};
use vend::service::{Decide, Service, Wanted};

const VERBS: [&str; 5] = ["submit", "read", "list", "decide", "poll"];
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let (few, many) = if smoke() { (100, 1_000) } else { (1_000, setting("VEND_BENCH_STORED", 1_000_000)) };
    let (small_dir, large_dir) = (support::folder("scale-few"), support::folder("scale-many"));
    let small = installation(small_dir.path(), few).await;
    let large = installation(large_dir.path(), many).await;
    let calls = if smoke() { 5 } else { 200 };
    let mut medians = [const { [const { Vec::new() }; 2] }; VERBS.len()];
    for round in 0..ROUNDS {
        for (side, app) in [&small, &large].into_iter().enumerate() {
            let times = measure(&app.service, round, calls).await;
            for (verb, times) in times.iter().enumerate() {
                medians[verb][side].push(median(times));
            }
        }
    }
    println!(
        "p50 in µs          {few:>10}  {many:>10}  ratio   (median of {ROUNDS} interleaved rounds of {calls} calls)"
    );
    for (verb, [few, many]) in VERBS.iter().zip(&medians) {
        let (few, many) = (median(few), median(many));
        println!("{verb:<18} {few:>10.0}  {many:>10.0}  {:>5.2}", many / few);
    }
}

async fn measure(service: &Arc<Service>, round: usize, calls: usize) -> [Vec<f64>; VERBS.len()] {
    let mut times = [const { Vec::new() }; VERBS.len()];
    let operator = Actor::local_operator(Channel::Api);
    for call in 0..calls {
        let who = requester(&format!("round{round}.{call}"));
        let draft = draft(round, call);
        let begun = Instant::now();
        let made = service.submit(&draft, &who, &operator, None).await.expect("it is stored");
        times[0].push(micros(begun));
        let id: RequestId = made.id.parse().unwrap();
        let begun = Instant::now();
        service.show(id).await.unwrap();
        times[1].push(micros(begun));
        let begun = Instant::now();
        let wanted = Wanted { state: Some(State::Pending), limit: 20, ..Wanted::default() };
        service.list(wanted).await.unwrap();
        times[2].push(micros(begun));
        let begun = Instant::now();
        service.decide(id, &operator, Decide::Deny { reason: "a bench".into() }).await.unwrap();
        times[3].push(micros(begun));
        let begun = Instant::now();
        service.store.claim(Lane::Work, service.clock.now(), Duration::from_mins(10), 1).await.unwrap();
        times[4].push(micros(begun));
    }
    times
}

fn micros(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6
}

/// An installation whose store holds `stored` requests that ended, as years of use leave them.
async fn installation(folder: &std::path::Path, stored: usize) -> App {
    let env = [("VEND_STORE__PATH", folder.join("vend.db")), ("VEND_MAIL__OUTBOX_DIR", folder.join("outbox"))];
    let env = env.into_iter().map(|(name, path)| (name.to_owned(), path.display().to_string()));
    let config = Config::load(None, env, std::path::Path::new("no-such-file.toml")).unwrap();
    let app = App::build(&config, "127.0.0.1:1".parse().unwrap()).await.unwrap();
    let begun = Instant::now();
    let commits = stream::iter(0..stored).map(|nth| {
        let service = Arc::clone(&app.service);
        async move { service.store.commit(ended(nth)).await.unwrap() }
    });
    commits.buffer_unordered(512).collect::<Vec<()>>().await;
    eprintln!("stored {stored} requests in {:.0} s", begun.elapsed().as_secs_f64());
    app
}

/// A request that was made and taken back.
fn ended(nth: usize) -> Commit {
    let made = Timestamp::from_second(1_700_000_000 + i64::try_from(nth).unwrap()).unwrap();
    let who = requester(&format!("user{}", nth % 5_000));
    let spec = spec(nth);
    let hash = SpecHash::of(&spec, &who);
    let actor = Actor::person(&who.email, Channel::Api);
    let mut preflight = Checklist::default();
    for field in ["account_type", "root_email", "organizational_unit", "account_name", "blueprint", "purpose"] {
        preflight.pass(field, "A line as long as the lines of a real checklist are on average");
    }
    let expires_at = made + Duration::from_hours(48);
    let policy_rule = "Sandbox accounts: 1 approval from approver@example.com".to_owned();
    let email = spec.root_email.clone();
    let (requester, approvals_needed, member_of) = (who, 1, None);
    let submission =
        Submission { requester, spec, hash, preflight, approvals_needed, policy_rule, expires_at, member_of };
    let id = RequestId::new(ulid::Ulid::from_parts(u64::try_from(made.as_millisecond()).unwrap(), nth as u128));
    let first = Recorded::link(id, None, made, actor.clone(), Event::Submitted(Box::new(submission)));
    let mut request = Request::begin(&first).unwrap();
    let second = request.record(made, &actor, Event::Cancelled { reason: None }).unwrap();
    let due_at = Timestamp::now() + Duration::from_hours(48);
    Commit {
        request,
        events: vec![first, second],
        not_after: None,
        acquire: vec![Lock { name: locks::email(&email), note: String::new(), takes_over: None }],
        release: Vec::new(),
        jobs: vec![NewJob { key: format!("expire/{id}/1"), kind: JobKind::Expire { request: id }, due_at }],
        settle: None,
    }
}

fn requester(name: &str) -> Requester {
    let email = format!("{name}@corp.example");
    Requester { email, first_name: "Ada".into(), last_name: "Lovelace".into(), slack: None }
}

fn spec(nth: usize) -> AccountSpec {
    AccountSpec {
        account_type: AccountType::Sandbox,
        account_name: format!("stored-{nth}"),
        root_email: format!("stored-{nth}@corp.example"),
        organizational_unit: OrganizationalUnit { name: "Demos".into(), id: "ou-ab12-7a8b9c0d".into() },
        blueprint: None,
        purpose: "to be one of many".into(),
        region: None,
        cost_centre: None,
        tags: std::collections::BTreeMap::new(),
        set: None,
    }
}

fn draft(round: usize, call: usize) -> Draft {
    Draft {
        account_type: Some("Sandbox".into()),
        root_email: Some(format!("bench-{round}-{call}@corp.example")),
        organizational_unit: Some("Demos".into()),
        purpose: Some("to be measured".into()),
        ..Draft::default()
    }
}
