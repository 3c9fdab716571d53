//! Who calls: authorisation is an extractor, so no handler can forget it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::config::{AuthConfig, AuthMode, Scope, TokenConfig};
use crate::domain::person::{Actor, Channel, Requester, same_email};
use crate::ports::issuer::IssuerError;
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
    /// A person by their address, with these scopes.
    pub(super) fn person(email: &str, scopes: Vec<Scope>, channel: Channel) -> Self {
        let admin = scopes.contains(&Scope::Admin);
        Self { actor: Actor { admin, ..Actor::person(email, channel) }, scopes }
    }

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
        match state.auth.mode {
            // Only ever on a loopback address; the configuration refuses anything else.
            AuthMode::None => Ok(Self { actor: Actor::local_operator(Channel::Api), scopes: Scope::ALL.to_vec() }),
            AuthMode::Tokens => by_token(&state.auth, &parts.headers).ok_or_else(|| unknown(&parts.headers)),
            AuthMode::Oidc => match by_token(&state.auth, &parts.headers) {
                Some(caller) => Ok(caller),
                None => vouched_for(state, bearer(&parts.headers)).await,
            },
        }
    }
}

/// Nobody, with a token or without one: that says which of the two to look for.
fn unknown(headers: &HeaderMap) -> Problem {
    if bearer(headers).is_some_and(|token| !token.is_empty()) {
        Problem::unknown_token()
    } else {
        Problem::unauthorized()
    }
}

fn by_token(auth: &AuthConfig, headers: &HeaderMap) -> Option<Caller> {
    let known = known_token(auth, headers)?;
    Some(Caller::person(&known.email, known.scopes.clone(), Channel::Api))
}

/// Whom the issuer vouches for. A session is none of this: what a browser sends by itself opens pages only.
async fn vouched_for(state: &AppState, token: Option<&str>) -> Result<Caller, Problem> {
    let (Some(sign_in), Some(token)) = (&state.sign_in, token) else { return Err(Problem::no_token_of_the_issuer()) };
    match sign_in.issuer.vouch(token).await {
        Ok(vouched) => Ok(Caller::person(&vouched.email, scopes_of(&vouched.scopes), Channel::Api)),
        Err(IssuerError::Refused(why)) => {
            tracing::debug!(%why, "a token was refused");
            Err(Problem::bad_token(why))
        }
        Err(IssuerError::Unavailable(_)) => Err(Problem::issuer_unavailable()),
    }
}

/// What a person may do whose token says nothing about it. Never to operate: that is given by name.
const OF_A_PERSON: [Scope; 3] = [Scope::Request, Scope::Read, Scope::Approve];
/// Scopes of OpenID Connect itself (Core §5.4, §11): they are about the token, and not about us.
const OF_OPENID: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// Our scopes among a token's, by their words, or behind `vend` (`vend/read`, `vend:read`, `vend.read`).
/// A token that names scopes, but none of ours, was made for something else and may do nothing.
pub(super) fn scopes_of(words: &[String]) -> Vec<Scope> {
    let own = |word: &String| {
        let bare = word.strip_prefix("vend").and_then(|rest| rest.strip_prefix(['/', ':', '.']));
        Scope::named(bare.unwrap_or(word))
    };
    let named: Vec<Scope> = words.iter().filter_map(own).collect();
    let says_nothing = words.iter().all(|word| OF_OPENID.contains(&word.as_str()));
    if says_nothing { OF_A_PERSON.to_vec() } else { named }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_do_what_it_says_and_a_persons_own_what_people_do() {
        use Scope::{Admin, Approve, Read, Request};
        let cases: [(&str, &[Scope]); 8] = [
            ("", &[Request, Read, Approve]),
            ("openid email profile", &[Request, Read, Approve]),
            ("openid read", &[Read]),
            ("vend/read vend:request vend.approve", &[Read, Request, Approve]),
            ("admin", &[Admin]),
            ("calendar.read", &[]),
            ("openid vendread Read", &[]),
            ("other/approve", &[]),
        ];
        for (words, scopes) in cases {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            assert_eq!(scopes_of(&words), scopes, "{words:?}");
        }
    }
}
