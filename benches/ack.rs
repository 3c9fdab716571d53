//! Slack's slash command: verify and acknowledge, against a bare axum route with
//! the same HMAC in the same run. Server on one core, load on the other, 64
//! connections, rounds interleaved, medians told. A raw fdatasync loop is the control.
//!
//! `cargo bench --bench ack`; `VEND_BENCH_REQUESTS` and `VEND_BENCH_ROUNDS` change its size.
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

use std::io::Write as _;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use support::load::{self, Round, SECRET};
use support::{LOAD_CORE, SERVER_CORE, Server, median, pin, setting, smoke};
use vend::app::App;
use vend::config::Config;
use vend::http::ConnectionLimits;
use vend::http::slack::signature::verify;

const CONNECTIONS: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("serve-bare") => serve(false, ""),
        Some("serve-vend") => serve(true, &arguments[2]),
        _ => compare(),
    }
}

fn compare() {
    pin(LOAD_CORE);
    let (rounds, requests) =
        if smoke() { (1, 2_000) } else { (setting("VEND_BENCH_ROUNDS", 5), setting("VEND_BENCH_REQUESTS", 100_000)) };
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    let mut p99s = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (index, round) in [bare(requests), verified(requests), durable(requests)].into_iter().enumerate() {
            rates[index].push(round.rate);
            p99s[index].push(round.p99.as_secs_f64() * 1e3);
        }
    }
    let limit = median(&rates[0]);
    println!(
        "server             requests/s  of bare  p99 ms   (median of {rounds} rounds, {requests} requests, {CONNECTIONS} connections)"
    );
    for (index, name) in ["bare axum + HMAC", "vend, verify only", "vend, durable ack"].iter().enumerate() {
        let rate = median(&rates[index]);
        println!("{name:<18} {rate:>10.0}  {:>7.2}  {:>6.2}", rate / limit, median(&p99s[index]));
    }
    println!("control: raw append + fdatasync, {:.0} µs each", fdatasync_micros());
}

fn bare(requests: usize) -> Round {
    let server = Server::start(&["serve-bare"]);
    measure(&server, requests, false)
}

fn verified(requests: usize) -> Round {
    let folder = support::folder("ack");
    let server = Server::start(&["serve-vend", folder.path().to_str().unwrap()]);
    measure(&server, requests, true)
}

fn durable(requests: usize) -> Round {
    let folder = support::folder("ack");
    let server = Server::start(&["serve-vend", folder.path().to_str().unwrap()]);
    measure(&server, requests, false)
}

/// A short warm-up, then the round. With `ssl_check` a command is verified, read
/// and acknowledged, and nothing is stored: what Slack itself calls a check.
fn measure(server: &Server, requests: usize, ssl_check: bool) -> Round {
    let prepare = |from: usize, count: usize| {
        (from..from + count).map(|nth| load::slash_command(&server.address, nth, ssl_check)).collect()
    };
    load::run(&server.address, prepare(0, requests / 10), CONNECTIONS);
    load::run(&server.address, prepare(requests, requests), CONNECTIONS)
}

fn fdatasync_micros() -> f64 {
    let folder = support::folder("fdatasync");
    let mut file = std::fs::File::create(folder.path().join("control")).unwrap();
    let times = 300;
    let begun = Instant::now();
    for _ in 0..times {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

/// Serves on one core: the bare route, or the product's whole router on a fresh store.
/// The worker does not run: the bench is about taking deliveries, not about answering them.
fn serve(product: bool, folder: &str) {
    pin(SERVER_CORE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr().unwrap();
        if !product {
            println!("listening on http://{bound}");
            axum::serve(listener, Router::new().route("/slack/commands", post(bare_route))).await.unwrap();
            return;
        }
        let config = config(folder);
        let app = App::build(&config, bound).await.unwrap();
        println!("listening on http://{bound}");
        let limits = ConnectionLimits::for_requests(config.server.max_concurrent_requests);
        let (_never, stop) = tokio::sync::watch::channel(false);
        vend::http::serve(listener, app.router, limits, stop).await;
    });
}

async fn bare_route(headers: HeaderMap, body: Bytes) -> StatusCode {
    match verify(&[SECRET.to_owned()], &headers, &body, jiff::Timestamp::now()) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}

fn config(folder: &str) -> Config {
    let env = [
        ("VEND_STORE__PATH", format!("{folder}/vend.db")),
        ("VEND_MAIL__OUTBOX_DIR", format!("{folder}/outbox")),
        ("VEND_SLACK__SIGNING_SECRET", SECRET.to_owned()),
        ("VEND_SLACK__BOT_TOKEN", "xoxb-bench".to_owned()),
        ("VEND_SERVER__REQUESTS_PER_MINUTE", "10000000".to_owned()),
    ];
    let env = env.into_iter().map(|(name, value)| (name.to_owned(), value));
    Config::load(None, env, std::path::Path::new("no-such-file.toml")).unwrap()
}
