//! The HTTP edge: extract, call one use case, render.

pub mod account;
pub mod api;
pub mod auth;
pub mod body;
pub mod limits;
pub mod ops;
mod origin;
pub mod problem;
pub mod slack;
pub mod state;
pub mod web;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use limits::Limits;
pub use state::AppState;

use problem::Problem;

/// Every route, with its limits around it.
pub fn router(state: AppState, limits: &Limits) -> Router {
    let slack = slack::routes(Arc::clone(&state.slack), limits).method_not_allowed_fallback(wrong_method);
    let metrics = Arc::clone(&state.service.metrics);
    let auth = Arc::clone(&state.auth);
    let routes = Router::new()
        .route("/account", post(account::take_turn))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .merge(api::routes())
        .merge(web::routes())
        .with_state(state)
        .fallback(no_such_page)
        .method_not_allowed_fallback(wrong_method);
    // Liveness stands outside the limits: a busy server is alive.
    let routes = limits::around(routes, limits, auth).route("/livez", get(ops::livez));
    routes.layer(from_fn_with_state(metrics, ops::count)).merge(slack)
}

/// What a worker serves: nothing that asks or decides, as it may vend.
pub fn worker_router(state: AppState, limits: &Limits) -> Router {
    let auth = Arc::clone(&state.auth);
    let routes = Router::new()
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .with_state(state)
        .fallback(no_such_page);
    limits::around(routes, limits, auth).route("/livez", get(ops::livez))
}

async fn no_such_page(uri: Uri) -> Problem {
    let detail = format!("There is nothing at {}. See /openapi.json for what there is.", path(&uri));
    Problem::new(StatusCode::NOT_FOUND, "no-such-page", "Nothing here", detail)
}

async fn wrong_method(uri: Uri) -> Problem {
    let detail = format!("{} does not take this method. See /openapi.json for what it takes.", path(&uri));
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Wrong method", detail)
}

fn path(uri: &Uri) -> String {
    uri.path().chars().take(100).collect()
}
