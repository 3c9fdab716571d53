//! `GET /api/v1/requests/{id}`.

use axum::Json;
use axum::extract::State;

use super::Name;
use super::document::Wrong;
use crate::config::Scope;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::say::view::RequestView;

/// One request.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}", tag = "requests", summary = "Read a request",
    params(("id" = String, Path, description = "Full or short id", example = "req-6s7t8v9w")),
    responses(
        (status = 200, description = "The request", body = RequestView),
        Wrong,
    )
)]
pub async fn show(State(state): State<AppState>, caller: Caller, Name(id): Name) -> Result<Json<RequestView>, Problem> {
    caller.must(Scope::Read)?;
    Ok(Json(state.service.show_to(&caller.viewer(&state).await, &id).await?))
}
