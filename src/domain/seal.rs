//! Text that only this installation can make and read: what mails and browsers keep for
//! us. Every replica with the same key opens it and nobody stores it. Knows nothing of
//! links and cookies.
//!
//! The cipher is AES-256-GCM-SIV (RFC 8452) of AWS-LC with one nonce for everything: the
//! same content always gives the same text, and that is all a repeated nonce tells of it.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::link::{LinkKey, hmac};

/// Bytes that sealing adds.
pub(super) const OVERHEAD: usize = 16;
const EXPIRY: std::ops::Range<usize> = 0..8;
/// The longest text that is looked at; a browser keeps about 4,096 bytes of a cookie.
const LONGEST: usize = 4096;

/// Seals `content` until a moment, under a key that is for this use alone ([`LinkKey::for_use`]).
#[must_use]
pub fn seal(key: &LinkKey, content: &[u8], until: Timestamp) -> String {
    let expiry = until.as_second().to_be_bytes();
    let mut text = Vec::from(expiry);
    text.extend(encrypt(key, &bound_to(expiry), content));
    URL_SAFE_NO_PAD.encode(text)
}

/// What was sealed; `None` for anything else, and when its time is over.
#[must_use]
pub fn open(key: &LinkKey, text: &str, now: Timestamp) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let expiry: [u8; 8] = bytes.get(EXPIRY)?.try_into().ok()?;
    let content = decrypt(key, &bound_to(expiry), bytes.get(EXPIRY.end..)?.to_vec())?;
    let until = Timestamp::from_second(i64::from_be_bytes(expiry)).ok()?;
    (now < until).then_some(content)
}

fn bound_to(expiry: [u8; 8]) -> Vec<u8> {
    [&b"vend seal\n"[..], &expiry].concat()
}

/// `content`, which nobody else can read, in a text that opens only together with `bound_to`.
pub(super) fn encrypt(key: &LinkKey, bound_to: &[u8], content: &[u8]) -> Vec<u8> {
    let mut sealed = content.to_vec();
    #[expect(clippy::expect_used, reason = "refused are contents of gigabytes alone")]
    cipher(key).seal_in_place_append_tag(nonce(), Aad::from(bound_to), &mut sealed).expect("a short content");
    sealed
}

/// What was encrypted with this key and `bound_to`; `None` for anything else.
pub(super) fn decrypt(key: &LinkKey, bound_to: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let length = cipher(key).open_in_place(nonce(), Aad::from(bound_to), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}

fn cipher(key: &LinkKey) -> LessSafeKey {
    let own = hmac(key, &[b"vend seal key\n"]);
    #[expect(clippy::expect_used, reason = "AES-256 takes keys of 32 bytes")]
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &own).expect("32 bytes"))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: LinkKey = LinkKey([7; 32]);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_seal_opens_until_its_last_second_with_its_own_key() {
        let text = seal(&KEY, b"grace@example.com", at(1000));
        assert_eq!(open(&KEY, &text, at(999)).as_deref(), Some(&b"grace@example.com"[..]));
        assert_eq!(open(&KEY, &text, at(1000)), None);
        assert_eq!(open(&KEY.for_use("another"), &text, at(1)), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused_and_nothing_can_be_read() {
        let text = seal(&KEY, b"grace@example.com", at(1000));
        let raw = URL_SAFE_NO_PAD.decode(&text).unwrap();
        assert!(!raw.windows(5).any(|part| part == b"grace"));
        for bit in 0..raw.len() * 8 {
            let mut forged = raw.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&KEY, &URL_SAFE_NO_PAD.encode(forged), at(1)), None, "bit {bit}");
        }
        for end in 0..text.len() {
            assert_eq!(open(&KEY, &text[..end], at(1)), None, "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn any_content_travels_unchanged_and_junk_is_refused(content: Vec<u8>, junk in "\\PC{0,400}", raw: Vec<u8>) {
            let text = seal(&KEY, &content, at(10));
            prop_assert_eq!(open(&KEY, &text, at(9)), Some(content));
            prop_assert_eq!(open(&KEY, &junk, at(1)), None);
            prop_assert_eq!(open(&KEY, &URL_SAFE_NO_PAD.encode(raw), at(1)), None);
        }
    }
}
