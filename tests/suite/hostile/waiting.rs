//! Connections that let the server wait: half a head, silence, an answer that is not
//! taken, too many at once. They go, honest ones stay, and a stop is prompt.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use vend::http::{ConnectionLimits, serve};

use crate::cli::run::Vend;
use crate::fakes::world::World;

/// Longer than anything here takes, shorter than any limit that is not under test.
const SOON: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_millis(300);

const LIMITS: ConnectionLimits = ConnectionLimits { at_once: 64, head: NEVER, idle: NEVER, stalled: NEVER };

struct Server {
    address: std::net::SocketAddr,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Server {
    async fn start(router: Router, limits: ConnectionLimits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        Self { address, stop, running: tokio::spawn(serve(listener, router, limits, stopping)) }
    }

    /// A connection on which this much was said.
    async fn told(&self, bytes: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        socket
    }

    /// How long it takes until it has stopped.
    async fn stops(self) -> Duration {
        let start = Instant::now();
        self.stop.send_replace(true);
        timeout(SOON, self.running).await.expect("a stop").unwrap();
        start.elapsed()
    }
}

/// Answers `/` at once, `/slow` after a moment, and `/endless` for ever.
fn routes() -> Router {
    let endless = || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024])));
    let slow = async || {
        sleep(SHORT).await;
        "well"
    };
    Router::new()
        .route("/", get(async || "well"))
        .route("/slow", get(slow))
        .route("/endless", get(async move || endless()))
}

