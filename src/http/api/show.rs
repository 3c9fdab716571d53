//! `GET /api/v1/requests/{id}`.

use axum::Json;
use axum::extract::State;

use super::Name;
use crate::config::Scope;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::say::view::RequestView;

/// One request.
pub async fn show(State(state): State<AppState>, caller: Caller, Name(id): Name) -> Result<Json<RequestView>, Problem> {
    caller.must(Scope::Read)?;
    Ok(Json(state.service.show_to(&caller.viewer(&state).await, &id).await?))
}
