//! Sealed, expiring links for approvers. A link says who was written to about
//! which parameters; it is routing, not authority: the policy is asked again when
//! somebody decides. Knows nothing of HTTP, mail or where the key is kept.
//!
//! A token is `version ‖ expiry ‖ sealed approver` in URL-safe base64: the address is
//! encrypted and bound to everything else (see `seal`), so it cannot be read from a log
//! or a browser history, and one link is one text for ever.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use super::ids::RequestId;
use super::seal;
use super::spec::SpecHash;

/// The secret links are sealed with. Never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey(pub [u8; 32]);

impl LinkKey {
    /// A key of its own for links of another use: what one of the two sealed, the other never opens.
    #[must_use]
    pub fn for_use(&self, word: &str) -> Self {
        Self(hmac(self, &[b"vend link use\n", word.as_bytes()]))
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

/// A genuine, valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The address the link was sent to.
    pub approver: String,
}

/// Why a token does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Damaged, made with another key, or for another request or other parameters.
    #[error("the link is not valid")]
    NotGenuine,
    /// Genuine, but its time is over.
    #[error("the link has expired")]
    Expired {
        /// The address it was sent to.
        approver: String,
        /// When it stopped being valid.
        at: Timestamp,
    },
}

/// 1 had a cipher of our own, and was never released.
const VERSION: u8 = 2;
const EXPIRY: std::ops::Range<usize> = 1..9;
/// RFC 5321 §4.5.3.1.3: a path has at most 256 octets, its brackets included.
const LONGEST_ADDRESS: usize = 254;
/// The most bytes a genuine token has.
const LONGEST: usize = EXPIRY.end + LONGEST_ADDRESS + seal::OVERHEAD;
/// The longest token that can be genuine, in characters.
const LONGEST_TOKEN: usize = LONGEST.div_ceil(3) * 4;

/// Makes the token of a personal link. The same arguments always give the same token.
///
/// `approver` longer than 254 bytes (no e-mail address is) gives a token that never opens.
#[must_use]
pub fn issue(key: &LinkKey, request: RequestId, approver: &str, hash: &SpecHash, expires_at: Timestamp) -> String {
    let expiry = expires_at.as_second().to_be_bytes();
    let mut token = vec![VERSION];
    token.extend(expiry);
    token.extend(seal::encrypt(key, &bound_to(request, hash, expiry), approver.as_bytes()));
    URL_SAFE_NO_PAD.encode(token)
}

/// A keyed name for `parts`: 32 hex digits that tell nothing about them. Each part
/// is framed by its length, so that no two different lists give one text.
#[must_use]
pub fn keyed_name(key: &LinkKey, parts: &[&str]) -> String {
    let lengths: Vec<_> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let mut framed: Vec<&[u8]> = vec![b"vend name\n"];
    for (length, part) in lengths.iter().zip(parts) {
        framed.extend([length.as_slice(), part.as_bytes()]);
    }
    super::spec::hex(&hmac(key, &framed)[..16])
}

/// Opens a token for `request`, whose pinned parameters hash to `hash` now.
///
/// # Errors
/// See [`LinkError`]. Takes any text and tells nothing about a token it does not believe.
pub fn open(
    key: &LinkKey,
    token: &str,
    request: RequestId,
    hash: &SpecHash,
    now: Timestamp,
) -> Result<Opened, LinkError> {
    let (expiry, sealed) = parts(token).ok_or(LinkError::NotGenuine)?;
    let approver = seal::decrypt(key, &bound_to(request, hash, expiry), sealed).ok_or(LinkError::NotGenuine)?;
    let approver = String::from_utf8(approver).map_err(|_| LinkError::NotGenuine)?;
    let at = Timestamp::from_second(i64::from_be_bytes(expiry)).map_err(|_| LinkError::NotGenuine)?;
    if now < at { Ok(Opened { approver }) } else { Err(LinkError::Expired { approver, at }) }
}

/// Expiry and sealed address of a token that has the right form.
fn parts(token: &str) -> Option<([u8; 8], Vec<u8>)> {
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    if bytes.first() != Some(&VERSION) || bytes.len() > LONGEST {
        return None;
    }
    let expiry = bytes.get(EXPIRY)?.try_into().ok()?;
    Some((expiry, bytes.get(EXPIRY.end..)?.to_vec()))
}

/// All that a link is bound to besides the address. Every part but the last has a fixed
/// length or ends in a byte that cannot occur in it, so no two inputs look alike.
fn bound_to(request: RequestId, hash: &SpecHash, expiry: [u8; 8]) -> Vec<u8> {
    let request = request.to_string();
    [b"vend link\n", &[VERSION][..], &expiry, request.as_bytes(), b"\n", hash.as_str().as_bytes()].concat()
}

