//! OpenID Connect: tokens checked with the issuer's published keys, and the authorization code
//! flow with PKCE. Asks the issuer for keys, codes and addresses; decides nothing else.

mod claims;
pub mod discovery;
mod jws;
mod keys;
mod known;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use url::{Url, form_urlencoded};

use self::claims::{Claims, Person};
use self::discovery::Discovery;
use self::jws::Unchecked;
use self::known::{Known, Looks};
use self::wire::{Wire, sent, status};
use crate::config::{OidcConfig, Secret, is_loopback};
use crate::ports::clock::Clock;
use crate::ports::issuer::{Errand, Issuer, IssuerError, Refused, Vouched};

/// What is asked of the issuer: who it is, and their address.
const SCOPES: &str = "openid email";

/// Codes redeemed at once: whoever makes them up shall not make us besiege the issuer.
const MOST_AT_ONCE: usize = 16;

/// The configured issuer.
pub struct OidcIssuer {
    config: OidcConfig,
    /// Where browsers come back to.
    redirect: String,
    clock: Arc<dyn Clock>,
    wire: Wire,
    looks: Looks,
    redeeming: Semaphore,
}

/// What the doctor tells of an issuer.
pub struct Seen {
    /// Keys that can check something.
    pub keys: usize,
    /// `None` where it does not say whether it takes S256 challenges.
    pub pkce: Option<bool>,
}

/// The token endpoint's good answer (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Redeemed {
    id_token: String,
    access_token: Option<String>,
}

/// Its bad one (§5.2).
#[derive(Deserialize)]
struct NotRedeemed {
    error: String,
}

impl OidcIssuer {
    /// The issuer of this configuration. Asks nothing yet.
    #[must_use]
    pub fn new(config: &OidcConfig, redirect: String, clock: Arc<dyn Clock>) -> Self {
        let local = Url::parse(&config.issuer).is_ok_and(|url| is_loopback(&url));
        let looks = Looks::new(config.issuer.clone(), Arc::clone(&clock));
        Self {
            config: config.clone(),
            redirect,
            clock,
            wire: Wire::new(local),
            looks,
            redeeming: Semaphore::new(MOST_AT_ONCE),
        }
    }

    /// Looks whether the issuer answers as it must.
    ///
    /// # Errors
    /// A text for the operator.
    pub async fn look(&self) -> Result<Seen, String> {
        let known = self.looks.known(&self.wire).await?;
        let methods = known.discovery.code_challenge_methods_supported.as_ref();
        let pkce = methods.map(|methods| methods.iter().any(|method| method == "S256"));
        Ok(Seen { keys: known.keys.count(), pkce })
    }

    async fn known(&self) -> Result<Arc<Known>, IssuerError> {
        self.looks.known(&self.wire).await.map_err(IssuerError::Unavailable)
    }

    /// The claims of a token that the issuer signed for this audience, valid now.
    async fn checked(&self, token: &str, audience: &str) -> Result<Claims, IssuerError> {
        let unchecked = Unchecked::read(token).map_err(IssuerError::Refused)?;
        let content = self.content(&unchecked).await?;
        let claims = Claims::read(&content).map_err(IssuerError::Refused)?;
        let now = self.clock.now().as_second();
        claims.must_be_for(&self.config.issuer, audience, now).map_err(IssuerError::Refused)?;
        Ok(claims)
    }

    async fn content(&self, token: &Unchecked<'_>) -> Result<Vec<u8>, IssuerError> {
        let known = self.known().await?;
        if let Some(key) = known.keys.of(token) {
            return token.content(key).map_err(IssuerError::Refused);
        }
        let anew = self.looks.known_anew(&self.wire).await.map_err(IssuerError::Unavailable)?;
        let key = anew.keys.of(token).ok_or(IssuerError::Refused(Refused::Key))?;
        token.content(key).map_err(IssuerError::Refused)
    }

