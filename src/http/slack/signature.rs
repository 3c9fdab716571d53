//! Whether a request really comes from Slack. Looks at raw bytes and headers
//! only: nothing is parsed before this has said yes.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// When Slack signed, in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";
/// `v0=` and the HMAC-SHA256 in hex.
pub const SIGNATURE_HEADER: &str = "x-slack-signature";
/// How far Slack's clock and ours may be apart, in seconds.
const TOLERANCE: i64 = 300;

/// Why a body is not believed. All end as 401: a forger learns nothing from the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFromSlack {
    /// A header is missing, given twice, or not text.
    #[error("a signature header is missing, given twice, or not text")]
    Headers,
    /// The timestamp is not a number.
    #[error("the timestamp is not a number")]
    Timestamp,
    /// Signed too long ago, or in the future.
    #[error("signed more than five minutes from now")]
    Stale,
    /// Signed with another secret, or altered.
    #[error("the signature does not match")]
    Mismatch,
}

/// Checks a body against the signing secrets in force.
///
/// # Errors
/// Why it is not believed; with no secret at all, nothing is.
pub fn verify(secrets: &[String], headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), NotFromSlack> {
    let stamp = single(headers, TIMESTAMP_HEADER)?;
    let signature = single(headers, SIGNATURE_HEADER)?;
    let signed_at = whole_number(stamp).ok_or(NotFromSlack::Timestamp)?;
    if now.as_second().abs_diff(signed_at) > TOLERANCE.unsigned_abs() {
        return Err(NotFromSlack::Stale);
    }
    // Every secret is tried, so that the time taken does not tell which one fits.
    let fits = secrets.iter().fold(false, |fits, secret| {
        let expected = sign(secret, stamp, body);
        fits | bool::from(expected.as_bytes().ct_eq(signature.as_bytes()))
    });
    if fits { Ok(()) } else { Err(NotFromSlack::Mismatch) }
}

/// The signature Slack would send: `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}` in hex.
#[must_use]
pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length; the error type is there for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    format!("v0={}", crate::domain::spec::hex(&mac.finalize().into_bytes()))
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, NotFromSlack> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| NotFromSlack::Headers),
        _ => Err(NotFromSlack::Headers),
    }
}

/// Digits only: `i64::from_str` would also take a sign.
fn whole_number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Slack's own documentation.
    #[test]
    fn the_documented_example_is_believed() {
        let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let headers = headers(&[
            (TIMESTAMP_HEADER, "1531420618"),
            (SIGNATURE_HEADER, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
        ]);
        let secrets = ["8f742231b10e8888abcd99yyyzzz85a5".to_owned()];
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(verify(&secrets, &headers, body, at(1_531_420_918)), Ok(()));
        assert_eq!(verify(&secrets, &headers, body, at(1_531_420_919)), Err(NotFromSlack::Stale));
        assert_eq!(verify(&secrets, &headers, &body[1..], at(1_531_420_618)), Err(NotFromSlack::Mismatch));
        assert_eq!(verify(&[], &headers, body, at(1_531_420_618)), Err(NotFromSlack::Mismatch));
    }

    #[test]
    fn odd_headers_are_refused_and_never_panic() {
        let now = Timestamp::from_second(1_531_420_618).unwrap();
        let secrets = ["secret".to_owned()];
        let good = sign("secret", "1531420618", b"x");
        for (stamp, expected) in [
            ("", NotFromSlack::Timestamp),
            ("soon", NotFromSlack::Timestamp),
            ("-1531420618", NotFromSlack::Timestamp),
            ("+1531420618", NotFromSlack::Timestamp),
            ("1531420618.0", NotFromSlack::Timestamp),
            ("99999999999999999999999999", NotFromSlack::Timestamp),
            ("9223372036854775807", NotFromSlack::Stale),
            ("0", NotFromSlack::Stale),
        ] {
            let headers = headers(&[(TIMESTAMP_HEADER, stamp), (SIGNATURE_HEADER, &good)]);
            assert_eq!(verify(&secrets, &headers, b"x", now), Err(expected), "timestamp {stamp:?}");
        }
        let twice = headers(&[(TIMESTAMP_HEADER, "1531420618"), (SIGNATURE_HEADER, &good), (SIGNATURE_HEADER, &good)]);
        assert_eq!(verify(&secrets, &twice, b"x", now), Err(NotFromSlack::Headers));
        assert_eq!(verify(&secrets, &HeaderMap::new(), b"x", now), Err(NotFromSlack::Headers));
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }
}
