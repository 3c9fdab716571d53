//! `GET /api/v1/requests`.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::Wrong;
use super::query::{Query, cursor};
use crate::config::Scope;
use crate::domain::request::State as Stage;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::say::view::RequestView;

/// A page of requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestPage {
    /// Newest first. May be shorter than asked for although there are more.
    requests: Vec<RequestView>,
    /// Give this as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Lists what the caller may see.
#[utoipa::path(
    get, path = "/api/v1/requests", tag = "requests", summary = "List requests, newest first",
    params(
        ("state" = Option<Stage>, Query, description = "Only requests in this state"),
        ("requester" = Option<String>, Query, format = "email", description = "Only requests of this e-mail address"),
        ("waiting_for" = Option<String>, Query, pattern = "^me$", description = "`me`: only what waits for your decision"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "1 to 100, 25 when left out"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = RequestPage),
        Wrong,
    )
)]
pub async fn list(State(state): State<AppState>, caller: Caller, uri: Uri) -> Result<Json<RequestPage>, Problem> {
    caller.must(Scope::Read)?;
    let Query { wanted, waiting_for_me } = Query::read(&uri)?;
    let viewer = caller.viewer(&state).await;
    let listing = if waiting_for_me {
        state.service.list_waiting(&viewer, wanted).await?
    } else {
        state.service.list_for(&viewer, wanted).await?
    };
    Ok(Json(RequestPage { requests: listing.requests, next_cursor: listing.next.map(cursor) }))
}