    async fn tokens(&self, discovery: &Discovery, code: &str, verifier: &str) -> Result<Redeemed, IssuerError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("client_id", &self.config.client_id),
            ("code_verifier", verifier),
        ];
        let http = self.wire.client().map_err(IssuerError::Unavailable)?;
        let mut request = http.post(discovery.token_endpoint.clone());
        match &self.config.client_secret {
            Some(secret) if discovery.takes_secret_in_form() => form.push(("client_secret", secret.reveal())),
            Some(secret) => request = request.header("authorization", basic(&self.config.client_id, secret)),
            None => {}
        }
        let answer = sent(request.form(&form)).await.map_err(IssuerError::Unavailable)?;
        if answer.status == StatusCode::OK {
            return serde_json::from_slice(&answer.body)
                .map_err(|_| IssuerError::Unavailable("its token endpoint gave no ID token".to_owned()));
        }
        match serde_json::from_slice::<NotRedeemed>(&answer.body) {
            Ok(no) if no.error == "invalid_grant" => Err(IssuerError::Refused(Refused::Code)),
            // Ours to mend: the client, its secret or the redirect URL is not what the issuer knows.
            Ok(no) => Err(IssuerError::Unavailable(format!("its token endpoint says {}", word(&no.error)))),
            Err(_) => Err(IssuerError::Unavailable(status(answer.status))),
        }
    }

    /// What userinfo says, for issuers that keep addresses out of ID tokens.
    async fn person(&self, discovery: &Discovery, access: Option<String>) -> Result<Person, IssuerError> {
        let no_email = || IssuerError::Refused(Refused::NoEmail);
        let (url, access) = discovery.userinfo_endpoint.clone().zip(access).ok_or_else(no_email)?;
        let http = self.wire.client().map_err(IssuerError::Unavailable)?;
        let answer = sent(http.get(url).bearer_auth(access)).await.map_err(IssuerError::Unavailable)?;
        if answer.status != StatusCode::OK {
            return Err(IssuerError::Unavailable(format!("userinfo: {}", status(answer.status))));
        }
        serde_json::from_slice(&answer.body).map_err(|_| no_email())
    }
}

#[async_trait]
impl Issuer for OidcIssuer {
    async fn vouch(&self, token: &str) -> Result<Vouched, IssuerError> {
        let claims = self.checked(token, &self.config.audience).await?;
        claims.vouched().map_err(IssuerError::Refused)
    }

    async fn sign_in_at(&self, errand: Errand<'_>) -> Result<String, IssuerError> {
        let known = self.known().await?;
        let mut url = known.discovery.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", SCOPES)
            .append_pair("state", errand.state)
            .append_pair("nonce", errand.nonce)
            .append_pair("code_challenge", &challenge(errand.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    async fn redeem(&self, code: &str, errand: Errand<'_>) -> Result<Vouched, IssuerError> {
        let crowded = |_| IssuerError::Unavailable("too many sign-ins at once".to_owned());
        let _place = self.redeeming.try_acquire().map_err(crowded)?;
        let known = self.known().await?;
        let redeemed = self.tokens(&known.discovery, code, errand.verifier).await?;
        let claims = self.checked(&redeemed.id_token, &self.config.client_id).await?;
        claims.must_be_of(&self.config.client_id, errand.nonce).map_err(IssuerError::Refused)?;
        let vouched = if claims.lacks_email() {
            claims.vouched_by(&self.person(&known.discovery, redeemed.access_token).await?)
        } else {
            claims.vouched()
        };
        vouched.map_err(IssuerError::Refused)
    }

    fn name(&self) -> &str {
        &self.config.issuer
    }
}

/// RFC 7636 §4.2.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// RFC 6749 §2.3.1: both are form-encoded before they are put together.
fn basic(client: &str, secret: &Secret) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret.reveal()))))
}

/// An error word of the issuer's, if it is one.
fn word(text: &str) -> &str {
    let plain = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { text } else { "something unreadable" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_clients_name_and_secret_may_hold_any_sign() {
        let header = basic("vend:1", &Secret::new("a b&c"));
        let text = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(text, b"vend%3A1:a+b%26c");
    }

    #[test]
    fn an_issuers_word_is_told_and_a_sentence_is_not() {
        assert_eq!(word("invalid_client"), "invalid_client");
        assert_eq!(word("No user ada@example.com"), "something unreadable");
    }
}
