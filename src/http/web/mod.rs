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
pub mod sign_in;
mod signed_in;

use axum::Router;
use axum::routing::{get, post};

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
        .route("/sign-in", get(sign_in::begin))
        .route("/sign-in/callback", get(sign_in::come_back))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/vend.css", get(look::stylesheet))
        .route("/assets/live.js", get(look::script))
}
