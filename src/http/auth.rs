//! Who calls: authorisation is an extractor, so no handler can forget it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::config::{AuthConfig, AuthMode, Scope, TokenConfig};
use crate::domain::person::{Actor, Channel, Requester, same_email};
use crate::service::Viewer;

use super::origin;
use super::problem::Problem;
use super::state::AppState;

/// An authenticated caller of the API.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As the policy and the audit trail know them.
    pub actor: Actor,
    scopes: Vec<Scope>,
}

impl Caller {
    /// Refuses without the scope; `admin` includes the others except deciding.
    ///
    /// # Errors
    /// A 403 that names the scope.
    pub fn must(&self, scope: Scope) -> Result<(), Problem> {
        self.must_one_of(&[scope])
    }

    /// Refuses without any of the scopes.
    ///
    /// # Errors
    /// A 403 that names them.
    pub fn must_one_of(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if scopes.iter().any(|scope| self.has(*scope)) {
            return Ok(());
        }
        let words: Vec<_> = scopes.iter().map(|scope| format!("`{}`", scope.word())).collect();
        let words = words.join(" or ");
        Err(Problem::forbidden(format!("This token lacks the scope {words}. Ask for one that has it.")))
    }

    fn has(&self, scope: Scope) -> bool {
        let admin = scope != Scope::Approve && self.scopes.contains(&Scope::Admin);
        admin || self.scopes.contains(&scope)
    }

    /// The caller as somebody who looks at requests.
    pub async fn viewer(&self, state: &AppState) -> Viewer {
        state.service.viewer(&self.actor, self.sees_everything()).await
    }

    /// Whether they may see every request and act for others.
    #[must_use]
    pub fn sees_everything(&self) -> bool {
        self.scopes.contains(&Scope::Admin)
    }

    /// Refuses to ask for an account in somebody else's name without `admin`.
    ///
    /// # Errors
    /// A 403.
    pub fn must_be_or_act_for(&self, requester: &Requester) -> Result<(), Problem> {
        if self.sees_everything() || same_email(&self.actor.email, &requester.email) {
            return Ok(());
        }
        Err(Problem::forbidden("This token may only ask for accounts for its own e-mail address."))
    }
}

const NOT_LOCAL: &str = "Without tokens this server listens to programs on its own machine only, called by its own \
                         address, like http://127.0.0.1:8080, and not to pages of other sites.";

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if state.auth.mode == AuthMode::None && !origin::is_local(parts) {
            return Err(Problem::forbidden(NOT_LOCAL));
        }
        authenticate(&state.auth, &parts.headers).ok_or_else(Problem::unauthorized)
    }
}

fn authenticate(auth: &AuthConfig, headers: &HeaderMap) -> Option<Caller> {
    match auth.mode {
        // Only ever on a loopback address; the configuration refuses anything else.
        AuthMode::None => Some(Caller { actor: Actor::local_operator(Channel::Api), scopes: Scope::ALL.to_vec() }),
        AuthMode::Tokens => {
            let known = known_token(auth, headers)?;
            let admin = known.scopes.contains(&Scope::Admin);
            let actor = Actor { admin, ..Actor::person(&known.email, Channel::Api) };
            Some(Caller { actor, scopes: known.scopes.clone() })
        }
    }
}

/// The configured token a request carries, if it carries one.
pub(super) fn known_token<'a>(auth: &'a AuthConfig, headers: &HeaderMap) -> Option<&'a TokenConfig> {
    let token = bearer(headers)?;
    auth.tokens.iter().find(|known| known.hash.matches(token))
}

/// The token of `Authorization: Bearer …`.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
