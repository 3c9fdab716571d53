//! What the SDK's errors mean, read in one place.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::domain::causes;
use crate::ports::factory::{Cause, FactoryError, FactoryFailure};

/// How a call ended besides success.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Turned away unread: too many calls.
    Throttled,
    /// What was asked for does not exist, in the service's words.
    NotFound(String),
    /// Refused before anything was done, with the error's name and message.
    Refused {
        /// Like `InvalidParametersException`.
        code: String,
        /// The service's own words.
        message: String,
    },
    /// Nobody knows whether it took effect.
    Unknown(String),
}

/// Names under which AWS services turn calls away for being too many
/// (the AWS SDKs' list of throttling errors).
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
];

/// Names that say the caller lacks a permission, or is not who it should be.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
];

impl<E> From<SdkError<E, HttpResponse>> for Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let SdkError::ServiceError(context) = &error else { return Self::Unknown(unanswered(&error)) };
        let status = context.raw().status().as_u16();
        let code = context.err().code().unwrap_or_default().to_owned();
        let message = context.err().message().unwrap_or_default().to_owned();
        match code.as_str() {
            known if THROTTLED.contains(&known) => Self::Throttled,
            _ if status == 429 => Self::Throttled,
            // An answer without a name is not the service's: a proxy's, or half of one.
            "" => Self::Unknown(format!("an answer that cannot be read (status {status})")),
            _ if status >= 500 => Self::Unknown(worded(&code, &message)),
            "ResourceNotFoundException" => Self::NotFound(worded(&code, &message)),
            _ => Self::Refused { code, message },
        }
    }
}

/// Why no answer came, without anything that was sent.
fn unanswered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn worded(code: &str, message: &str) -> String {
    if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") }
}

impl Trouble {
    /// For a call that changes something: a refusal is final, everything unclear stays open.
    pub(super) fn of_a_change(self) -> FactoryError {
        match self {
            Self::Throttled => FactoryError::Throttled,
            Self::Unknown(text) => FactoryError::Unknown(text),
            Self::NotFound(raw) => FactoryError::Refused(failure(raw, "")),
            Self::Refused { code, message } if DENIED.contains(&code.as_str()) => {
                let raw = worded(&code, &message);
                FactoryError::Refused(FactoryFailure { cause: Cause::NotPermitted, raw, record_id: String::new() })
            }
            Self::Refused { code, message } => FactoryError::Refused(failure(worded(&code, &message), "")),
        }
    }

    /// For a look: whatever keeps us from seeing, says nothing about what there is to be seen.
    pub(super) fn of_a_look(self) -> FactoryError {
        match self {
            Self::Throttled => FactoryError::Throttled,
            Self::Unknown(text) | Self::NotFound(text) => FactoryError::Unknown(text),
            Self::Refused { code, message } => FactoryError::Unknown(worded(&code, &message)),
        }
    }
}

/// A failure with the cause its words say.
pub(super) fn failure(raw: impl Into<String>, record_id: &str) -> FactoryFailure {
    let raw = raw.into();
    FactoryFailure { cause: causes::classify(&raw), raw, record_id: record_id.to_owned() }
}
