//! What comes next while a failed stack is undone. Pure, like the rest of [`super`].

use super::{DeployError, Event, Move, Patience, Request, StackState, Then, Timestamp, failures};

/// Judges a look at the stack that is to be undone.
#[must_use]
pub fn rollback_seen(request: &Request, seen: StackState, patience: &Patience) -> Move {
    let begun = request.rollback.as_ref().is_some_and(|rollback| rollback.begun);
    match seen {
        StackState::Absent => rolled_back(None),
        StackState::Undoing { .. } => Move::to(Then::Wait(patience.poll)),
        StackState::NotUndone { resource, reason } if begun => rolled_back(Some(format!("{resource}: {reason}"))),
        // Undone and still there by name, or not undone yet.
        StackState::Failed { .. } | StackState::NotUndone { .. } => Move::to(Then::RollBack),
        StackState::Complete { .. } | StackState::UnderWay { .. } => {
            rolled_back(Some(failures::NOTHING_TO_UNDO.to_owned()))
        }
    }
}

/// Judges the answer to a call that undoes, or to a look that failed.
#[must_use]
pub fn rollback_answered(
    request: &Request,
    answer: Result<(), DeployError>,
    patience: &Patience,
    now: Timestamp,
) -> Move {
    let since = request.rollback.as_ref().map_or(now, |rollback| rollback.since);
    let longest = patience.longest_wait.try_into().unwrap_or_default();
    match answer {
        Ok(()) if request.rollback.as_ref().is_some_and(|rollback| rollback.begun) => {
            Move::to(Then::Wait(patience.poll))
        }
        Ok(()) => Move::record(Event::RollbackBegun, Then::Wait(patience.poll)),
        Err(DeployError::NotYet(_)) if now.duration_since(since) < longest => Move::to(Then::Wait(patience.poll)),
        Err(DeployError::NotYet(_)) => rolled_back(Some(failures::ROLE_NEVER_READY.to_owned())),
        Err(DeployError::Refused(reason)) => rolled_back(Some(reason)),
        Err(error @ (DeployError::Throttled | DeployError::Unknown(_))) => Move::to(Then::BackOff(error.to_string())),
    }
}

fn rolled_back(problem: Option<String>) -> Move {
    Move::record(Event::RolledBack { problem }, Then::Rest)
}