const ASKED: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// One whole answer of `routes`, on a connection that stays.
async fn answer(socket: &mut TcpStream) -> String {
    let mut said = String::new();
    while !said.ends_with("well") {
        let mut bytes = [0; 1024];
        let read = timeout(SOON, socket.read(&mut bytes)).await.expect("an answer").unwrap();
        assert!(read > 0, "closed after {said:?}");
        said.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    said
}

/// Waits for the server to close; how long that took.
async fn closed(mut socket: TcpStream) -> Duration {
    let start = Instant::now();
    let read = timeout(SOON, socket.read(&mut [0; 64])).await.expect("an end");
    assert!(matches!(read, Ok(0) | Err(_)), "something was said: {read:?}");
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_is_closed_in_time_and_stands_in_nobodys_way() {
    let server = Server::start(routes(), ConnectionLimits { head: SHORT, ..LIMITS }).await;
    let mut halves = Vec::new();
    for nth in 0..40 {
        halves.push(server.told(["", "G", "GET / HTTP/1.1\r\nhost: a\r\nx"][nth % 3]).await);
    }
    answer(&mut server.told(ASKED).await).await;
    for half in halves {
        closed(half).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_is_closed_all_the_same() {
    let server = Server::start(routes(), ConnectionLimits { head: SHORT, ..LIMITS }).await;
    let mut first = server.told(ASKED).await;
    answer(&mut first).await;
    for mut socket in [first, server.told("").await] {
        let start = Instant::now();
        while socket.write_all(b"G").await.is_ok() {
            assert!(start.elapsed() < SOON, "it drips for ever");
            sleep(SHORT / 10).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_used_again_until_it_was_silent_for_too_long() {
    let server = Server::start(routes(), ConnectionLimits { head: SHORT, idle: SHORT * 5, ..LIMITS }).await;
    let mut socket = server.told("").await;
    for _ in 0..3 {
        socket.write_all(ASKED.as_bytes()).await.unwrap();
        answer(&mut socket).await;
        sleep(SHORT * 2).await;
    }
    let left = closed(socket).await;
    assert!(left > SHORT && left < SHORT * 5, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_stream_outlives_every_limit_of_a_head() {
    let world = World::new().await;
    let id = world.submitted().await;
    let limits = ConnectionLimits { head: SHORT, idle: SHORT, stalled: SHORT, ..LIMITS };
    let server = Server::start(world.router(), limits).await;
    let ask =
        format!("GET /api/v1/requests/{id}/events HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n");
    let mut socket = server.told(&ask).await;
    sleep(SHORT * 4).await;
    let denied = world.post(&format!("/api/v1/requests/{id}/deny"), &serde_json::json!({"reason": "No"})).await;
    assert_eq!(denied.status, 200, "{}", denied.text());
    let mut said = String::new();
    while !said.contains("denied") {
        let mut bytes = [0; 4096];
        let read = timeout(SOON, socket.read(&mut bytes)).await.expect("the news").unwrap();
        assert!(read > 0, "the stream ended: {said}");
        said.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_too_many_waits_and_is_not_dropped() {
    let server = Server::start(routes(), ConnectionLimits { at_once: 2, ..LIMITS }).await;
    let mut first = server.told(ASKED).await;
    answer(&mut first).await;
    let _second = server.told("GET").await;
    let mut third = server.told(ASKED).await;
    timeout(SHORT, third.readable()).await.expect_err("no place for a third");
    drop(first);
    answer(&mut third).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_nothing_to_ask_makes_room_when_others_wait() {
    let server = Server::start(routes(), ConnectionLimits { at_once: 2, head: SHORT, ..LIMITS }).await;
    let mut idle = [server.told(ASKED).await, server.told(ASKED).await];
    for socket in &mut idle {
        answer(socket).await;
    }
    answer(&mut server.told(ASKED).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = Server::start(routes(), ConnectionLimits { at_once: 1, stalled: SHORT, ..LIMITS }).await;
    let _deaf = server.told("GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await;
    answer(&mut server.told(ASKED).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_the_answers_and_waits_for_no_idle_connection() {
    let server = Server::start(routes(), LIMITS).await;
    let mut idle = server.told(ASKED).await;
    answer(&mut idle).await;
    let _silent = server.told("").await;
    assert!(server.stops().await < Duration::from_secs(1));
    closed(idle).await;

    let server = Server::start(routes(), LIMITS).await;
    let mut asking = server.told("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    timeout(SHORT / 3, asking.readable()).await.expect_err("it is slow");
    let (took, said) = tokio::join!(server.stops(), answer(&mut asking));
    assert!(said.contains("connection: close"), "{said}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_no_half_a_head_and_answers_a_whole_one() {
    const HALF: &str = "GET /slow HTTP/1.1\r\nhost: a\r\n";
    let server = Server::start(routes(), LIMITS).await;
    let first = server.told(HALF).await;
    let mut second = server.told(ASKED).await;
    answer(&mut second).await;
    second.write_all(HALF.as_bytes()).await.unwrap();
    sleep(SHORT).await;
    assert!(server.stops().await < Duration::from_secs(1));
    for half in [first, second] {
        closed(half).await;
    }

    // What comes in two parts is whole as soon as both are there.
    let server = Server::start(routes(), LIMITS).await;
    let mut whole = server.told(HALF).await;
    sleep(SHORT).await;
    whole.write_all(b"\r\n").await.unwrap();
    timeout(SHORT / 3, whole.readable()).await.expect_err("it is slow");
    let (_, said) = tokio::join!(server.stops(), answer(&mut whole));
    assert!(said.contains("connection: close"), "{said}");
}

/// The kernel refuses more files than this; the server itself needs about twenty.
const FILES: &str = "--nofile=48:48";

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn a_server_without_descriptors_says_so_and_goes_on_when_there_are_some() {
    let vend = Vend::new(&[("VEND_SERVER__LISTEN", "127.0.0.1:0")]);
    let served = vend.serve();
    let pid = served.id().to_string();
    let limited = std::process::Command::new("prlimit").args(["--pid", &pid, FILES]).status().expect("prlimit");
    assert!(limited.success());
    let address = served.url.trim_start_matches("http://").to_owned();
    let mut crowd = Vec::new();
    for _ in 0..80 {
        crowd.push(TcpStream::connect(&address).await.unwrap());
    }
    let start = Instant::now();
    while !vend.log().contains("cannot take connections") {
        assert!(start.elapsed() < SOON, "{}", vend.log());
        sleep(SHORT / 3).await;
    }
    sleep(SHORT * 2).await;
    let lines = vend.log().matches("cannot take connections").count();
    assert!(lines < 5, "it spins: {lines}");
    drop(crowd);
    let http = reqwest::Client::builder().no_proxy().timeout(SOON).build().unwrap();
    assert_eq!(http.get(format!("{}/readyz", served.url)).send().await.unwrap().status(), 200);
}
