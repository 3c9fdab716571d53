//! What comes next once the blueprint stands: the post steps, and the end. Pure, like the rest of [`super`].

use super::{DeployError, Event, Move, Patience, Request, Then, Timestamp, delayed, failures, waited_enough};

/// Judges the answer of a post step.
#[must_use]
pub fn post_step_answered(
    request: &Request,
    step: String,
    answer: Result<(), DeployError>,
    patience: &Patience,
    now: Timestamp,
) -> Move {
    let problem = match answer {
        Ok(()) => None,
        Err(DeployError::Refused(reason)) => Some(reason),
        Err(DeployError::NotYet(detail)) if !waited_enough(request, patience, now) => {
            return delayed(request, failures::role_not_ready(), detail, patience.poll);
        }
        Err(DeployError::NotYet(_)) => Some(failures::ROLE_NEVER_READY.to_owned()),
        Err(error @ (DeployError::Throttled | DeployError::Unknown(_))) => {
            return Move::to(Then::BackOff(error.to_string()));
        }
    };
    Move::record(Event::PostStepFinished { step, problem }, Then::GoOn)
}

/// All post steps ended: ready, or failed with every problem named.
#[must_use]
pub fn finish(request: &Request) -> Move {
    let problems: Vec<_> =
        request.post_steps.iter().filter_map(|(step, problem)| Some((step.as_str(), problem.as_deref()?))).collect();
    if problems.is_empty() {
        return Move::record(Event::BecameReady, Then::Rest);
    }
    Move::fail(failures::post_steps(&problems))
}
