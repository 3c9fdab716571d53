//! The keys an issuer publishes (JWK Set, RFC 7517). Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::jws::{PublicKey, Unchecked};

/// Keys looked at; no issuer has nearly as many.
const MOST: usize = 100;

/// Keys for checking signatures.
#[derive(Default)]
pub struct Keys(Vec<Key>);

struct Key {
    kid: Option<String>,
    /// The one algorithm it is for, where it says so.
    alg: Option<String>,
    public: PublicKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// Reads a set. Keys of kinds that are not taken, for encryption, or damaged are passed over (RFC 7517 §5).
    ///
    /// # Errors
    /// When it is no set, or holds no key that can check anything; a text for the log.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let set: Set = serde_json::from_slice(body).map_err(|_| "the issuer's keys are no JWK set".to_owned())?;
        let keys: Vec<Key> = set.keys.into_iter().take(MOST).filter_map(key).collect();
        if keys.is_empty() {
            return Err("the issuer publishes no key for RS, PS, ES256, ES384 or EdDSA signatures".to_owned());
        }
        Ok(Self(keys))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The key a token names and may be signed with. A token without a name is checked only
    /// where one key alone can be meant.
    #[must_use]
    pub fn of(&self, token: &Unchecked<'_>) -> Option<&PublicKey> {
        let fits =
            |key: &&Key| key.public.is_for(token.algorithm) && key.alg.as_deref().is_none_or(|own| own == token.word);
        let named = |key: &&Key| token.kid.is_none() || key.kid == token.kid;
        let mut found = self.0.iter().filter(fits).filter(named);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(&one.public),
            _ => None,
        }
    }
}

fn key(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let signs = jwk.r#use.as_deref().is_none_or(|word| word == "sig")
        && jwk.key_ops.as_ref().is_none_or(|words| words.iter().any(|word| word == "verify"));
    if !signs {
        return None;
    }
    let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => PublicKey::Rsa { n: bytes(jwk.n)?, e: bytes(jwk.e)? },
        ("EC", Some("P-256")) => PublicKey::P256(point(jwk.x, jwk.y, 32)?),
        ("EC", Some("P-384")) => PublicKey::P384(point(jwk.x, jwk.y, 48)?),
        ("OKP", Some("Ed25519")) => PublicKey::Ed25519(bytes(jwk.x).filter(|x| x.len() == 32)?),
        _ => return None,
    };
    Some(Key { kid: jwk.kid, alg: jwk.alg, public })
}

fn point(x: Option<String>, y: Option<String>, length: usize) -> Option<Vec<u8>> {
    let of_length = |part: &Vec<u8>| part.len() == length;
    let (x, y) = (bytes(x).filter(of_length)?, bytes(y).filter(of_length)?);
    // SEC 1 §2.3.3: 4 says that both coordinates follow.
    Some([&[4][..], &x, &y].concat())
}

fn bytes(text: Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ed(kid: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([7; 32]), "kid": kid})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn read(keys: &[Value]) -> Option<Keys> {
        Keys::read(json!({ "keys": keys }).to_string().as_bytes()).ok()
    }

    fn found(keys: &Keys, header: &Value) -> bool {
        let token = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()));
        keys.of(&Unchecked::read(&token).ok().unwrap()).is_some()
    }

    #[test]
    fn a_key_is_found_by_its_name_for_what_it_is_for() {
        let keys = read(&[ed("a"), with(ed("b"), "alg", json!("Ed25519")), json!({"kty": "new"})]).unwrap();
        assert_eq!(keys.count(), 2);
        assert!(found(&keys, &json!({"alg": "EdDSA", "kid": "a"})));
        assert!(!found(&keys, &json!({"alg": "EdDSA", "kid": "c"})));
        assert!(!found(&keys, &json!({"alg": "EdDSA", "kid": "b"})), "it is for another name of the algorithm");
        assert!(!found(&keys, &json!({"alg": "RS256", "kid": "a"})), "it is no RSA key");
        assert!(!found(&keys, &json!({"alg": "Ed25519"})), "either may be meant");
        assert!(found(&read(&[ed("a")]).unwrap(), &json!({"alg": "EdDSA"})), "one alone may be meant");
    }

    #[test]
    fn keys_for_encryption_shared_secrets_and_damaged_ones_check_nothing() {
        for bad in [
            with(ed("a"), "use", json!("enc")),
            with(ed("a"), "key_ops", json!(["sign"])),
            with(ed("a"), "x", json!("AAAA")),
            json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
            json!({"kty": "RSA", "n": "", "e": "AQAB"}),
            json!("key"),
        ] {
            assert!(read(std::slice::from_ref(&bad)).is_none(), "{bad}");
        }
        assert!(Keys::read(b"<html>").is_err());
    }
}
