//! Reading bodies: bounded, UTF-8, JSON, each fault a sentence.

use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The whole body as text. The size limit is a layer around the router.
///
/// # Errors
/// 413 for a body over the limit, 400 for one that is cut off or not UTF-8.
pub async fn text(body: Body) -> Result<String, Problem> {
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| {
        let text = format!("{error:?}");
        if text.contains("LengthLimit") {
            too_large()
        } else {
            Problem::bad_request("The body was cut off. Send it again.")
        }
    })?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::bad_request("The body is not UTF-8 text. Send JSON in UTF-8."))
}

/// A body over the limit.
#[must_use]
pub fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", "Send a smaller body.")
}

/// Reads JSON.
///
/// # Errors
/// 400 with the place where it stops being what was expected.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // serde would read `[]` as an object whose fields are all absent.
    if text.trim_start().starts_with('[') {
        return Err(Problem::bad_request("The body is a JSON array. Send an object; see /openapi.json."));
    }
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => format!("The JSON does not fit: {error}."),
            _ => format!("The body is not JSON: it breaks at line {}, column {}.", error.line(), error.column()),
        };
        Problem::bad_request(format!("{what} See /openapi.json for what is expected."))
    })
}
