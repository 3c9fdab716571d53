//! Every SNS error, read in one place. The codes are those of the service model
//! (<https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html> and each call's page).
//! Texts never repeat what SNS said: it may quote an address.

use std::fmt;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};

/// What was asked for, as IAM names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Publish,
    List,
    Read,
    Subscribe,
    Correct,
    Remove,
    Confirm,
}

impl Call {
    const fn action(self) -> &'static str {
        match self {
            Self::Publish => "sns:Publish",
            Self::List => "sns:ListSubscriptionsByTopic",
            Self::Read => "sns:GetSubscriptionAttributes",
            Self::Subscribe => "sns:Subscribe",
            Self::Correct => "sns:SetSubscriptionAttributes",
            Self::Remove => "sns:Unsubscribe",
            Self::Confirm => "sns:ConfirmSubscription",
        }
    }
}

/// Why a call did not do what it should; a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No answer, or none that could be read.
    NoAnswer,
    /// Asked too often.
    Throttled,
    /// Our role may not, or our credentials are no good.
    Denied(&'static str),
    /// There is no such topic or subscription.
    NotThere(&'static str),
    /// The account has as many subscriptions or filters as it may have.
    Full,
    /// Somebody subscribed this address with other settings.
    Different,
    /// SNS will not take this.
    Rejected {
        /// The error's code.
        code: String,
        /// Whether it is the topic, not the message, that is wrong.
        about_topic: bool,
    },
    /// SNS is in trouble itself, or its key is.
    Failing(String),
}

impl Trouble {
    pub(super) fn of<E: ProvideErrorMetadata, R>(call: Call, error: &SdkError<E, R>) -> Self {
        let SdkError::ServiceError(answer) = error else { return Self::NoAnswer };
        let said = answer.err().message().unwrap_or_default();
        match answer.err().code().unwrap_or_default() {
            "Throttled" | "Throttling" | "ThrottlingException" | "KMSThrottling" | "RequestLimitExceeded" => {
                Self::Throttled
            }
            "AuthorizationError"
            | "AccessDenied"
            | "AccessDeniedException"
            | "InvalidClientTokenId"
            | "ExpiredToken"
            | "SignatureDoesNotMatch"
            | "InvalidSecurity"
            | "UnrecognizedClientException" => Self::Denied(call.action()),
            "NotFound" | "ResourceNotFound" => Self::NotThere(call.action()),
            "SubscriptionLimitExceeded" | "FilterPolicyLimitExceeded" => Self::Full,
            "InvalidParameter" if said.contains("different attributes") => Self::Different,
            code @ ("InvalidParameter" | "ParameterValueInvalid" | "InvalidParameterValue" | "ValidationError") => {
                Self::Rejected { code: code.to_owned(), about_topic: said.contains("TopicArn") }
            }
            code => Self::Failing(code.to_owned()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("Amazon SNS does not answer, or there are no AWS credentials"),
            Self::Throttled => f.write_str("Amazon SNS asks to slow down"),
            Self::Denied(action) => write!(f, "AWS does not let us: allow `{action}` on the topic for this role"),
            Self::NotThere("sns:Publish" | "sns:ListSubscriptionsByTopic" | "sns:Subscribe") => {
                f.write_str("there is no such topic: check mail.topic_arn")
            }
            Self::NotThere(_) => f.write_str("there is no such subscription or token any more"),
            Self::Full => f.write_str("the topic has as many filtered subscriptions as AWS allows (200 unless raised)"),
            Self::Different => f.write_str(
                "somebody subscribed this address with other settings: remove that subscription, then run this again",
            ),
            Self::Rejected { about_topic: true, .. } => {
                f.write_str("SNS does not take this topic: check mail.topic_arn")
            }
            Self::Rejected { code, .. } => write!(f, "SNS refused it ({code})"),
            Self::Failing(code) => write!(f, "Amazon SNS is in trouble ({code})"),
        }
    }
}

impl std::error::Error for Trouble {}
