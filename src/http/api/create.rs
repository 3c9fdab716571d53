//! `POST /api/v1/requests` and its dry run, `POST /api/v1/preflight`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::document::Wrong;
use super::reading::Asked;
use crate::config::Scope;
use crate::domain::preflight::Checklist;
use crate::http::auth::Caller;
use crate::http::body;
use crate::http::problem::{FieldError, Problem};
use crate::http::state::AppState;
use crate::say::view::RequestView;
use crate::service::{Once, Submitted};

/// Names a call, so that repeating it makes no second request.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Says that the answer is about a request an earlier call made.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key.
const LONGEST_KEY: usize = 128;

/// Whether a request could be made, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preflight {
    /// Whether everything passed.
    passed: bool,
    /// Everything that was checked, in the words requester and approver see.
    checks: Checklist,
}

/// Makes a request.
#[utoipa::path(
    post, path = "/api/v1/requests", tag = "requests", summary = "Ask for an account, or for an account set",
    description = "With `account_set` three accounts (dev, preprod, prod) are asked for under one approval. Everything is checked before anyone is asked; every wrong field is told at once. With an \
                   `Idempotency-Key` the call can be repeated: the same key and body answer the same request.",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,128}$", description = "1 to 128 visible ASCII characters, like a UUID")),
    request_body = super::document::NewRequest,
    responses(
        (status = 201, description = "The request was made", body = RequestView, headers(("Location" = String))),
        (status = 200, description = "An earlier call with this key made it", body = RequestView,
         headers(("Location" = String), ("Idempotency-Replayed" = String))),
        (status = 409, description = "The key was used for something else", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every wrong field", body = Problem, content_type = "application/problem+json"),
        Wrong,
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.must(Scope::Request)?;
    let key = idempotency_key(&headers)?;
    let asked = read(&caller, body).await?;
    if !asked.faults.is_clear() {
        let checked = check(&state, &asked).await?;
        return Err(Problem::invalid(&asked.all_faults(&checked)));
    }
    let once = key.map(|key| Once { caller: caller.actor.email.clone(), key, fingerprint: asked.fingerprint.clone() });
    let made = match &asked.set {
        Some(set) => state.service.submit_set(set, &asked.requester, &caller.actor, once).await?,
        None => state.service.submit_once(&asked.draft, &asked.requester, &caller.actor, once).await?,
    };
    Ok(answer(made))
}

/// Checks a request without making it.
#[utoipa::path(
    post, path = "/api/v1/preflight", tag = "requests", summary = "Check a request without making it",
    request_body = super::document::NewRequest,
    responses(
        (status = 200, description = "Everything that was checked", body = Preflight),
        Wrong,
    )
)]
pub async fn preflight(State(state): State<AppState>, caller: Caller, body: Body) -> Result<Json<Preflight>, Problem> {
    caller.must(Scope::Request)?;
    let asked = read(&caller, body).await?;
    let checked = check(&state, &asked).await?;
    let checks = asked.all_faults(&checked);
    Ok(Json(Preflight { passed: checks.is_clear(), checks }))
}

async fn check(state: &AppState, asked: &Asked) -> Result<Checklist, Problem> {
    let checked = match &asked.set {
        Some(set) => state.service.preflight_set(set, &asked.requester).await?,
        None => state.service.preflight(&asked.draft, &asked.requester).await?,
    };
    Ok(checked.0)
}

/// Reads a body. In whose name it asks is judged before anything is looked up for them, also where it has faults:
/// what is checked tells of a person how many requests they have open.
async fn read(caller: &Caller, body: Body) -> Result<Asked, Problem> {
    let text = body::text(body).await?;
    let own = (!caller.actor.local_operator).then_some(caller.actor.email.as_str());
    let asked = Asked::read(&text, own)?;
    // An address that is none is a fault, and nobody's.
    if asked.faults.is_clear() || !asked.requester.email.is_empty() {
        caller.must_be_or_act_for(&asked.requester)?;
    }
    Ok(asked)
}

fn answer(Submitted { view, replayed }: Submitted) -> Response {
    let status = if replayed { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/api/v1/requests/{}", view.id);
    let mut response = (status, Json(view)).into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(header::LOCATION, location);
    }
    if replayed {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The call's name, if it has one.
///
/// # Errors
/// 400 when it is no key, or there are two.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default();
    let good = (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good && given.next().is_none() {
        return Ok(Some(text.to_owned()));
    }
    let message = format!("Give one key of 1 to {LONGEST_KEY} visible ASCII characters without blanks, like a UUID.");
    Err(Problem::bad_parameters(vec![FieldError { field: "Idempotency-Key".to_owned(), message }]))
}
