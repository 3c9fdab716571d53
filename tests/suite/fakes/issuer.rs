//! An OpenID Connect issuer on this machine: keys of every kind, discovery, and a sign-in that
//! knows who is at the keyboard. Does what the standards say, or, on demand, what they forbid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair,
};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vend::config::{OidcConfig, Secret};
use vend::ports::clock::Clock as _;

use super::clock::TestClock;

pub const AUDIENCE: &str = "vend";
pub const CLIENT: &str = "vend-web";
pub const SECRET: &str = "canary secret & more";

/// Every algorithm that must be taken.
pub const ALGORITHMS: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];

/// One key of each kind, under names that begin with `name`.
pub struct KeyRing {
    pub name: String,
    pub rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl KeyRing {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ed25519: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// The name of the key for an algorithm.
    pub fn kid(&self, alg: &str) -> String {
        let kind = match alg {
            "ES256" => "p256",
            "ES384" => "p384",
            "EdDSA" | "Ed25519" => "ed",
            _ => "rsa",
        };
        format!("{}-{kind}", self.name)
    }

    /// As it is published.
    pub fn public(&self) -> Vec<Value> {
        let point = |pair: &EcdsaKeyPair, name: &str, crv: &str| {
            let bytes = &pair.public_key().as_ref()[1..];
            let (x, y) = bytes.split_at(bytes.len() / 2);
            json!({"kty": "EC", "crv": crv, "kid": self.kid(name), "use": "sig", "x": text(x), "y": text(y)})
        };
        let (n, e) = rsa_numbers(&self.rsa);
        vec![
            json!({"kty": "RSA", "kid": self.kid("RS256"), "use": "sig", "n": text(&n), "e": text(&e)}),
            point(&self.p256, "ES256", "P-256"),
            point(&self.p384, "ES384", "P-384"),
            json!({"kty": "OKP", "crv": "Ed25519", "kid": self.kid("EdDSA"), "x": text(self.ed25519.public_key().as_ref())}),
            json!({"kty": "RSA", "kid": "for-encryption", "use": "enc", "n": text(&n), "e": text(&e)}),
        ]
    }

    fn signature(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(padding, &random, message, &mut signature).unwrap();
            signature
        };
        match alg {
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "PS384" => rsa(&RSA_PSS_SHA384),
            "PS512" => rsa(&RSA_PSS_SHA512),
            "ES256" => self.p256.sign(&random, message).unwrap().as_ref().to_vec(),
            "ES384" => self.p384.sign(&random, message).unwrap().as_ref().to_vec(),
            "EdDSA" | "Ed25519" => self.ed25519.sign(message).as_ref().to_vec(),
            _ => rsa(&RSA_PKCS1_SHA256),
        }
    }

    /// A token of these claims under any header, signed as `alg` says, whatever the header says.
    pub fn sign_with(&self, alg: &str, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let signature = self.signature(alg, message.as_bytes());
        format!("{message}.{}", text(&signature))
    }

    /// A token whose claims are written by hand.
    pub fn sign_text(&self, alg: &str, claims: &str) -> String {
        let header = json!({"alg": alg, "kid": self.kid(alg)}).to_string();
        let message = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
        let signature = self.signature(alg, message.as_bytes());
        format!("{message}.{}", text(&signature))
    }

    /// A token as it should be.
    pub fn sign(&self, alg: &str, claims: &Value) -> String {
        self.sign_with(alg, &json!({"alg": alg, "kid": self.kid(alg), "typ": "JWT"}), claims)
    }
}

/// A token "signed" with HMAC, the key being what everybody can read.
pub fn signed_with_hmac(key: &[u8], header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", text(&mac.finalize().into_bytes()))
}

pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Modulus and exponent, out of the DER of the public key (RFC 8017 §A.1.1).
fn rsa_numbers(pair: &RsaKeyPair) -> (Vec<u8>, Vec<u8>) {
    let der = pair.public_key().as_ref();
    // SEQUENCE { INTEGER of 257 bytes with its leading zero, INTEGER of 3 bytes }.
    assert_eq!((&der[..2], &der[4..9]), (&[0x30, 0x82][..], &[0x02, 0x82, 0x01, 0x01, 0x00][..]));
    (der[9..265].to_vec(), der[267..].to_vec())
}

/// The public RSA key as people paste it: what an attacker of careless servers signs with.
pub fn rsa_public_der(pair: &RsaKeyPair) -> Vec<u8> {
    pair.public_key().as_der().unwrap().as_ref().to_vec()
}

/// What the issuer does wrong.
#[derive(Default, Clone)]
pub struct Mood {
    /// Answers this to everything, instead.
    pub broken: Option<(u16, String)>,
    /// Sends whoever asks for its document to where it really is.
    pub moved: bool,
    /// Publishes its keys with this much beside them.
    pub padding: usize,
    /// Takes this long to redeem a code.
    pub slow: std::time::Duration,
    /// Calls itself this.
    pub calls_itself: Option<String>,
    /// Puts this nonce into ID tokens.
    pub nonce: Option<String>,
    /// Leaves addresses to userinfo, where it says this of the person.
    pub userinfo: Option<Value>,
    /// Puts these over the claims of ID tokens.
    pub claims: Option<Value>,
}

struct Inner {
    clock: TestClock,
    ring: Mutex<Arc<KeyRing>>,
    more: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    person: Mutex<Option<String>>,
    codes: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    used: Mutex<BTreeSet<String>>,
    looks: Mutex<usize>,
    redeeming: Mutex<usize>,
    url: String,
}

/// The issuer; stops when it is dropped.
pub struct PlayedIssuer {
    inner: Arc<Inner>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for PlayedIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl PlayedIssuer {
    pub async fn start(clock: &TestClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            clock: clock.clone(),
            ring: Mutex::new(Arc::new(KeyRing::new("first"))),
            more: Mutex::default(),
            mood: Mutex::default(),
            person: Mutex::default(),
            codes: Mutex::default(),
            used: Mutex::default(),
            looks: Mutex::default(),
            redeeming: Mutex::default(),
            url,
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/elsewhere", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, server }
    }

    /// How a server is told of it.
    pub fn config(&self) -> OidcConfig {
        OidcConfig {
            issuer: self.url().to_owned(),
            audience: AUDIENCE.to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(SECRET)),
        }
    }

    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The keys in use.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.inner.ring.lock().unwrap())
    }

    /// New keys; the old ones are not published any more.
    pub fn rotate(&self, name: &str) {
        *self.inner.ring.lock().unwrap() = Arc::new(KeyRing::new(name));
    }

    /// Publishes these keys beside its own.
    pub fn publish_too(&self, ring: &KeyRing) {
        self.inner.more.lock().unwrap().extend(ring.public());
    }

    pub fn feel(&self, mood: Mood) {
        *self.inner.mood.lock().unwrap() = mood;
    }

    /// Who sits at the keyboard from now on.
    pub fn person(&self, email: &str) {
        *self.inner.person.lock().unwrap() = Some(email.to_owned());
    }

    /// How often its keys were asked for.
    pub fn looks(&self) -> usize {
        *self.inner.looks.lock().unwrap()
    }

    /// How often it was asked to redeem a code.
    pub fn redeeming(&self) -> usize {
        *self.inner.redeeming.lock().unwrap()
    }

    /// The claims of an access token for somebody, good for five minutes.
    pub fn claims(&self, email: &str) -> Value {
        let now = self.inner.clock.now().as_second();
        json!({"iss": self.url(), "aud": AUDIENCE, "sub": format!("sub of {email}"), "iat": now, "exp": now + 300,
               "email": email, "email_verified": true})
    }

    /// A good access token.
    pub fn token(&self, email: &str) -> String {
        self.ring().sign("RS256", &self.claims(email))
    }
}

