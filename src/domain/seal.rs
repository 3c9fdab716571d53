//! Text that only this installation can make and read, until a moment: what a browser
//! keeps for us. Made as links are (see `link`), so every replica with the same key opens
//! it and nobody stores it. Knows nothing of cookies.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use super::link::{LinkKey, crypt, hmac};

const EXPIRY: std::ops::Range<usize> = 0..8;
const TAG: std::ops::Range<usize> = 8..40;
/// The longest text that is looked at; a browser keeps about 4,096 bytes of a cookie.
const LONGEST: usize = 4096;

/// Seals `content` under a key that is for this use alone ([`LinkKey::for_use`]).
#[must_use]
pub fn seal(key: &LinkKey, content: &[u8], until: Timestamp) -> String {
    let expiry = until.as_second().to_be_bytes();
    let tag = tag(key, expiry, content);
    let mut text = Vec::from(expiry);
    text.extend(tag);
    text.extend(crypt(key, &tag, content));
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
    let claimed: [u8; 32] = bytes.get(TAG)?.try_into().ok()?;
    let content = crypt(key, &claimed, bytes.get(TAG.end..)?);
    if !bool::from(tag(key, expiry, &content).ct_eq(&claimed)) {
        return None;
    }
    let until = Timestamp::from_second(i64::from_be_bytes(expiry)).ok()?;
    (now < until).then_some(content)
}

fn tag(key: &LinkKey, expiry: [u8; 8], content: &[u8]) -> [u8; 32] {
    hmac(key, &[b"vend seal tag\n", &expiry, content])
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
