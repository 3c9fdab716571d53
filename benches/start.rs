//! How soon the first signed slash command is acknowledged after the process was
//! started, and how much memory it holds after 100,000 turns of conversation.
//!
//! `cargo bench --bench start`
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

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use support::load::{self, SECRET};
use support::{LOAD_CORE, Server, median, pin, setting, smoke};

fn main() {
    pin(LOAD_CORE);
    let starts = if smoke() { 3 } else { setting("VEND_BENCH_ROUNDS", 21) };
    let times: Vec<f64> = (0..starts).map(|_| start_to_first_ack()).collect();
    println!("start to first durable ack: {:.1} ms (median of {starts})", median(&times));
    let turns = if smoke() { 500 } else { setting("VEND_BENCH_REQUESTS", 100_000) };
    let (before, after) = memory_after(turns);
    println!("memory: {before:.1} MB after start, {after:.1} MB after {turns} turns of conversation");
}

/// Milliseconds from spawning the process to the acknowledgement, on a fresh store.
fn start_to_first_ack() -> f64 {
    let folder = support::folder("start");
    let begun = Instant::now();
    let server = Server::of(&mut vend(folder.path()));
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(&load::slash_command(&server.address, 1, false)).unwrap();
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    begun.elapsed().as_secs_f64() * 1e3
}

/// Resident megabytes before and after `turns` turns by 500 people.
fn memory_after(turns: usize) -> (f64, f64) {
    let folder = support::folder("memory");
    let server = Server::of(&mut vend(folder.path()));
    let megabytes = || server.resident_kib() as f64 / 1024.0;
    load::run(&server.address, vec![turn(&server.address, 0)], 1);
    let before = megabytes();
    let requests = (0..turns).map(|nth| turn(&server.address, nth)).collect();
    load::run(&server.address, requests, 64);
    (before, megabytes())
}

fn turn(address: &str, nth: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"UserEmail":"user{}@corp.example","UserName":"Ada","UserLastname":"Lovelace","UserInput":"Hi there"}}"#,
        nth % 500
    );
    format!(
        "POST /account HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn vend(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
    command
        .arg("serve")
        .current_dir(folder)
        .env("VEND_SERVER__LISTEN", "127.0.0.1:0")
        .env("VEND_SERVER__REQUESTS_PER_MINUTE", "10000000")
        .env("VEND_LOG__LEVEL", "error")
        .env("VEND_SLACK__SIGNING_SECRET", SECRET)
        .env("VEND_SLACK__BOT_TOKEN", "xoxb-bench")
        // Nobody is there: the answer to the command is retried in the background.
        .env("VEND_SLACK__API_URL", "http://127.0.0.1:9/");
    command
}
