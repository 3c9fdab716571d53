//! The HTTP edge: extract, call one use case, render.

pub mod account;
pub mod api;
pub mod auth;
pub mod body;
mod connections;
mod forwarded;
pub mod limits;
pub mod ops;
mod origin;
pub mod problem;
mod refused;
pub mod session;
pub mod slack;
pub mod state;
pub mod web;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

pub use connections::{ConnectionLimits, serve};
pub use limits::Limits;
pub use state::AppState;

use refused::{no_such_page, wrong_method};

/// Every route, with its limits around it.
pub fn router(state: AppState, limits: &Limits) -> Router {
    let slack = slack::routes(Arc::clone(&state.slack), limits).method_not_allowed_fallback(wrong_method);
    let metrics = Arc::clone(&state.service.metrics);
    let auth = Arc::clone(&state.auth);
    let routes = Router::new()
        .route("/account", post(account::take_turn))
        .merge(api::routes())
        .merge(web::routes())
        .with_state(state.clone())
        .fallback(no_such_page)
        .method_not_allowed_fallback(wrong_method);
    let routes = limits::around(routes, limits, auth).merge(operations(state, limits));
    for_everyone(routes.layer(from_fn_with_state(metrics, ops::count)), limits).merge(slack)
}

/// What a worker serves: nothing that asks or decides, as it may vend.
pub fn worker_router(state: AppState, limits: &Limits) -> Router {
    for_everyone(operations(state, limits).fallback(no_such_page), limits)
}

/// What operators and load balancers ask. Liveness stands outside all limits: a busy server is alive.
fn operations(state: AppState, limits: &Limits) -> Router {
    let looks = Router::new().route("/readyz", get(ops::readyz)).route("/metrics", get(ops::metrics)).with_state(state);
    let alive = Router::new().route("/livez", get(ops::livez));
    limits::around_operations(looks, limits).merge(alive).method_not_allowed_fallback(wrong_method)
}

/// Bounded bodies, and refusals that their reader can read.
fn for_everyone(routes: Router, limits: &Limits) -> Router {
    routes.layer(from_fn(refused::for_its_reader)).layer(from_fn_with_state(limits.of_a_body(), body::bound))
}
