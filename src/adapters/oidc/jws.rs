//! A signed token (JWS compact form, RFC 7515) and whether a key signed it. Pure. Takes any
//! text; believes nothing of a token but how it asks to be checked.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ports::issuer::Refused;

/// The longest token looked at, in characters. A whole request head is hardly larger.
const LONGEST: usize = 16 * 1024;

/// Every way of signing that is taken: with a private key, so that what checks cannot sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA with PKCS#1 padding.
    Rs(Hash),
    /// RSA with PSS padding.
    Ps(Hash),
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// What an RSA signature is made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// By its registered name (RFC 7518 §3.1, RFC 8037, RFC 9864). `none` and the shared-secret ones have none here.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs(Hash::Sha256),
            "RS384" => Self::Rs(Hash::Sha384),
            "RS512" => Self::Rs(Hash::Sha512),
            "PS256" => Self::Ps(Hash::Sha256),
            "PS384" => Self::Ps(Hash::Sha384),
            "PS512" => Self::Ps(Hash::Sha512),
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// Modulus and exponent, big-endian.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point of P-256, uncompressed.
    P256(Vec<u8>),
    /// A point of P-384, uncompressed.
    P384(Vec<u8>),
    /// 32 bytes.
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// Whether it may check signatures made this way. The key decides, never the token alone.
    #[must_use]
    pub fn is_for(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Rsa { .. }, Algorithm::Rs(_) | Algorithm::Ps(_))
                | (Self::P256(_), Algorithm::Es256)
                | (Self::P384(_), Algorithm::Es384)
                | (Self::Ed25519(_), Algorithm::EdDsa)
        )
    }

    fn signed(&self, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> bool {
        let checked = match (self, algorithm) {
            (Self::Rsa { n, e }, Algorithm::Rs(_) | Algorithm::Ps(_)) => {
                let Some(parameters) = rsa(algorithm) else { return false };
                RsaPublicKeyComponents { n, e }.verify(parameters, text, signature)
            }
            (Self::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature)
            }
            (Self::P384(point), Algorithm::Es384) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(text, signature)
            }
            (Self::Ed25519(bytes), Algorithm::EdDsa) => UnparsedPublicKey::new(&ED25519, bytes).verify(text, signature),
            _ => return false,
        };
        checked.is_ok()
    }
}

/// Keys of less than 2,048 bits are not taken (RFC 7518 §3.3).
fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs(Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs(Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs(Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps(Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps(Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps(Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}

/// The first part of a token. What it says of keys (`jwk`, `jku`, `x5u`) is not even read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that must be understood; there is none here.
    crit: Option<IgnoredAny>,
}

/// A token in the right form; nothing of it is true yet.
pub struct Unchecked<'t> {
    /// How it says it was signed.
    pub algorithm: Algorithm,
    /// The same, by the word it used.
    pub word: String,
    /// The name of the key it says it was signed with.
    pub kid: Option<String>,
    signed: &'t [u8],
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Unchecked<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// What about its form is not right.
    pub fn read(token: &'t str) -> Result<Self, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::NotAToken);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::NotAToken)?;
        let (header, payload) = signed.split_once('.').filter(|(_, p)| !p.contains('.')).ok_or(Refused::NotAToken)?;
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| Refused::NotAToken)?;
        let algorithm = Algorithm::named(&header.alg).ok_or(Refused::Algorithm)?;
        if header.crit.is_some() || !is_for_bearers(header.typ.as_deref()) {
            return Err(Refused::Purpose);
        }
        let signature = decoded(signature)?;
        Ok(Self { algorithm, word: header.alg, kid: header.kid, signed: signed.as_bytes(), payload, signature })
    }

    /// Its content, when this key signed it.
    ///
    /// # Errors
    /// [`Refused::Signature`].
    pub fn content(&self, key: &PublicKey) -> Result<Vec<u8>, Refused> {
        if key.signed(self.algorithm, self.signed, &self.signature) {
            decoded(self.payload)
        } else {
            Err(Refused::Signature)
        }
    }
}

/// Access tokens (RFC 9068) and ID tokens; not a logout token, a proof, an event, which are signed with the same keys.
fn is_for_bearers(kind: Option<&str>) -> bool {
    let Some(kind) = kind else { return true };
    let kind = kind.to_ascii_lowercase();
    ["jwt", "at+jwt"].contains(&kind.strip_prefix("application/").unwrap_or(&kind))
}

fn decoded(part: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::NotAToken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7515, appendix A.3: a token signed with ES256, and its key.
    const A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p\
                      c19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3\
                      -Kg6NU1Q";

    fn a3_key() -> PublicKey {
        let x = decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").ok().unwrap();
        let y = decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").ok().unwrap();
        PublicKey::P256([&[4][..], &x, &y].concat())
    }

    #[test]
    fn the_token_of_the_standard_is_taken_and_every_flipped_bit_of_it_is_not() {
        let token = Unchecked::read(A3).ok().unwrap();
        assert!(token.content(&a3_key()).unwrap().starts_with(br#"{"iss":"joe""#));
        for at in 0..A3.len() {
            let other = if A3.as_bytes()[at] == b'B' { "C" } else { "B" };
            let forged = format!("{}{other}{}", &A3[..at], &A3[at + 1..]);
            let read = Unchecked::read(&forged).and_then(|token| token.content(&a3_key()));
            assert!(read.is_err(), "character {at}");
        }
        for end in 0..A3.len() {
            let read = Unchecked::read(&A3[..end]).and_then(|token| token.content(&a3_key()));
            assert!(read.is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_token_says_how_it_is_signed_and_the_key_says_whether_that_may_be() {
        let header = |json: &str| format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(json));
        for (json, refused) in [
            (r#"{"alg":"none"}"#, Refused::Algorithm),
            (r#"{"alg":"HS256"}"#, Refused::Algorithm),
            (r#"{"alg":"rs256"}"#, Refused::Algorithm),
            (r#"{"alg":"RS256","alg":"none"}"#, Refused::NotAToken),
            (r#"{"alg":"RS256","crit":["exp"]}"#, Refused::Purpose),
            (r#"{"alg":"RS256","typ":"logout+jwt"}"#, Refused::Purpose),
            (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, Refused::Purpose),
            (r#"{"kid":"1"}"#, Refused::NotAToken),
            ("[]", Refused::NotAToken),
        ] {
            assert_eq!(Unchecked::read(&header(json)).err(), Some(refused), "{json}");
        }
        for json in [r#"{"alg":"PS512","typ":"JWT"}"#, r#"{"alg":"ES384","typ":"application/at+jwt"}"#] {
            assert!(Unchecked::read(&header(json)).is_ok(), "{json}");
        }
        let ed = PublicKey::Ed25519(vec![0; 32]);
        assert!(ed.is_for(Algorithm::EdDsa) && !ed.is_for(Algorithm::Es256));
        assert!(!a3_key().is_for(Algorithm::Es384) && !a3_key().is_for(Algorithm::Rs(Hash::Sha256)));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_without_a_panic(text in "\\PC{0,300}", header: Vec<u8>) {
            prop_assert!(Unchecked::read(&text).and_then(|token| token.content(&a3_key())).is_err());
            let text = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header));
            prop_assert!(Unchecked::read(&text).and_then(|token| token.content(&a3_key())).is_err());
        }
    }
}
