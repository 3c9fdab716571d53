//! What every error of AWS means for a delivery: one table, by code. The codes are
//! those of the services' API references and of
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::ports::blueprints::DeployError;

/// A new account lets nobody in, or knows too little of its own permissions, for some minutes.
const NOT_YET: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "InvalidClientTokenId",
    "NotAuthorized",
    "OptInRequired",
    "SubscriptionRequiredException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];
/// Refused for being too many; nothing was done.
const THROTTLED: &[&str] = &[
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
];
/// Whether it took effect is unknown, or another go will do.
const UNKNOWN: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "OperationInProgressException",
    "RequestExpired",
    "RequestTimeout",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// What a failed call means. An error without a code came from below: no answer, or one that cannot be read.
pub(super) fn meaning<E>(error: &SdkError<E, HttpResponse>) -> DeployError
where
    E: ProvideErrorMetadata,
{
    let server_failed = error.raw_response().is_some_and(|answer| answer.status().as_u16() >= 500);
    let Some(code) = error.code().filter(|code| !code.is_empty()) else {
        return DeployError::Unknown(kind_of(error).to_owned());
    };
    let text = format!("{code}: {}", error.message().unwrap_or("no more is known"));
    match code {
        code if NOT_YET.contains(&code) => DeployError::NotYet(text),
        code if THROTTLED.contains(&code) => DeployError::Throttled,
        code if UNKNOWN.contains(&code) || server_failed => DeployError::Unknown(text),
        _ => DeployError::Refused(text),
    }
}

/// Whether the error says so in its code and message; `wanted` is matched in any case.
pub(super) fn says<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, code: &str, wanted: &str) -> bool {
    let message = error.message().unwrap_or_default().to_ascii_lowercase();
    error.code() == Some(code) && message.contains(&wanted.to_ascii_lowercase())
}

const fn kind_of<E>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match error {
        SdkError::TimeoutError(_) => "AWS did not answer in time",
        SdkError::DispatchFailure(_) => "AWS could not be reached",
        SdkError::ResponseError(_) => "the answer of AWS broke off",
        SdkError::ServiceError(_) => "AWS answered an error without a code",
        _ => "the call could not be made",
    }
}
