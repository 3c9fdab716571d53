//! What AWS's refusals mean to somebody who only looks.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

/// Why a look failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blocked {
    /// Our role may not look.
    Denied,
    /// It is not there.
    NotThere,
    /// No credentials, or AWS does not know them.
    NoCredentials,
    /// No answer.
    NoAnswer,
    /// Anything else, by its code.
    Other(String),
}

impl Blocked {
    pub(super) fn by<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::ServiceError(answer) => Self::by_code(answer.err().code().unwrap_or_default()),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => Self::NoAnswer,
            // The connector was never asked: there was nothing to sign with.
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => Self::NoCredentials,
            _ => Self::NoAnswer,
        }
    }

    fn by_code(code: &str) -> Self {
        match code {
            "AccessDenied" | "AccessDeniedException" | "AuthorizationError" | "UnauthorizedOperation" => Self::Denied,
            "ResourceNotFoundException" | "NoSuchEntity" | "NotFound" | "NotFoundException" => Self::NotThere,
            "InvalidClientTokenId"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException" => Self::NoCredentials,
            "" => Self::Other("with an error it does not name".to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }

    /// What happened, in a few words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Denied => "AWS does not let this role look".to_owned(),
            Self::NotThere => "it is not there".to_owned(),
            Self::NoCredentials => "no AWS credentials that work".to_owned(),
            Self::NoAnswer => "AWS does not answer".to_owned(),
            Self::Other(code) => format!("AWS answers {code}"),
        }
    }

    /// What to do so that `action` can be looked up with.
    pub(super) fn cure(&self, action: &str) -> String {
        match self {
            Self::Denied => format!("allow {action} for this role"),
            Self::NoCredentials => "see `identity` above".to_owned(),
            _ => "look at the region, the network and AWS's health page, then run this again".to_owned(),
        }
    }
}
