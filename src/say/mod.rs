//! What people are told about a request: where it stands, mails, cards, the conversation.
//! The sentence of a refusal is not here: it stands beside the rule that refuses.

pub mod chat;
pub mod choices;
pub mod mail;
pub mod moment;
#[cfg(test)]
pub mod sample;
pub mod sets;
pub mod talk;
pub mod view;

use crate::domain::blueprint::Blueprint;
use crate::domain::failures;
use crate::domain::request::{Request, State, Step};
use crate::domain::set::{MemberNote, StageName};

use self::sets::StageView;
use self::view::{FailureView, RequestView};

/// The month's estimated cost of a blueprint, in one line.
#[must_use]
pub fn monthly_cost(blueprint: &Blueprint) -> String {
    blueprint.monthly_cost_usd.to_string()
}

/// What an approver is told after their word was recorded.
#[must_use]
pub fn decision_made(request: &Request) -> String {
    let name = &request.submission.spec.account_name;
    let short = request.id.short();
    match request.state {
        State::Pending => {
            let missing = request.approvals_missing();
            let others =
                if missing == 1 { "one more approver".to_owned() } else { format!("{missing} more approvers") };
            format!("Your approval of {name} ({short}) is recorded; {others} must agree.")
        }
        State::Denied => format!("{name} ({short}) is denied. The requester will be told why."),
        _ if request.set().is_some() => {
            format!(
                "{name} ({short}) is approved. The three accounts will be made; the requester will be told how it ends."
            )
        }
        _ => {
            format!("{name} ({short}) is approved. The account will be made; the requester will be told how it ends.")
        }
    }
}

/// Where a request stands, in a plain sentence.
#[must_use]
pub fn status(request: &Request, queue_place: Option<u32>) -> String {
    let sentence = match request.state {
        _ if request.set().is_some() => return set_status(request),
        State::Pending => waiting_for_approval(request),
        State::Approved => "Approved; the account will be made in a moment.".to_owned(),
        State::Queued => queued(queue_place),
        State::Creating => "Control Tower is creating the account.".to_owned(),
        State::Deploying => "The account exists; its blueprint is being deployed.".to_owned(),
        State::Bootstrapping => "The account exists; the finishing steps are running.".to_owned(),
        State::Ready => ready(request),
        State::Failed | State::Abandoned => failed(request),
        State::Denied | State::Cancelled | State::Expired => closed(request),
    };
    match &request.delay {
        Some(delay) => format!("{sentence} {delay}."),
        None => sentence,
    }
}

/// Where a set stands.
fn set_status(request: &Request) -> String {
    let ready = request.members.values().filter(|note| note.account_id.is_some()).count();
    let sentence = match request.state {
        State::Pending => waiting_for_approval(request),
        State::Approved => "Approved; the three accounts will be made in a moment.".to_owned(),
        State::Queued | State::Creating | State::Deploying => {
            format!("The three accounts are being made: {ready} of 3 ready.")
        }
        State::Bootstrapping => "All three accounts are there; CDK is being bootstrapped.".to_owned(),
        State::Ready => {
            let id = |(stage, note): (&StageName, &MemberNote)| {
                Some(format!("{} is {}", stage.word(), note.account_id.as_ref()?))
            };
            format!("Ready: {}.", request.members.iter().filter_map(id).collect::<Vec<_>>().join(", "))
        }
        State::Failed | State::Abandoned => failed(request),
        State::Denied | State::Cancelled | State::Expired => closed(request),
    };
    match &request.delay {
        Some(delay) => format!("{sentence} {delay}."),
        None => sentence,
    }
}

fn waiting_for_approval(request: &Request) -> String {
    match request.approvals_missing() {
        0 | 1 => "Waiting for an approver to decide.".to_owned(),
        missing => format!("Waiting for {missing} approvals."),
    }
}

fn queued(place: Option<u32>) -> String {
    match place {
        Some(1) => "Approved; first in line for the next free account operation.".to_owned(),
        Some(place) => format!("Approved; number {place} in line for an account operation."),
        None => "Approved; in line for an account operation.".to_owned(),
    }
}

fn ready(request: &Request) -> String {
    match &request.account_id {
        Some(id) => format!("Ready. The account id is {id}."),
        None => "Ready.".to_owned(),
    }
}

fn failed(request: &Request) -> String {
    let given_up = if request.state == State::Abandoned { "Given up. " } else { "" };
    let rollback = match &request.rollback {
        Some(rollback) if rollback.undone => " What was created of the blueprint is removed.",
        Some(rollback) if !rollback.over => " What was created of the blueprint is being removed.",
        Some(_) => " The rollback stopped.",
        None => "",
    };
    match &request.failure {
        Some(failure) => {
            let reason = full_stop(&failure.reason);
            format!("{given_up}Failed at {}: {reason}{rollback}", failure.step.words())
        }
        None => format!("{given_up}Failed."),
    }
}

/// The sentence with its full stop; what others wrote may come without.
fn full_stop(sentence: &str) -> String {
    let inside = sentence.trim_end().trim_end_matches([')', '"', '”']);
    let ended = inside.ends_with(['.', '!', '?', '…']);
    if ended { sentence.to_owned() } else { format!("{}.", sentence.trim_end()) }
}

/// What a request that was given up left behind: nothing is ever closed by itself.
#[must_use]
pub fn left_behind(view: &RequestView) -> String {
    let ids: Vec<_> = match &view.account_set {
        Some(set) => set.stages.iter().filter_map(account_of).collect(),
        None => view.account_id.iter().cloned().collect(),
    };
    match ids.as_slice() {
        [] if made_nothing(view) => "Nothing was created.".to_owned(),
        [] => "The AWS account may exist all the same; ask your cloud team to look for it.".to_owned(),
        [id] => format!("AWS account {id} exists and was not closed; ask your cloud team whether to close it."),
        ids => format!(
            "AWS accounts {} exist and were not closed; ask your cloud team whether to close them.",
            ids.join(", ")
        ),
    }
}

fn account_of(stage: &StageView) -> Option<String> {
    Some(format!("{} ({})", stage.account_id.as_ref()?, stage.stage.word()))
}

/// Whether no step came so far that an account could be there.
fn made_nothing(view: &RequestView) -> bool {
    let nothing = |failure: &FailureView| failure.step == Step::Approval || failures::made_nothing(&failure.advice);
    match &view.account_set {
        Some(set) => set.stages.iter().all(|stage| stage.failure.as_ref().is_none_or(nothing)),
        None => view.failure.as_ref().is_some_and(nothing),
    }
}

fn closed(request: &Request) -> String {
    let Some(decision) = request.decided() else { return "Closed; nothing was created.".to_owned() };
    let why = decision.reason.as_ref().map(|reason| format!(" Reason: {reason}")).unwrap_or_default();
    match request.state {
        State::Denied => format!("Denied by {}; nothing was created.{why}", decision.by),
        State::Cancelled => format!("Cancelled by {}; nothing was created.{why}", decision.by),
        _ => "Expired because nobody decided in time; nothing was created. You may ask again.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_somebody_elses_ends_before_the_next_one_begins() {
        assert_eq!(full_stop("no room "), "no room.");
        assert_eq!(full_stop("No room."), "No room.");
        assert_eq!(full_stop("budget (No room.)"), "budget (No room.)");
    }
}
