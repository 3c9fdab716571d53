//! Slack's signature over raw bytes.

use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign, verify};

use super::Feed;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const NOW: i64 = 1_763_715_600;

/// A body is believed when its one timestamp is fresh and its one signature is the right one, and
/// else never: not with one bit of it changed.
pub fn signature(data: &[u8]) {
    let mut feed = Feed(data);
    let (early, which, bit) = (feed.number() % 301, feed.number(), feed.number());
    let (stamp, claimed) = (feed.line(), feed.line());
    let body = feed.rest();
    let believed = is_believed(stamp, claimed, body);
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    let fresh = |second: i64| (NOW - 300..=NOW + 300).contains(&second);
    let digits = !stamp.is_empty() && stamp.iter().all(u8::is_ascii_digit);
    let due = digits && text(stamp).parse().is_ok_and(fresh) && text(claimed) == sign(SECRET, text(stamp), body);
    assert_eq!(believed, due);

    let stamp = (NOW - 300 + i64::try_from(2 * early).unwrap()).to_string();
    let good = sign(SECRET, &stamp, body);
    assert!(is_believed(stamp.as_bytes(), good.as_bytes(), body));
    let mut parts = [stamp.into_bytes(), good.into_bytes(), body.to_vec()];
    let part = &mut parts[which % 3];
    if !part.is_empty() {
        let at = bit / 8 % part.len();
        part[at] ^= 1 << (bit % 8);
        assert!(!is_believed(&parts[0], &parts[1], &parts[2]), "{parts:?}");
    }
}

fn is_believed(stamp: &[u8], claimed: &[u8], body: &[u8]) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in [(TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, claimed)] {
        // What no header can hold never arrives.
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        headers.append(name, value);
    }
    let now = Timestamp::from_second(NOW).unwrap();
    let secrets = ["the one before".to_owned(), SECRET.to_owned()];
    let verdict = verify(&secrets, &headers, body, now).is_ok();
    assert!(verify(&[], &headers, body, now).is_err() && verify(&secrets[..1], &headers, body, now).is_err());
    for name in [TIMESTAMP_HEADER, SIGNATURE_HEADER] {
        let Some(value) = headers.get(name).cloned() else { continue };
        headers.append(name, value);
        assert!(verify(&secrets, &headers, body, now).is_err(), "given twice");
    }
    verdict
}
