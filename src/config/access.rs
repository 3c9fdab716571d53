//! Configuration of who may come in: Slack, the API's callers, the policy.

use std::fmt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use super::parse;
use super::reader::Reader;
use super::secret::Secret;
use crate::domain::spec::hex;

/// `[slack]`, when the bot is connected to Slack.
#[derive(Debug, Clone)]
pub struct SlackConfig {
    /// Verifies what Slack sends.
    pub signing_secret: Secret,
    /// Still accepted during a rotation.
    pub previous_signing_secret: Option<Secret>,
    /// Lets the bot speak.
    pub bot_token: Secret,
    /// Slack's Web API; default `https://slack.com/api/`.
    pub api_url: Url,
    /// Channel id where approvers see new requests.
    pub approvals_channel: Option<String>,
    /// Workspaces served; empty means every one that signs correctly.
    pub team_ids: Vec<String>,
}

impl SlackConfig {
    /// `None` when Slack is not configured.
    pub(super) fn read(from: &mut Reader) -> Option<Self> {
        let signing_secret = from.secret("slack.signing_secret", &parse::one_word);
        let previous_signing_secret = from.secret("slack.previous_signing_secret", &parse::one_word);
        let bot_token = from.secret("slack.bot_token", &parse::one_word);
        let api_url = from.value("slack.api_url", &parse::web_address);
        let approvals_channel = from.optional("slack.approvals_channel", &parse::text);
        let team_ids = from.list("slack.team_ids", &parse::text);
        let (signing_secret, bot_token) = (signing_secret?, bot_token?);
        Some(Self { signing_secret, previous_signing_secret, bot_token, api_url, approvals_channel, team_ids })
    }
}

/// How callers of the API prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// They do not: whoever reaches the loopback address is the local operator.
    None,
    /// By bearer token.
    Tokens,
    /// By a token, or a sign-in, of an OpenID Connect issuer.
    Oidc,
}

/// What a token's holder may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Ask for accounts.
    Request,
    /// See requests.
    Read,
    /// Decide, where the policy allows the token's e-mail address to.
    Approve,
    /// Operate: see everything, retry, act on behalf of others.
    Admin,
}

impl Scope {
    /// All, in the order they are listed.
    pub const ALL: [Self; 4] = [Self::Request, Self::Read, Self::Approve, Self::Admin];

    /// The word used in the configuration and in tokens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Read => "read",
            Self::Approve => "approve",
            Self::Admin => "admin",
        }
    }

    /// By its word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }

    fn parse(text: &str) -> Result<Self, String> {
        Self::named(text).ok_or_else(|| "use `request`, `read`, `approve`, `admin`.".to_owned())
    }
}

/// SHA-256 of a bearer token. Tokens are 256 random bits, so no slow hash is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether `token` is the one hashed, in constant time.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        self.0.ct_eq(&Self::of(token).0).into()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wanted = || "give `sha256:` and 64 hex digits, as `vend tokens new` prints them.".to_owned();
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64).ok_or_else(wanted)?;
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wanted())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wanted())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash")
    }
}

/// One bearer token and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    /// Names it for operators; goes into logs.
    pub name: String,
    /// Who its holder counts as.
    pub email: String,
    /// Its hash.
    pub hash: TokenHash,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// `[auth]`.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Default `none`.
    pub mode: AuthMode,
    /// The tokens accepted in modes `tokens` and `oidc`.
    pub tokens: Vec<TokenConfig>,
    /// Who vouches for people in mode `oidc`; `None` in the others.
    pub oidc: Option<OidcConfig>,
}

/// The issuer and what it knows us by.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// Its identifier, letter by letter as it was given: so it must stand in tokens.
    pub issuer: String,
    /// Whom tokens of programs must be for.
    pub audience: String,
    /// What signs people in; default: the audience.
    pub client_id: String,
    /// Proves to the issuer that it is us, where it wants that.
    pub client_secret: Option<Secret>,
}

const MODES: parse::Words<AuthMode> =
    &[("none", AuthMode::None), ("tokens", AuthMode::Tokens), ("oidc", AuthMode::Oidc)];

impl AuthConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let count = from.entries("auth.tokens");
        let mode = from.value("auth.mode", &|text| parse::word(text, MODES));
        let tokens = (0..count).filter_map(|index| read_token(from, index)).collect();
        Self { mode, tokens, oidc: OidcConfig::read(from).filter(|_| mode == AuthMode::Oidc) }
    }
}

impl OidcConfig {
    fn read(from: &mut Reader) -> Option<Self> {
        let issuer = from.optional("auth.issuer", &issuer);
        let audience = from.optional("auth.audience", &parse::text);
        let client_id = from.optional("auth.client_id", &parse::text);
        let client_secret = from.secret("auth.client_secret", &client_secret);
        let (issuer, audience) = (issuer?, audience?);
        Some(Self { issuer, client_id: client_id.unwrap_or_else(|| audience.clone()), audience, client_secret })
    }
}

/// RFC 6749 §A.2: visible ASCII and blanks.
fn client_secret(text: &str) -> Result<(), String> {
    let good = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if good {
        Ok(())
    } else {
        Err("it has line breaks or signs beyond ASCII inside. Copy it again, on one line.".into())
    }
}

/// Kept as text: an identifier is compared letter by letter, and reading it as an address adds a slash.
fn issuer(text: &str) -> Result<String, String> {
    let url = parse::web_address(text)?;
    if url.scheme() == "https" || parse::is_loopback(&url) {
        return Ok(text.to_owned());
    }
    Err("give an https address: keys and sign-ins that come without TLS can be anybody's.".to_owned())
}

fn read_token(from: &mut Reader, index: usize) -> Option<TokenConfig> {
    let entry = format!("auth.tokens[{index}]");
    let name = from.required(&entry, "name", &parse::text);
    let email = from.required(&entry, "email", &parse::email);
    let hash = from.required(&entry, "hash", &TokenHash::parse);
    let scopes = from.list(&format!("{entry}.scopes"), &Scope::parse);
    if !from.is_given(&format!("{entry}.scopes")) {
        from.fault(&entry, "it has no scopes, so it may do nothing. Add scopes = [\"request\", \"read\"].");
    }
    Some(TokenConfig { name: name?, email: email?, hash: hash?, scopes })
}

/// `[policy]`.
#[derive(Debug, Clone)]
pub struct PolicyConfig {
    /// The policy manifest; default `manifests/policy.yaml`.
    pub file: PathBuf,
}

impl PolicyConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        Self { file: from.value("policy.file", &parse::path) }
    }
}
