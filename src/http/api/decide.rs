//! Approve, deny, cancel, retry and roll back. Saying again what was decided answers with who
//! decided; saying something else is a conflict. Neither changes anything.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::IntoResponses;

use super::document::{OfRequest, Wrong};
use super::{Name, reading};
use crate::config::Scope;
use crate::domain::ids::RequestId;
use crate::domain::request::{Refusal, State as Stage, Verdict};
use crate::http::auth::Caller;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::say::view::RequestView;
use crate::service::{Decide, ServiceError};

/// What these routes answer.
#[derive(IntoResponses)]
#[expect(dead_code, clippy::large_enum_variant, reason = "it describes what the handlers answer")]
enum Changed {
    /// The request now; `decisions` tells who decided
    #[response(status = 200)]
    Now(RequestView),
    /// Decided otherwise, or not possible now
    #[response(status = 409, content_type = "application/problem+json")]
    Otherwise(Problem),
    /// What is wrong and what to do
    #[response(status = "4XX", content_type = "application/problem+json")]
    Wrong(Problem),
}

type Answer = Result<Json<RequestView>, Problem>;

/// Says yes.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/approve", tag = "requests", summary = "Approve a request",
    params(OfRequest),
    request_body = Option<super::document::ReasonBody>,
    responses(Changed),
)]
pub async fn approve(State(state): State<AppState>, caller: Caller, Name(id): Name, body: Body) -> Answer {
    caller.must(Scope::Approve)?;
    let reason = reading::reason(&body::text(body).await?)?;
    let id = seen(&state, &caller, &id).await?;
    decide(&state, &caller, id, Decide::Approve { reason }).await
}

/// Says no.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/deny", tag = "requests", summary = "Deny a request",
    params(OfRequest),
    request_body = Option<super::document::ReasonBody>,
    responses(Changed),
)]
pub async fn deny(State(state): State<AppState>, caller: Caller, Name(id): Name, body: Body) -> Answer {
    caller.must(Scope::Approve)?;
    let reason = reading::reason(&body::text(body).await?)?.unwrap_or_default();
    let id = seen(&state, &caller, &id).await?;
    decide(&state, &caller, id, Decide::Deny { reason }).await
}

async fn decide(state: &AppState, caller: &Caller, id: RequestId, say: Decide) -> Answer {
    let wanted = if matches!(say, Decide::Approve { .. }) { Verdict::Approve } else { Verdict::Deny };
    let decided = state.service.decide(id, &caller.actor, say).await?;
    let last = decided.view.decisions.last().map(|decision| decision.decision);
    if decided.changed || last == Some(wanted) {
        return Ok(Json(decided.view));
    }
    Err(Problem::new(StatusCode::CONFLICT, "already-decided", "Already decided", decided.said))
}

/// Takes an undecided request back, or gives a failed one up.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/cancel", tag = "requests", summary = "Cancel a request, or give up a failed one",
    params(OfRequest),
    request_body = Option<super::document::ReasonBody>,
    responses(Changed),
)]
pub async fn cancel(State(state): State<AppState>, caller: Caller, Name(id): Name, body: Body) -> Answer {
    caller.must_one_of(&[Scope::Request, Scope::Approve])?;
    let reason = reading::reason(&body::text(body).await?)?;
    let id = seen(&state, &caller, &id).await?;
    match state.service.cancel(id, &caller.actor, reason).await {
        Ok(view) => Ok(Json(view)),
        Err(ServiceError::Refused(refusal @ (Refusal::AlreadyDecided(_) | Refusal::NotNow(Stage::Abandoned)))) => {
            let view = state.service.show(id).await?;
            if matches!(view.state, Stage::Cancelled | Stage::Abandoned) {
                return Ok(Json(view));
            }
            Err(ServiceError::Refused(refusal).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Runs the failed step again, with some of the blueprint's parameters changed where an approver says so.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/retry", tag = "requests", summary = "Run a failed step again",
    params(OfRequest),
    request_body = Option<super::document::RetryBody>,
    responses(Changed),
)]
pub async fn retry(State(state): State<AppState>, caller: Caller, Name(id): Name, body: Body) -> Answer {
    caller.must_one_of(&[Scope::Request, Scope::Approve])?;
    let changes = reading::retry(&body::text(body).await?)?;
    let id = seen(&state, &caller, &id).await?;
    Ok(Json(state.service.retry_with(id, &caller.actor, &changes).await?))
}

/// Undoes the stack of a blueprint that failed; of a set, that of the account `stage` names. The account
/// stays; a retry then starts from nothing.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/rollback", tag = "requests", summary = "Undo a failed blueprint",
    params(OfRequest),
    request_body = Option<super::document::RollbackBody>,
    responses(
        (status = 200, description = "The request now; its failure's advice tells when nothing is left", body = RequestView),
        (status = 409, description = "Nothing to undo, or it is being undone", body = Problem, content_type = "application/problem+json"),
        Wrong,
    )
)]
pub async fn rollback(State(state): State<AppState>, caller: Caller, Name(id): Name, body: Body) -> Answer {
    caller.must_one_of(&[Scope::Request, Scope::Approve])?;
    let of = reading::rollback(&body::text(body).await?)?;
    let id = seen(&state, &caller, &id).await?;
    Ok(Json(state.service.roll_back(id, of, &caller.actor).await?))
}

/// The request a path names, if the caller may know of it.
async fn seen(state: &AppState, caller: &Caller, id: &str) -> Result<RequestId, Problem> {
    Ok(state.service.find_for(&caller.viewer(state).await, id).await?.id)
}
