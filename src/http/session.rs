//! Who is signed in, and who is on their way to be: sealed cookies, so that every replica
//! knows it and nobody stores it. Knows the issuer as a port, and no route.

use std::sync::Arc;

use axum::http::HeaderValue;
use axum::http::header::{COOKIE, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::config::{OidcConfig, Scope};
use crate::domain::link::{LinkKey, keyed_name};
use crate::domain::seal;
use crate::ports::issuer::{Errand, Issuer, Vouched};

use super::auth::scopes_of;

/// How long somebody stays signed in: a working day. Then the issuer is asked again.
const SESSION: SignedDuration = SignedDuration::from_hours(8);
/// How long somebody may take to sign in.
const ERRAND: SignedDuration = SignedDuration::from_mins(10);

/// Where the issuer sends browsers back to: what must be registered there, letter by letter.
#[must_use]
pub fn redirect_url(public_url: &str) -> String {
    format!("{}/sign-in/callback", public_url.trim_end_matches('/'))
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Their address, as the issuer vouches for it.
    #[serde(rename = "e")]
    pub email: String,
    #[serde(rename = "s")]
    scopes: Vec<String>,
    /// Tells this sign-in from every other one.
    #[serde(rename = "n")]
    id: String,
}

impl Session {
    /// What they may do.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        self.scopes.iter().filter_map(|word| Scope::named(word)).collect()
    }
}

/// A sign-in that was begun in this browser.
#[derive(Clone, Serialize, Deserialize)]
pub struct Begun {
    /// Comes back with the browser.
    pub state: String,
    nonce: String,
    verifier: String,
    /// Where the person wanted to go; a path of ours.
    pub to: String,
}

impl Begun {
    /// A new one, from four fresh nonces.
    #[must_use]
    pub fn new(mut nonce: impl FnMut() -> String, to: String) -> Self {
        // RFC 7636 §4.1 wants 43 characters at least.
        Self { state: nonce(), nonce: nonce(), verifier: format!("{}{}", nonce(), nonce()), to }
    }

    /// As the issuer is told.
    #[must_use]
    pub fn errand(&self) -> Errand<'_> {
        Errand { state: &self.state, nonce: &self.nonce, verifier: &self.verifier }
    }

    /// Whether a browser came back from this one, in constant time.
    #[must_use]
    pub fn is_back_with(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}

/// Signing in, where `auth.mode` is `oidc`.
pub struct SignIn {
    /// Who vouches.
    pub issuer: Arc<dyn Issuer>,
    sessions: LinkKey,
    errands: LinkKey,
    forms: LinkKey,
    origin: String,
    secure: bool,
}

impl SignIn {
    /// Keys of its own for this issuer and client: with others configured, nobody is signed in any more.
    #[must_use]
    pub fn new(issuer: Arc<dyn Issuer>, oidc: &OidcConfig, key: &LinkKey, public_url: &str) -> Self {
        let key = LinkKey::for_use(key, &format!("sign-in\n{}\n{}", oidc.issuer, oidc.client_id));
        let origin = Url::parse(public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let secure = origin.starts_with("https:");
        let [sessions, errands, forms] = ["session", "errand", "form"].map(|word| key.for_use(word));
        Self { issuer, sessions, errands, forms, origin, secure }
    }

    /// Whom the browser says was signed in, if that is so.
    #[must_use]
    pub fn session(&self, headers: &HeaderMap, now: Timestamp) -> Option<Session> {
        opened(&self.sessions, headers, self.session_name(), now)
    }

    /// The cookie of somebody who was vouched for.
    #[must_use]
    pub fn signed_in(&self, vouched: &Vouched, id: String, now: Timestamp) -> HeaderValue {
        let scopes = scopes_of(&vouched.scopes).into_iter().map(|scope| scope.word().to_owned()).collect();
        let session = Session { email: vouched.email.clone(), scopes, id };
        let content = sealed(&self.sessions, &session, now, SESSION);
        self.cookie(self.session_name(), &content, SESSION)
    }

    /// What takes the session out of the browser.
    #[must_use]
    pub fn signed_out(&self) -> HeaderValue {
        self.cookie(self.session_name(), "", SignedDuration::ZERO)
    }

    /// The sign-in this browser began.
    #[must_use]
    pub fn begun(&self, headers: &HeaderMap, now: Timestamp) -> Option<Begun> {
        opened(&self.errands, headers, self.errand_name(), now)
    }

    /// The cookie of a sign-in that begins.
    #[must_use]
    pub fn beginning(&self, begun: &Begun, now: Timestamp) -> HeaderValue {
        self.cookie(self.errand_name(), &sealed(&self.errands, begun, now, ERRAND), ERRAND)
    }

    /// What takes a begun sign-in out of the browser: it is good for one way back.
    #[must_use]
    pub fn ended(&self) -> HeaderValue {
        self.cookie(self.errand_name(), "", SignedDuration::ZERO)
    }

    /// What a form of this session's own page carries: for this request with these parameters alone.
    #[must_use]
    pub fn form_token(&self, session: &Session, request: &str, parameters: &str) -> String {
        keyed_name(&self.forms, &[&session.id, &session.email, request, parameters])
    }

    /// Whether a post came from one of our own pages, as far as the browser tells. Pages are sent with
    /// `no-referrer`, so that browsers hide the origin of their forms (`null`) and tell the site in another header.
    #[must_use]
    pub fn is_from_own_page(&self, headers: &HeaderMap) -> bool {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
        header("sec-fetch-site").is_none_or(|site| ["same-origin", "none"].contains(&site))
            && header("origin").is_none_or(|origin| origin == "null" || origin == self.origin)
    }

    const fn session_name(&self) -> &'static str {
        if self.secure { "__Host-vend-session" } else { "vend-session" }
    }

    const fn errand_name(&self) -> &'static str {
        if self.secure { "__Host-vend-sign-in" } else { "vend-sign-in" }
    }

    fn cookie(&self, name: &str, value: &str, time: SignedDuration) -> HeaderValue {
        let (seconds, secure) = (time.as_secs(), if self.secure { "; Secure" } else { "" });
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        #[expect(clippy::expect_used, reason = "names of ours, URL-safe base64 and digits")]
        HeaderValue::try_from(text).expect("printable ASCII")
    }
}

fn sealed(key: &LinkKey, content: &impl Serialize, now: Timestamp, time: SignedDuration) -> String {
    // Plain data: texts only.
    let content = serde_json::to_vec(content).unwrap_or_default();
    seal::seal(key, &content, now.checked_add(time).unwrap_or(Timestamp::MAX))
}

/// What a cookie of that name holds. Of two with one name neither is ours for certain.
fn opened<T: DeserializeOwned>(key: &LinkKey, headers: &HeaderMap, name: &str, now: Timestamp) -> Option<T> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    serde_json::from_slice(&seal::open(key, value, now)?).ok()
}
