//! Who may look at a request's page, and how a page says no.
//!
//! Browsers carry no bearer token. Where tokens are required, the personal link that
//! came by mail opens the page of its request, also after its time: it proves who
//! was written to, and looking changes nothing. Where people sign in, their session
//! opens pages, and a link only says which.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use url::form_urlencoded;

use crate::config::Scope;
use crate::domain::ids::{RequestId, RequestRef};
use crate::domain::link::LinkError;
use crate::domain::person::{Channel, same_email};
use crate::http::auth::{Caller, bearer};
use crate::http::problem::{Problem, come_back};
use crate::http::state::AppState;
use crate::say::view::RequestView;
use crate::service::{FileLinks, ServiceError};

use super::headers::html;
use super::pages::live::Way;
use super::pages::notice;

/// The caller of a page. Browsers have no token; where people sign in, they have a session.
pub struct Visitor(Result<Caller, Stranger>);

/// Why a visitor is nobody we know.
enum Stranger {
    Unknown,
    /// They may sign in, and go on here.
    NotSignedIn(String),
    /// Their token will not do, or nobody can tell.
    Refused(Problem),
}

impl Visitor {
    /// Who they are; they must be allowed to read, too.
    ///
    /// # Errors
    /// A page that says how to become known.
    #[expect(clippy::result_large_err, reason = "the page is the answer, as everywhere in this module")]
    pub fn known(&self) -> Result<&Caller, Response> {
        let caller = self.0.as_ref().map_err(|stranger| match stranger {
            Stranger::Unknown => who_are_you(),
            Stranger::NotSignedIn(to) => sign_in_first(to, ""),
            Stranger::Refused(problem) => told(problem),
        })?;
        caller.must(Scope::Read).map_err(|problem| told(&problem))?;
        Ok(caller)
    }

    /// The request they name, in full or short. Nobody learns which ids there are who is not known here and
    /// has no good link; where people sign in, a link does not count.
    ///
    /// # Errors
    /// A page that says how to become known, or that there is no such request.
    pub async fn named(&self, state: &AppState, text: &str, token: Option<&str>) -> Result<RequestId, Response> {
        if token.is_some() && state.sign_in.is_none() {
            return linked(state, text).await;
        }
        self.known()?;
        named(state, text).await
    }

    /// Their address, when they signed in.
    #[must_use]
    pub fn signed_in(&self) -> Option<&str> {
        let caller = self.0.as_ref().ok().filter(|caller| caller.actor.channel == Channel::Web);
        caller.map(|caller| caller.actor.email.as_str())
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let Some(sign_in) = &state.sign_in else {
            return Ok(Self(Caller::from_request_parts(parts, state).await.map_err(|_| Stranger::Unknown)));
        };
        if bearer(&parts.headers).is_some() {
            return Ok(Self(Caller::from_request_parts(parts, state).await.map_err(Stranger::Refused)));
        }
        let session = sign_in.session(&parts.headers, state.service.clock.now());
        let caller = session.map(|session| Caller::person(&session.email, session.scopes(), Channel::Web));
        let here = || parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        Ok(Self(caller.ok_or_else(|| Stranger::NotSignedIn(here()))))
    }
}

/// A request as one visitor sees it.
pub struct Seen {
    /// The request.
    pub view: RequestView,
    /// The files of a finished set, and how its page is followed.
    pub way: Way,
}

