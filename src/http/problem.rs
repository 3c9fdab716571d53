//! Errors as RFC 9457 `application/problem+json`: a stable type, a sentence that
//! says what to do next, and every wrong field. No internal error text leaves here.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::preflight::Checklist;
use crate::ports::issuer::Refused;
use crate::service::ServiceError;

/// Says when what is not available is worth another try, in whatever form it is said.
pub(super) fn come_back(status: StatusCode, headers: &mut HeaderMap) {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
}

/// An error as programs get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem, like `urn:vend:problem:not-found`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind, in a few words.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// What happened and what to do next.
    pub detail: String,
    /// Every wrong field, for bad input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field, by its JSON name.
    pub field: String,
    /// What is wrong and what to give instead.
    pub message: String,
}

impl Problem {
    /// A problem by its stable name.
    #[must_use]
    pub fn new(status: StatusCode, name: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:vend:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// Bad input as a whole, before any field could be looked at.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read", detail)
    }

    /// Parameters or headers that cannot be read, each by its name.
    #[must_use]
    pub fn bad_parameters(errors: Vec<FieldError>) -> Self {
        let detail = "Correct the parameters listed under `errors` and send the request again.";
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "bad-parameters", "Some parameters are not right", detail) }
    }

    /// Bad input, field by field.
    #[must_use]
    pub fn invalid(checklist: &Checklist) -> Self {
        let errors = checklist.faults().map(|c| FieldError { field: c.field.clone(), message: c.text.clone() });
        Self {
            errors: errors.collect(),
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "Some fields are not right",
                "Correct the fields listed under `errors` and send the request again.",
            )
        }
    }

    /// Nobody known.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Who are you?",
            "Send a bearer token in the Authorization header. `vend tokens new` makes one.",
        )
    }

    /// A token that none of the configured ones is.
    #[must_use]
    pub fn unknown_token() -> Self {
        let detail = "The bearer token is not known here. Check that it was copied whole and is meant for this server; \
                      `vend tokens new` makes a new one.";
        Self::new(StatusCode::UNAUTHORIZED, "bad-token", "The token is not good", detail)
    }

    /// Nobody known, where an issuer vouches for people.
    #[must_use]
    pub fn no_token_of_the_issuer() -> Self {
        let detail = "Send a token of this installation's issuer as a bearer token in the Authorization header.";
        Self { detail: detail.to_owned(), ..Self::unauthorized() }
    }

    /// A token that is not good, and why: the same to everybody, and nothing of its content.
    #[must_use]
    pub fn bad_token(why: Refused) -> Self {
        let detail = format!("The bearer token will not do: {why}. Get a new one from your issuer and send that.");
        Self::new(StatusCode::UNAUTHORIZED, "bad-token", "The token is not good", detail)
    }

    /// Nobody can tell whether a token is good.
    #[must_use]
    pub fn issuer_unavailable() -> Self {
        let detail = "The issuer that vouches for people does not answer right now, so nothing was done. \
                      Try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "issuer-unavailable", "Sign-in is not available right now", detail)
    }

    /// Known, but not allowed.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not-allowed", "Not allowed", detail)
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let sentence = error.sentence();
        let of = |status, name: &str, title: &str| Self::new(status, name, title, sentence.clone());
        match &error {
            ServiceError::NotFound => of(StatusCode::NOT_FOUND, "not-found", "No such request"),
            ServiceError::Ambiguous(_) => of(StatusCode::CONFLICT, "ambiguous-id", "Several requests fit"),
            ServiceError::NotAnId(_) => of(StatusCode::NOT_FOUND, "not-an-id", "Not a request id"),
            ServiceError::Invalid(checklist) => Self::invalid(checklist),
            ServiceError::NotAllowed(_) => of(StatusCode::FORBIDDEN, "not-allowed", "Not allowed"),
            ServiceError::BadLink(_) => of(StatusCode::FORBIDDEN, "bad-link", "The link is not good"),
            ServiceError::Refused(_) | ServiceError::RetryCannotHelp(_) => {
                of(StatusCode::CONFLICT, "refused", "It cannot be done now")
            }
            ServiceError::NoArtefact(_) => of(StatusCode::NOT_FOUND, "no-such-artefact", "No such file"),
            ServiceError::NotReady(_) => of(StatusCode::CONFLICT, "not-ready", "Not ready yet"),
            ServiceError::KeyReused => of(StatusCode::CONFLICT, "key-reused", "Idempotency-Key used before"),
            ServiceError::Unavailable(why) => {
                tracing::warn!(%why, "a call was answered with 503");
                of(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now")
            }
            ServiceError::NoConversation(_) => {
                of(StatusCode::SERVICE_UNAVAILABLE, "no-conversation", "No conversation right now")
            }
            ServiceError::Broken(why) => {
                tracing::error!(%why, "a call was answered with 500");
                of(StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something is wrong on our side")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        come_back(status, headers);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For who turns it into a page when a browser asked.
        response.extensions_mut().insert(self);
        response
    }
}
