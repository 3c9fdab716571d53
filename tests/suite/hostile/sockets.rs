//! The real server and clients that keep to no protocol: it refuses, in words where HTTP
//! lets it, lets nobody hang and goes on serving.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::cli::run::{Served, Vend};

/// How long a socket may take: far longer than the second the server gives a body.
const PATIENCE: Duration = Duration::from_secs(20);

fn server() -> (Vend, Served) {
    let vend = Vend::new(&[("VEND_SERVER__LISTEN", "127.0.0.1:0"), ("VEND_SERVER__REQUEST_TIMEOUT_SECONDS", "1.5")]);
    let vend = vend.with("VEND_SLACK__SIGNING_SECRET", "secret").with("VEND_SLACK__BOT_TOKEN", "xoxb-1");
    let served = vend.serve();
    (vend, served)
}

fn connected(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// All that comes until the server closes.
fn said(served: &Served, bytes: &[u8]) -> String {
    let mut stream = connected(served);
    // The server may close while it is still being shouted at.
    let _ = stream.write_all(bytes);
    rest(&mut stream)
}

/// The same when nothing comes behind `bytes`.
fn cut_off(served: &Served, bytes: &[u8]) -> String {
    let mut stream = connected(served);
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&mut stream)
}

fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The head of a POST with these further header lines.
fn head(path: &str, lines: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{lines}\r\n")
}

fn is_well(vend: &Vend, served: &Served) {
    let answer = said(served, b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!vend.log().contains("panicked"), "{}", vend.log());
    let ended = vend.run(&["audit", "verify"]).with_code(0);
    assert!(ended.out.starts_with("0 requests"), "{ended:?}");
}

#[test]
fn what_is_no_http_is_refused_and_harms_nobody() {
    let (vend, served) = server();
    let many = (0..2_000).fold(String::new(), |mut lines, nth| {
        write!(lines, "x-{nth}: 1\r\n").unwrap();
        lines
    });
    let table: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("junk", b"\x00\xff\x16\x03\x01 hello\r\n\r\n".to_vec(), &["400", ""]),
        ("no version", b"GET /\r\n\r\n".to_vec(), &["400"]),
        ("another protocol", b"GET / HTTP/9.9\r\n\r\n".to_vec(), &["400", "505"]),
        ("a blank in a header", head("/account", "content length : 1\r\n").into_bytes(), &["400"]),
        ("a bare carriage return", head("/account", "x: a\rb\r\n").into_bytes(), &["400"]),
        ("two lengths", head("/account", "content-length: 1\r\ncontent-length: 2\r\n").into_bytes(), &["400"]),
        ("a negative length", head("/account", "content-length: -1\r\n").into_bytes(), &["400"]),
        (
            "an endless length",
            head("/account", &format!("content-length: {}\r\n", "9".repeat(30))).into_bytes(),
            &["400"],
        ),
        ("an unknown encoding", head("/account", "transfer-encoding: rot13\r\n").into_bytes(), &["400"]),
        (
            "a broken chunk",
            (head("/account", "transfer-encoding: chunked\r\n") + "zz\r\n{}\r\n0\r\n\r\n").into(),
            &["400"],
        ),
        (
            "an endless address",
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000)).into_bytes(),
            &["414", "431", ""],
        ),
        (
            "an endless header",
            head("/account", &format!("x: {}\r\n", "a".repeat(1_000_000))).into_bytes(),
            &["431", ""],
        ),
        ("too many headers", head("/account", &many).into_bytes(), &["431"]),
        (
            "bytes in the address",
            b"GET /requests/\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec(),
            &["400", "404"],
        ),
        (
            "a proxy's words",
            b"CONNECT evil.example:443 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec(),
            &["404", "405"],
        ),
        ("an asterisk", b"OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec(), &["404", "405"]),
    ];
    for (what, bytes, expected) in table {
        let answer = said(&served, &bytes);
        let status = answer.strip_prefix("HTTP/1.1 ").map_or("", |rest| &rest[..3]);
        assert!(expected.contains(&status), "{what}: {answer:?}");
        is_well(&vend, &served);
    }
    for bytes in [&b""[..], b"POST /account HTTP/1.1\r\nhost", b"\r\n\r\n"] {
        assert_eq!(cut_off(&served, bytes), "");
    }
    is_well(&vend, &served);
}

#[test]
fn a_body_that_is_cut_off_or_late_is_told_so() {
    let (vend, served) = server();
    for path in ["/account", "/api/v1/requests"] {
        let begun = head(path, "content-type: application/json\r\ncontent-length: 100\r\n") + "{\"UserEmail\":";
        let answer = cut_off(&served, begun.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{path}: {answer:?}");
        let mut stream = connected(&served);
        stream.write_all(begun.as_bytes()).unwrap();
        let start = Instant::now();
        let answer = rest(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("Send it again"), "{path}: {answer:?}");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
    is_well(&vend, &served);
}

#[test]
fn whoever_uploads_too_much_hears_the_answer_when_they_are_done() {
    let (vend, served) = server();
    let large = vec![b'x'; 8 * 1024 * 1024];
    let table = [
        ("/account", "content-type: application/json\r\n", "413"),
        ("/api/v1/requests", "", "413"),
        ("/account/confirm/x", "content-type: application/x-www-form-urlencoded\r\n", "413"),
        ("/slack/events", "", "401"),
        ("/slack/commands", "x-slack-signature: v0=00\r\n", "413"),
        ("/nowhere", "", "404"),
        ("/livez", "", "405"),
    ];
    for (path, lines, status) in table {
        let head = head(path, &format!("{lines}content-length: {}\r\n", large.len()));
        let mut stream = connected(&served);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&large).unwrap_or_else(|error| panic!("{path}: {error}"));
        let answer = rest(&mut stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer:?}");
        assert!(answer.contains("\"detail\":\""), "{path}: {answer:?}");
    }
    is_well(&vend, &served);
}