pub(super) fn hmac(key: &LinkKey, parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length (RFC 2104)")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length will do");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::*;

    const KEY: LinkKey = LinkKey([7; 32]);
    const ANN: &str = "ann@corp.example";

    fn hash(of: &str) -> SpecHash {
        serde_json::from_value(serde_json::Value::String(of.into())).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn request(n: u128) -> RequestId {
        RequestId::new(Ulid(n))
    }

    fn token() -> String {
        issue(&KEY, request(1), ANN, &hash("aa"), at(1000))
    }

    #[test]
    fn a_link_opens_until_its_last_second_for_the_person_it_was_sent_to() {
        let opened = open(&KEY, &token(), request(1), &hash("aa"), at(999));
        assert_eq!(opened, Ok(Opened { approver: ANN.into() }));
        let late = open(&KEY, &token(), request(1), &hash("aa"), at(1000));
        assert_eq!(late, Err(LinkError::Expired { approver: ANN.into(), at: at(1000) }));
    }

    #[test]
    fn a_link_opens_nothing_but_what_it_was_made_for() {
        let now = at(1);
        for (key, id, hash_now) in [
            (LinkKey([8; 32]), request(1), hash("aa")),
            (KEY, request(2), hash("aa")),
            (KEY, request(1), hash("ab")),
            (KEY, request(1), hash("")),
        ] {
            assert_eq!(open(&key, &token(), id, &hash_now, now), Err(LinkError::NotGenuine));
        }
    }

    #[test]
    fn a_link_of_one_use_opens_nothing_of_another() {
        let files = KEY.for_use("files");
        let token = issue(&files, request(1), ANN, &hash("aa"), at(1000));
        assert!(open(&files, &token, request(1), &hash("aa"), at(1)).is_ok());
        for other in [KEY, KEY.for_use("file")] {
            assert_eq!(open(&other, &token, request(1), &hash("aa"), at(1)), Err(LinkError::NotGenuine));
        }
    }

    #[test]
    fn an_expired_link_for_another_request_does_not_say_whose_it_was() {
        assert_eq!(open(&KEY, &token(), request(2), &hash("aa"), at(2000)), Err(LinkError::NotGenuine));
    }

    #[test]
    fn two_approvers_share_no_link_and_none_can_be_read_from_it() {
        let other = issue(&KEY, request(1), "bob@corp.example", &hash("aa"), at(1000));
        assert_ne!(token(), other);
        let raw = URL_SAFE_NO_PAD.decode(token()).unwrap();
        assert!(!raw.windows(3).any(|w| ANN.as_bytes().windows(3).any(|a| a == w)));
        assert_eq!(format!("{KEY:?}"), "LinkKey(…)");
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let raw = URL_SAFE_NO_PAD.decode(token()).unwrap();
        for bit in 0..raw.len() * 8 {
            let mut forged = raw.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(open(&KEY, &forged, request(1), &hash("aa"), at(1)), Err(LinkError::NotGenuine), "bit {bit}");
        }
        for end in 0..token().len() {
            assert!(open(&KEY, &token()[..end], request(1), &hash("aa"), at(1)).is_err(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn any_address_travels_unchanged(approver in "\\PC{0,60}", id: u128, expiry in 1_i64..4_000_000_000) {
            let token = issue(&KEY, request(id), &approver, &hash("aa"), at(expiry));
            prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            let opened = open(&KEY, &token, request(id), &hash("aa"), at(expiry - 1));
            prop_assert_eq!(opened, Ok(Opened { approver }));
        }

        #[test]
        fn another_expiry_is_refused(expiry: [u8; 8]) {
            let mut raw = URL_SAFE_NO_PAD.decode(token()).unwrap();
            prop_assume!(raw[EXPIRY] != expiry);
            raw[EXPIRY].copy_from_slice(&expiry);
            let forged = URL_SAFE_NO_PAD.encode(raw);
            prop_assert_eq!(open(&KEY, &forged, request(1), &hash("aa"), at(1)), Err(LinkError::NotGenuine));
        }

        #[test]
        fn junk_is_refused_without_a_panic(junk in "\\PC{0,600}", raw in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(open(&KEY, &junk, request(1), &hash("aa"), at(1)).is_err());
            let encoded = URL_SAFE_NO_PAD.encode(raw);
            prop_assert!(open(&KEY, &encoded, request(1), &hash("aa"), at(1)).is_err());
        }
    }
}
