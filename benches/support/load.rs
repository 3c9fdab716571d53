//! A closed-loop HTTP/1.1 load: N connections, each sends the next prepared
//! request when the last answer is in. Requests are signed before the clock runs.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vend::http::slack::signature::sign;

/// The signing secret of all bench servers.
pub const SECRET: &str = "bench-signing-secret";

/// Slack's slash command as HTTP bytes, signed now; `nth` makes it unlike any other.
pub fn slash_command(address: &str, nth: usize, ssl_check: bool) -> Vec<u8> {
    let check = if ssl_check { "&ssl_check=1" } else { "" };
    let body = format!(
        "token=x&team_id=T0001&team_domain=example&channel_id=C2147483705&channel_name=test&user_id=U{:08}\
         &user_name=ada&command=%2Faccount&text=status&api_app_id=A123456\
         &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1234%2F5678&trigger_id={}.738474920.8088930838d88f008e0{check}",
        nth % 5000,
        13_345_224_609 + nth,
    );
    let timestamp = jiff::Timestamp::now().as_second().to_string();
    let signature = sign(SECRET, &timestamp, body.as_bytes());
    format!(
        "POST /slack/commands HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         x-slack-request-timestamp: {timestamp}\r\nx-slack-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What a round measured.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Answers a second.
    pub rate: f64,
    /// 99th percentile of the answer time.
    pub p99: Duration,
}

/// Sends every prepared request once over `connections`; every answer must be 200.
pub fn run(address: &str, requests: Vec<Vec<u8>>, connections: usize) -> Round {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (total, requests) = (requests.len(), Rc::new(requests));
        let next = Rc::new(Cell::new(0));
        // Never asleep, so that no server pays for waking its load, which in life is another machine.
        let awake = tokio::task::spawn_local(stay_awake());
        let begun = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|_| tokio::task::spawn_local(connection(address.to_owned(), Rc::clone(&requests), Rc::clone(&next))))
            .collect();
        let mut times = Vec::with_capacity(total);
        for task in tasks {
            times.extend(task.await.expect("a connection ends well"));
        }
        awake.abort();
        let rate = total as f64 / begun.elapsed().as_secs_f64();
        times.sort_unstable();
        Round { rate, p99: times[times.len() * 99 / 100] }
    })
}

async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

async fn connection(address: String, requests: Rc<Vec<Vec<u8>>>, next: Rc<Cell<usize>>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(&address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket option");
    let mut buffer = vec![0; 4096];
    let mut times = Vec::new();
    loop {
        let mine = next.get();
        let Some(request) = requests.get(mine) else { return times };
        next.set(mine + 1);
        let begun = Instant::now();
        stream.write_all(request).await.expect("it takes the request");
        let read = stream.read(&mut buffer).await.expect("it answers");
        let answer = &buffer[..read];
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
        times.push(begun.elapsed());
    }
}
