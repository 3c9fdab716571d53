//! REST for programs: `/api/v1` and `POST /account`.

use axum::Router;

use super::AppState;

/// Every route under `/api/v1`.
pub fn routes() -> Router<AppState> {
    Router::new()
}
