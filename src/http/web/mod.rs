//! Pages for people: approval, request list, live progress.

pub mod form;
pub mod headers;
pub mod pages;

use axum::Router;

use super::AppState;

/// Every page.
pub fn routes() -> Router<AppState> {
    Router::new()
}
