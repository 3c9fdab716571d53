//! What a signed token says, and whether it says enough: for us, now, by whom we believe,
//! about somebody with a verified address. Pure.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::domain::validate;
use crate::ports::issuer::{Refused, Vouched};

/// How far the issuer's clock and ours may be apart, in seconds.
const LEEWAY: f64 = 60.0;

/// The claims of a token whose signature was checked. A claim that stands there twice is refused by the reader.
#[derive(Deserialize)]
pub struct Claims {
    iss: String,
    aud: Audience,
    /// Seconds since 1970, fractions allowed (RFC 7519 §2).
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    nonce: Option<String>,
    azp: Option<String>,
    /// Whom it is about, by a name of the issuer's own.
    sub: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
    scope: Option<Value>,
    scp: Option<Value>,
    cnf: Option<IgnoredAny>,
}

/// What the issuer's userinfo says of somebody (OpenID Connect Core §5.3).
#[derive(Deserialize)]
pub struct Person {
    /// The issuer's own name for them: must be the ID token's.
    pub sub: String,
    email: Option<String>,
    email_verified: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Many(many) => many.iter().any(|one| one == wanted),
        }
    }
}

impl Claims {
    /// Reads the content of a token.
    ///
    /// # Errors
    /// [`Refused::Claims`].
    pub fn read(content: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(content).map_err(|_| Refused::Claims)
    }

    /// Whether it is for this audience at this second.
    ///
    /// # Errors
    /// Why not.
    pub fn must_be_for(&self, issuer: &str, audience: &str, now: i64) -> Result<(), Refused> {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit in 53 bits")]
        let now = now as f64;
        if self.iss != issuer {
            return Err(Refused::Issuer);
        }
        if !self.aud.names(audience) {
            return Err(Refused::Audience);
        }
        if now >= self.exp + LEEWAY {
            return Err(Refused::Expired);
        }
        if self.nbf.into_iter().chain(self.iat).any(|begin| begin > now + LEEWAY) {
            return Err(Refused::TooEarly);
        }
        // It may be used only by whoever holds a certain key (RFC 7800); we would not ask for it.
        if self.cnf.is_some() { Err(Refused::Purpose) } else { Ok(()) }
    }

    /// Whether it was made for this client's sign-in (OpenID Connect Core §3.1.3.7).
    ///
    /// # Errors
    /// Why not.
    pub fn must_be_of(&self, client: &str, nonce: &str) -> Result<(), Refused> {
        let for_others = matches!(&self.aud, Audience::Many(many) if many.len() > 1) && self.azp.is_none();
        if for_others || self.azp.as_ref().is_some_and(|party| party != client) {
            return Err(Refused::Audience);
        }
        if self.nonce.as_deref() == Some(nonce) { Ok(()) } else { Err(Refused::Nonce) }
    }

    /// Whether an address must be asked for elsewhere.
    #[must_use]
    pub const fn lacks_email(&self) -> bool {
        self.email.is_none()
    }

    /// Who it is about.
    ///
    /// # Errors
    /// When they have no address that counts.
    pub fn vouched(&self) -> Result<Vouched, Refused> {
        self.vouched_as(self.email.as_deref(), self.email_verified.as_ref())
    }

    /// Who it is about, by what userinfo says of the same person.
    ///
    /// # Errors
    /// When it is of somebody else, or they have no address that counts.
    pub fn vouched_by(&self, person: &Person) -> Result<Vouched, Refused> {
        if self.sub.as_ref() != Some(&person.sub) {
            return Err(Refused::NoEmail);
        }
        self.vouched_as(person.email.as_deref(), person.email_verified.as_ref())
    }

    fn vouched_as(&self, email: Option<&str>, verified: Option<&Value>) -> Result<Vouched, Refused> {
        let scopes = [&self.scope, &self.scp].into_iter().flatten().flat_map(words).collect();
        Ok(Vouched { email: address(email, verified)?, scopes })
    }
}

fn address(email: Option<&str>, verified: Option<&Value>) -> Result<String, Refused> {
    let verified = match verified {
        None => true,
        Some(Value::Bool(verified)) => *verified,
        // Some issuers write it as text.
        Some(Value::String(text)) => text == "true",
        Some(_) => false,
    };
    // The address as it stands, or none: what was mended here might be somebody else's.
    let given = email.ok_or(Refused::NoEmail)?;
    let email = validate::person_email(given).ok().filter(|read| read == given).ok_or(Refused::NoEmail)?;
    if verified { Ok(email) } else { Err(Refused::Unverified) }
}

/// `"a b"` or `["a", "b"]`: issuers write both.
fn words(claim: &Value) -> Vec<String> {
    let texts = match claim {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    };
    texts.into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect()
}
