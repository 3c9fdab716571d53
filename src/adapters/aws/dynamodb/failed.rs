//! Every error of DynamoDB's, read in one place: what it says about whether the
//! write happened decides what may be done next.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::Instant;

use super::items::Item;
use crate::adapters::system::SystemIds;
use crate::ports::clock::Ids as _;
use crate::ports::store::StoreError;

/// The first wait is up to this long, each next one up to twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(25);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A transaction's reason that speaks for a later try, not against the write.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
/// A transaction's reason that is an answer: what the condition asks for is not so.
pub(super) const CONDITION: &str = "ConditionalCheckFailed";

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(super) enum Failed {
    /// A single write's condition does not hold; the item as it is, where there is one.
    Refused(Option<Item>),
    /// A transaction's conditions do not hold: one reason for each action, in order.
    Cancelled(Vec<CancellationReason>),
    /// Nothing was written; it may go well in a moment.
    Busy(String),
    /// Nobody knows whether it happened.
    Unknown(String),
    /// Nothing was written, and trying again now will not help.
    Final(StoreError),
}

impl Failed {
    /// What the port calls it.
    pub(super) fn into_stored(self) -> StoreError {
        match self {
            Self::Refused(_) | Self::Cancelled(_) => StoreError::Conflict,
            Self::Busy(text) | Self::Unknown(text) => StoreError::Unavailable(text),
            Self::Final(error) => error,
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Failed
where
    E: ProvideErrorMetadata,
    aws_sdk_dynamodb::Error: From<E>,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(answer) => {
                let broken = answer.raw().status().is_server_error();
                let code = answer.err().code().unwrap_or("an error without a name").to_owned();
                let text = format!("DynamoDB answered {code}: {}", answer.err().message().unwrap_or_default());
                answered(answer.into_err().into(), &code, broken, text)
            }
            SdkError::ConstructionFailure(_) => {
                Self::Final(StoreError::Unavailable("a call that cannot be made".into()))
            }
            SdkError::TimeoutError(_) => Self::Unknown("DynamoDB did not answer in time".into()),
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                Self::Final(StoreError::Unavailable("DynamoDB cannot be called: check region and endpoint".into()))
            }
            SdkError::DispatchFailure(failure) => {
                let why = failure.as_connector_error().map(|error| causes(error)).unwrap_or_default();
                Self::Unknown(format!("DynamoDB cannot be reached{why}"))
            }
            _ => Self::Unknown("DynamoDB's answer cannot be read".into()),
        }
    }
}

/// What an error and the errors behind it say.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.fold(String::new(), |text, error| text + ": " + &error.to_string())
}

fn answered(error: aws_sdk_dynamodb::Error, code: &str, broken: bool, text: String) -> Failed {
    use aws_sdk_dynamodb::Error as E;
    match error {
        E::ConditionalCheckFailedException(refused) => Failed::Refused(refused.item),
        E::TransactionCanceledException(cancelled) => cancelled_for(cancelled.cancellation_reasons.unwrap_or_default()),
        E::TransactionConflictException(_)
        | E::TransactionInProgressException(_)
        | E::ProvisionedThroughputExceededException(_)
        | E::RequestLimitExceeded(_)
        | E::ThrottlingException(_)
        | E::LimitExceededException(_) => Failed::Busy(text),
        E::ResourceNotFoundException(_) => Failed::Final(StoreError::Unavailable(
            "the DynamoDB table is missing: run `vend store create`, or deploy deploy/table.yaml".into(),
        )),
        _ if code.contains("Throttl") => Failed::Busy(text),
        _ if broken => Failed::Unknown(text),
        _ if code == "ValidationException" && text.contains("size") => Failed::Final(StoreError::TooLarge(text)),
        _ => Failed::Final(StoreError::Unavailable(text)),
    }
}

fn cancelled_for(reasons: Vec<CancellationReason>) -> Failed {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let passing = reasons.iter().map(code).find(|code| PASSING.contains(&code.as_str()));
    if let Some(code) = passing {
        return Failed::Busy(format!("DynamoDB answered {code} and kept doing so"));
    }
    let other = reasons.iter().find(|reason| !["None", CONDITION].contains(&code(reason).as_str()));
    if let Some(reason) = other {
        let text = format!("DynamoDB answered {}: {}", code(reason), reason.message().unwrap_or_default());
        return Failed::Final(StoreError::Unavailable(text));
    }
    Failed::Cancelled(reasons)
}

/// How long one call may be tried, and what is known about the tries so far.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    wait: Duration,
    /// Some try may have taken effect although it was not answered.
    pub(super) unsure: bool,
}

impl Patience {
    pub(super) fn of(budget: Duration) -> Self {
        Self { until: Instant::now() + budget, wait: FIRST_WAIT, unsure: false }
    }

    /// Waits, if another try makes sense; `false` when it does not.
    pub(super) async fn another_try(&mut self, failed: &Failed) -> bool {
        match failed {
            Failed::Unknown(_) => self.unsure = true,
            Failed::Busy(_) => {}
            Failed::Refused(_) | Failed::Cancelled(_) | Failed::Final(_) => return false,
        }
        let wait = self.wait.mul_f64(SystemIds.jitter());
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        let in_time = Instant::now() + wait < self.until;
        if in_time {
            tokio::time::sleep(wait).await;
        }
        in_time
    }
}
