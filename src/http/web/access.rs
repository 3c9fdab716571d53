//! Who may look at a request's page, and how a page says no.
//!
//! Browsers carry no bearer token. Where tokens are required, the personal link that
//! came by mail opens the page of its request, also after its time: it proves who
//! was written to, and looking changes nothing.

use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use crate::domain::ids::{RequestId, RequestRef};
use crate::domain::person::same_email;
use crate::http::auth::Caller;
use crate::http::problem::{Problem, come_back};
use crate::http::state::AppState;
use crate::say::view::RequestView;
use crate::service::{FileLinks, ServiceError};

use super::headers::html;
use super::pages::live::Way;
use super::pages::notice;

/// The caller of a page: browsers have no token, so there may be none.
pub type Visitor = Result<Caller, Problem>;

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
    let seen = async {
        let Some(token) = token else {
            let view = state.service.show(id).await?;
            return Ok((view, None));
        };
        let opened = state.service.open_link(id, token).await?;
        Ok((opened.view, Some(opened.approver.email)))
    };
    let caller = if token.is_some() { None } else { Some(visitor.as_ref().map_err(|_| who_are_you())?) };
    let (view, person) = seen.await.map_err(|error| sorry(error, &id.short()))?;
    let theirs = |caller: &Caller| caller.sees_everything() || same_email(&caller.actor.email, &view.requester.email);
    if caller.is_some_and(|caller| !theirs(caller)) {
        return Err(sorry(ServiceError::NotFound, &id.short()));
    }
    let way = Way { token: token.map(str::to_owned), files: FileLinks::default() };
    if view.account_set.is_none() {
        return Ok(Seen { view, way });
    }
    // Only a set has files, so only a set is read once more.
    let files = files(state, id, person.as_deref()).await.map_err(|error| sorry(error, &id.short()))?;
    Ok(Seen { view, way: Way { files, ..way } })
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

/// The same error without the ids it would name: who asks may be anybody.
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

/// One parameter of a query string, as far as it can be read; empty is absent.
#[must_use]
pub fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}
