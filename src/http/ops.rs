//! For operators and load balancers: alive, ready, metrics.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::telemetry::Metrics;

use super::problem::Problem;
use super::state::AppState;

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "operations", summary = "Whether the process runs", security(()),
    responses((status = 200, description = "It does", content_type = "text/plain")))]
pub async fn livez() -> &'static str {
    "ok\n"
}

/// The process can do its work: the store answers and it is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "operations", summary = "Whether the process can do its work", security(()),
    responses(
        (status = 200, description = "It can", content_type = "text/plain"),
        (status = 503, description = "It cannot now", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn readyz(State(state): State<AppState>) -> Response {
    if *state.stopping.borrow() {
        return not_ready("The server is stopping. Ask another replica.");
    }
    let now = state.service.clock.now();
    match state.service.store.ready(now).await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            not_ready("The store does not answer or takes no writes. Look at the server's log.")
        }
    }
}

/// Everything that is counted, and where things stand at this moment.
#[utoipa::path(get, path = "/metrics", tag = "operations", summary = "Metrics in the OpenMetrics text format", security(()),
    responses(
        (status = 200, description = "The metrics", content_type = "application/openmetrics-text"),
        (status = 503, description = "The store does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn metrics(State(state): State<AppState>) -> Result<Response, Problem> {
    let metrics = &state.service.metrics;
    metrics.set_levels(state.service.levels().await?);
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], metrics.render()).into_response())
}

/// Counts every answer by its route's template.
pub async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    metrics.http_answered(
        method.as_str(),
        route.as_deref().unwrap_or("none"),
        response.status().as_u16(),
        began.elapsed(),
    );
    response
}

fn not_ready(detail: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail).into_response()
}
