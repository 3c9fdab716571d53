//! Every IAM error of policy upkeep, read in one place. The codes are those of each
//! call's page (<https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>).

use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::domain::text::shortened;
use crate::ports::blueprints::DeployError;

/// Whether there is no such policy or version.
pub(super) fn is_absent<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    code(error) == Some("NoSuchEntity")
}

/// Whether there is one already.
pub(super) fn is_there_already<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    code(error) == Some("EntityAlreadyExists")
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// What an error of `action` means. IAM's own words about a document are passed on:
/// they quote it, and it is no secret.
pub(super) fn trouble<E, R>(action: &str, error: &SdkError<E, R>) -> DeployError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let said = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    match code(error) {
        Some("Throttling" | "ThrottlingException" | "RequestLimitExceeded") => DeployError::Throttled,
        Some("AccessDenied" | "AccessDeniedException") => {
            refused(action, "is not allowed: allow it for the role that delivers into the account")
        }
        Some("MalformedPolicyDocument" | "InvalidInput" | "ValidationError" | "LimitExceeded" | "DeleteConflict") => {
            refused(action, &shortened(said, 300))
        }
        Some(code) => DeployError::Unknown(format!("{action}: {code}")),
        None => DeployError::Unknown(format!("{action}: {}", shortened(&DisplayErrorContext(error).to_string(), 300))),
    }
}

/// Refused for good.
pub(super) fn refused(what: &str, why: &str) -> DeployError {
    DeployError::Refused(format!("{what}: {why}"))
}
