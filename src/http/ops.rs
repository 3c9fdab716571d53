//! For operators and load balancers: alive, ready, metrics.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::state::AppState;

/// The process runs.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// The process can do its work: the store answers and it is not stopping.
pub async fn readyz(State(state): State<AppState>) -> Response {
    if *state.stopping.borrow() {
        return not_ready("The server is stopping. Ask another replica.");
    }
    let now = state.service.clock.now();
    match state.service.store.get("ready", now).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            not_ready("The store does not answer. Look at the server's log.")
        }
    }
}

fn not_ready(detail: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail).into_response()
}