/// The request a visitor may look at.
///
/// # Errors
/// A page that says why not.
pub async fn visible(
    state: &AppState,
    id: RequestId,
    visitor: &Visitor,
    token: Option<&str>,
) -> Result<Seen, Response> {
    if state.sign_in.is_some() {
        let caller = visitor.known()?;
        return seen_by(state, id, caller).await.map_err(|error| sorry(error, &id.short()));
    }
    let seen = async {
        let Some(token) = token else {
            let view = state.service.show(id).await?;
            return Ok((view, None));
        };
        let opened = state.service.open_link(id, token).await?;
        Ok((opened.view, Some(opened.approver.email)))
    };
    let caller = if token.is_some() { None } else { Some(visitor.known()?) };
    let (view, person) = seen.await.map_err(|error| sorry(error, &id.short()))?;
    let theirs = |caller: &Caller| caller.sees_everything() || same_email(&caller.actor.email, &view.requester.email);
    if caller.is_some_and(|caller| !theirs(caller)) {
        return Err(sorry(ServiceError::NotFound, &id.short()));
    }
    let way = Way { token: token.map(str::to_owned), ..Way::default() };
    if view.account_set.is_none() {
        return Ok(Seen { view, way });
    }
    // Only a set has files, so only a set is read once more.
    let files = files(state, id, person.as_deref()).await.map_err(|error| sorry(error, &id.short()))?;
    Ok(Seen { view, way: Way { files, ..way } })
}

/// What somebody who is known sees of a request that is theirs to see.
async fn seen_by(state: &AppState, id: RequestId, caller: &Caller) -> Result<Seen, ServiceError> {
    let request = state.service.find_for(&caller.viewer(state).await, &id.to_string()).await?;
    let files = state.service.file_links(&request, None).await?;
    let view = state.service.view(request).await?;
    Ok(Seen { view, way: Way { files, ..Way::default() } })
}

async fn files(state: &AppState, id: RequestId, person: Option<&str>) -> Result<FileLinks, ServiceError> {
    let request = state.service.store.load(id).await?;
    state.service.file_links(&request, person).await
}

/// The request a path names, in full or short.
///
/// # Errors
/// A page that says so when there is none.
pub async fn named(state: &AppState, text: &str) -> Result<RequestId, Response> {
    match text.parse() {
        Ok(RequestRef::Full(id)) => Ok(id),
        _ => state.service.find(text).await.map_err(|error| sorry(unnamed(error), "the request")),
    }
}

/// The request a personal link is for. Where there is none, the answer is the one to a bad link: it does not
/// tell who guesses that they found one.
///
/// # Errors
/// A page that says so.
pub async fn linked(state: &AppState, text: &str) -> Result<RequestId, Response> {
    match text.parse() {
        Ok(RequestRef::Short(key)) => {
            let found = state.service.find(text).await;
            found.map_err(|error| sorry(as_of_a_bad_link(error), &format!("req-{key}")))
        }
        _ => named(state, text).await,
    }
}

fn as_of_a_bad_link(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::NotFound | ServiceError::Ambiguous(_) => ServiceError::BadLink(LinkError::NotGenuine.to_string()),
        error => error,
    }
}

/// The same error without the ids it would name: not all of them may be theirs to know.
fn unnamed(error: ServiceError) -> ServiceError {
    if let ServiceError::Ambiguous(_) = error { ServiceError::Ambiguous(Vec::new()) } else { error }
}

/// The page of an error. A bad link is told how to get a good one.
#[must_use]
pub fn sorry(error: ServiceError, short_id: &str) -> Response {
    if matches!(error, ServiceError::BadLink(_)) {
        return html(StatusCode::FORBIDDEN, notice::bad_link(short_id));
    }
    told(&Problem::from(error))
}

/// A problem as a page.
#[must_use]
pub fn told(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut page = html(status, notice::notice(&problem.title, &problem.detail));
    come_back(status, page.headers_mut());
    page
}

/// The page for a browser where tokens are required.
#[must_use]
pub fn who_are_you() -> Response {
    let sentence = "This server shows requests to known callers only. Open the link in your mail, ask the bot in \
                    Slack, or run `vend requests list` with your token.";
    html(StatusCode::UNAUTHORIZED, notice::notice("Who are you?", sentence))
}

/// The page for somebody who is not signed in, and the way to be. `before` is said first.
#[must_use]
pub fn sign_in_first(to: &str, before: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    html(StatusCode::UNAUTHORIZED, notice::sign_in_first(before, &format!("/sign-in?{query}")))
}

/// One parameter of a query string, as far as it can be read; empty is absent.
#[must_use]
pub fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}
