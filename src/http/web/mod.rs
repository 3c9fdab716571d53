//! Pages for people: approval, request list, live progress. Handlers extract, call
//! one use case and render; who may decide is the policy's business.

mod access;
pub mod confirm;
pub mod files;
pub mod form;
pub mod headers;
pub mod look;
pub mod pages;
pub mod program;

use axum::Router;
use axum::routing::get;

use super::state::AppState;

pub(super) use access::told;

/// Every page, and the two files they use.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(look::begin))
        .route("/requests", get(look::list))
        .route("/requests/{id}", get(look::follow))
        .route("/requests/{id}/live", get(look::hints))
        .route("/requests/{id}/files/{name}", get(files::download))
        .route("/account/confirm/{id}", get(confirm::ask).post(confirm::decide))
        .route("/assets/vend.css", get(look::stylesheet))
        .route("/assets/live.js", get(look::script))
}
