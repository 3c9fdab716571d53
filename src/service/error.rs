//! How a use case can end besides success. Two texts per error: `Display` is for
//! the log, [`ServiceError::sentence`] is for the person.

use crate::domain::ids::{NotAnId, RequestId};
use crate::domain::preflight::Checklist;
use crate::domain::request::{OutOfPlace, Refusal, State, Verdict};
use crate::ports::store::StoreError;
use crate::say::moment;

/// Why a use case did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No such request.
    #[error("no such request")]
    NotFound,
    /// The short id fits these requests; none is named to somebody who may not know them.
    #[error("short id is ambiguous")]
    Ambiguous(Vec<RequestId>),
    /// The text is no request id.
    #[error(transparent)]
    NotAnId(#[from] NotAnId),
    /// Something given is wrong; the checklist names every wrong field.
    #[error("the request is not valid")]
    Invalid(Checklist),
    /// The policy does not allow it.
    #[error("not allowed")]
    NotAllowed(String),
    /// Somebody was first, or the state does not permit it.
    #[error("refused: {}", .0.word())]
    Refused(Refusal),
    /// Running the failed step again cannot help; with the failure's own advice.
    #[error("a retry cannot help")]
    RetryCannotHelp(String),
    /// The link in the mail is not good (any more).
    #[error("link refused")]
    BadLink(String),
    /// There is no file of that name to hand over.
    #[error("no such artefact")]
    NoArtefact(String),
    /// The files of a set are written once it is ready.
    #[error("not ready yet")]
    NotReady(String),
    /// An idempotency key was used before with another body.
    #[error("idempotency key reused")]
    KeyReused,
    /// Right now it cannot be done; trying again is right.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The turn was not taken, because the conversation engine or what it stores in is down: the words for the person.
    #[error("no conversation right now")]
    NoConversation(String),
    /// Stored data or our own logic is broken; needs an operator.
    #[error("broken: {0}")]
    Broken(String),
}

impl ServiceError {
    /// What happened and what to do next, for the person.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::NotFound => {
                "There is no such request. Check its id, like req-7f3k2a9q; the list of requests shows it.".to_owned()
            }
            Self::Ambiguous(ids) if ids.is_empty() => {
                "That short id fits several requests; give the whole id.".to_owned()
            }
            Self::Ambiguous(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                format!("That short id fits several requests; give the whole id: {}.", ids.join(", "))
            }
            Self::NotAnId(error) => format!("That is {error}."),
            Self::Invalid(checklist) => {
                let faults: Vec<_> = checklist.faults().map(|check| check.text.clone()).collect();
                faults.join(" ")
            }
            Self::NotAllowed(sentence)
            | Self::BadLink(sentence)
            | Self::NoArtefact(sentence)
            | Self::NotReady(sentence)
            | Self::NoConversation(sentence) => sentence.clone(),
            Self::Refused(refusal) => refusal_words(refusal),
            Self::RetryCannotHelp(advice) => format!("Running the step again cannot help. {advice}"),
            Self::KeyReused => {
                "This Idempotency-Key was already used for a different request. Use a new key for a new request."
                    .to_owned()
            }
            Self::Unavailable(_) => {
                "That cannot be done right now, and nothing was changed. Try again in a moment.".to_owned()
            }
            Self::Broken(_) => {
                "Something is wrong on our side, and nothing was changed. Tell the platform team.".to_owned()
            }
        }
    }
}

/// Who or what stands in the way, in words.
#[must_use]
pub fn refusal_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::AlreadyDecided(decision) => {
            let when = moment::utc(decision.at);
            match decision.decision {
                Verdict::Approve => format!("Already approved by {} on {when}; nothing was changed.", decision.by),
                Verdict::Deny => format!("Already denied by {} on {when}; nothing was changed.", decision.by),
                Verdict::Cancel => format!("Already cancelled by {} on {when}; nothing was changed.", decision.by),
                Verdict::Expire => {
                    format!("It expired on {when} because nobody decided in time; the requester may ask again.")
                }
            }
        }
        Refusal::AlreadyApprovedByYou => "You have already approved it; another approver is still needed.".to_owned(),
        Refusal::TooLate { expired_at } => {
            format!("The time to decide ended on {}; the requester may ask again.", moment::utc(*expired_at))
        }
        Refusal::NotNow(State::Pending) => "It still waits for a decision; nothing was changed.".to_owned(),
        Refusal::NotNow(state) => format!("It is {} now, so this cannot be done; nothing was changed.", state.word()),
        Refusal::BeingRolledBack => {
            "What was created of the blueprint is being removed. Wait until that is over, then retry.".to_owned()
        }
        Refusal::NothingToRollBack => {
            "Nothing of a blueprint is there to be undone; the account itself always stays.".to_owned()
        }
        Refusal::RetryCannotHelp => {
            "Running the step again cannot help. Give the request up and make a new one.".to_owned()
        }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Corrupt(text) | StoreError::TooLarge(text) => Self::Broken(text),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<OutOfPlace> for ServiceError {
    fn from(error: OutOfPlace) -> Self {
        Self::Broken(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::Channel;
    use crate::domain::request::Decision;

    #[test]
    fn the_log_is_not_told_who_decided_and_what_they_wrote() {
        let decision = Decision {
            by: "grace@corp.example".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            decision: Verdict::Deny,
            reason: Some("The Fraud team has one".to_owned()),
            channel: Channel::Mail,
        };
        let error = ServiceError::Refused(Refusal::AlreadyDecided(decision));
        assert_eq!(error.to_string(), "refused: already decided");
        assert!(error.sentence().contains("by grace@corp.example"), "the person is told");
    }
}
