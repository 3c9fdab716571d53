//! REST for programs under `/api/v1`: extract, call one use case, render.
//!
//! `reading` turns bodies into drafts with every fault at once, `query` does the
//! same for the list's parameters.

mod artefacts;
mod catalogue;
mod create;
mod decide;
pub(super) mod document;
mod history;
mod list;
mod query;
mod reading;
mod show;
mod stream;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};

use super::AppState;
use super::problem::Problem;

pub(super) use artefacts::{NameOfFile, file};
pub use create::idempotency_key;
pub use document::{openapi, openapi_json};
pub(super) use history::wants_stream;
pub use query::{cursor, read_cursor};
pub use stream::MOST_STREAMS;
pub(super) use stream::follow_blindly;

/// Every route under `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/requests", get(list::list).post(create::create))
        .route("/api/v1/requests/{id}", get(show::show))
        .route("/api/v1/requests/{id}/approve", post(decide::approve))
        .route("/api/v1/requests/{id}/deny", post(decide::deny))
        .route("/api/v1/requests/{id}/cancel", post(decide::cancel))
        .route("/api/v1/requests/{id}/retry", post(decide::retry))
        .route("/api/v1/requests/{id}/rollback", post(decide::rollback))
        .route("/api/v1/requests/{id}/events", get(history::events))
        .route("/api/v1/requests/{id}/artefacts", get(artefacts::list))
        .route("/api/v1/requests/{id}/artefacts/{name}", get(artefacts::download))
        .route("/api/v1/blueprints", get(catalogue::blueprints))
        .route("/api/v1/blueprints/{id}", get(catalogue::blueprint))
        .route("/api/v1/organizational-units", get(catalogue::organizational_units))
        .route("/openapi.json", get(document::openapi_document))
        .route("/api/v1/preflight", post(create::preflight))
}

/// The name in a path, as text that can be read.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Ok(Path(name)) = Path::<String>::from_request_parts(parts, state).await {
            return Ok(Self(name));
        }
        let detail = "The address holds bytes that are not UTF-8 text. Give the id as it was answered.";
        Err(Problem::new(StatusCode::NOT_FOUND, "not-an-id", "Not an id", detail))
    }
}