fn troubled(inner: &Inner) -> Option<Response> {
    let (status, body) = inner.mood.lock().unwrap().broken.clone()?;
    Some((StatusCode::from_u16(status).unwrap(), body).into_response())
}

async fn discovery(State(inner): State<Arc<Inner>>, uri: axum::http::Uri) -> Response {
    if let Some(trouble) = troubled(&inner) {
        return trouble;
    }
    if inner.mood.lock().unwrap().moved && uri.path() != "/elsewhere" {
        return Redirect::temporary("/elsewhere").into_response();
    }
    let url = &inner.url;
    let issuer = inner.mood.lock().unwrap().calls_itself.clone().unwrap_or_else(|| url.clone());
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"), "jwks_uri": format!("{url}/keys"),
        "code_challenge_methods_supported": ["S256"],
    }))
    .into_response()
}

async fn keys(State(inner): State<Arc<Inner>>) -> Response {
    *inner.looks.lock().unwrap() += 1;
    if let Some(trouble) = troubled(&inner) {
        return trouble;
    }
    let ring = Arc::clone(&inner.ring.lock().unwrap());
    let keys = [ring.public(), inner.more.lock().unwrap().clone()].concat();
    let padding = "x".repeat(inner.mood.lock().unwrap().padding);
    Json(json!({ "keys": keys, "padding": padding })).into_response()
}

/// Signs in whoever sits there, at once.
async fn authorize(State(inner): State<Arc<Inner>>, Query(asked): Query<BTreeMap<String, String>>) -> Response {
    let wanted = [("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")];
    for (name, value) in wanted {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let back = url::Url::parse(&asked["redirect_uri"]).unwrap();
    let mut to = back.clone();
    let Some(person) = inner.person.lock().unwrap().clone() else {
        to.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &asked["state"]);
        return Redirect::to(to.as_str()).into_response();
    };
    let code = format!("code-{}", inner.codes.lock().unwrap().len());
    let mut kept = asked.clone();
    kept.insert("person".to_owned(), person);
    inner.codes.lock().unwrap().insert(code.clone(), kept);
    to.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &asked["state"])
        .append_pair("iss", &inner.url);
    Redirect::to(to.as_str()).into_response()
}

async fn token(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    *inner.redeeming.lock().unwrap() += 1;
    if let Some(trouble) = troubled(&inner) {
        return trouble;
    }
    let slow = inner.mood.lock().unwrap().slow;
    tokio::time::sleep(slow).await;
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let secret = STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET)));
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&format!("Basic {secret}")) {
        return refused("invalid_client");
    }
    let Some(begun) = inner.codes.lock().unwrap().get(&form["code"]).cloned() else { return refused("invalid_grant") };
    let challenge = text(&Sha256::digest(&form["code_verifier"]));
    let same = begun["code_challenge"] == challenge && begun["redirect_uri"] == form["redirect_uri"];
    if !same || form["grant_type"] != "authorization_code" || !inner.used.lock().unwrap().insert(form["code"].clone()) {
        return refused("invalid_grant");
    }
    let (mood, now) = (inner.mood.lock().unwrap().clone(), inner.clock.now().as_second());
    let nonce = mood.nonce.as_ref().unwrap_or(&begun["nonce"]);
    let mut claims =
        json!({"iss": inner.url, "aud": CLIENT, "sub": "the person", "iat": now, "exp": now + 300, "nonce": nonce});
    if mood.userinfo.is_none() {
        claims["email"] = json!(begun["person"]);
    }
    for (name, value) in mood.claims.iter().filter_map(Value::as_object).flatten() {
        claims[name] = value.clone();
    }
    let ring = Arc::clone(&inner.ring.lock().unwrap());
    Json(json!({"id_token": ring.sign("ES256", &claims), "access_token": "canary-access", "token_type": "Bearer"}))
        .into_response()
}

async fn userinfo(State(inner): State<Arc<Inner>>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], "Bearer canary-access");
    Json(inner.mood.lock().unwrap().userinfo.clone().unwrap_or_default()).into_response()
}
