//! Who vouches for people where an identity provider does: an OpenID Connect issuer.
//! Knows nothing of cookies, routes or scopes of ours.

use async_trait::async_trait;

/// Somebody an issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Their e-mail address; the issuer does not call it unverified.
    pub email: String,
    /// The words of `scope` and `scp`, as they stand in the token.
    pub scopes: Vec<String>,
}

/// What one sign-in is known by, from the way out to the way back.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// Comes back with the browser.
    pub state: &'a str,
    /// Comes back inside the signed token.
    pub nonce: &'a str,
    /// Proves that who redeems the code is who began (RFC 7636). Never leaves before that.
    pub verifier: &'a str,
}

/// Why nobody was vouched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The token, or the code, is not good.
    #[error("{0}")]
    Refused(Refused),
    /// Nobody can tell now. The text is for the log.
    #[error("{0}")]
    Unavailable(String),
}

/// What is wrong with a token or a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has another form.
    #[error("it is no signed token (JWT), or too long")]
    NotAToken,
    /// `alg` is not one that is taken; or the key is not for it.
    #[error("it is not signed in a way this server takes")]
    Algorithm,
    /// It is made for another purpose, or cannot be used without a proof this server does not check.
    #[error("it is not made to be used as a bearer token")]
    Purpose,
    /// The issuer has no such key.
    #[error("it is signed with a key the issuer does not publish")]
    Key,
    /// The signature does not fit.
    #[error("its signature is not the issuer's")]
    Signature,
    /// Signed, but its claims cannot be read.
    #[error("its claims cannot be read")]
    Claims,
    /// Signed, and says that somebody else made it.
    #[error("it names another issuer")]
    Issuer,
    /// It is for another service.
    #[error("it is for another audience")]
    Audience,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time has not begun.
    #[error("it is not valid yet")]
    TooEarly,
    /// It names no address.
    #[error("it names no e-mail address")]
    NoEmail,
    /// The issuer says that the address is not verified.
    #[error("its e-mail address is not verified")]
    Unverified,
    /// It belongs to another sign-in.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// The issuer does not take the code (any more).
    #[error("the issuer does not take the code")]
    Code,
}

/// The issuer this installation believes.
#[async_trait]
pub trait Issuer: Send + Sync {
    /// Whom a bearer token names. MUST refuse whatever the issuer has not signed for this
    /// installation's audience, what is not valid at this moment, and whoever has no e-mail address
    /// that counts as verified. MUST NOT ask the issuer once for every token, whatever the tokens say.
    async fn vouch(&self, token: &str) -> Result<Vouched, IssuerError>;

    /// Where a browser is sent to sign in. MUST carry `state`, `nonce` and the verifier's S256 challenge.
    async fn sign_in_at(&self, errand: Errand<'_>) -> Result<String, IssuerError>;

    /// Redeems the code a browser brought back. MUST refuse a token made for another client or another nonce.
    async fn redeem(&self, code: &str, errand: Errand<'_>) -> Result<Vouched, IssuerError>;

    /// Its name, as configured.
    fn name(&self) -> &str;
}
