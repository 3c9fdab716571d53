//! Judging what somebody wants to do to a request: the event to record, or who or
//! what stands in the way. Changes nothing; states change only in [`super::request`].
//! Knows nothing of policy: who may decide was asked before.

use jiff::Timestamp;

use super::event::Event;
use super::person::{Actor, same_mailbox};
use super::request::{Decision, Request, State, Step};

/// Something somebody wants to do to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say yes; the caller has asked the policy at this moment.
    Approve {
        /// What they wrote.
        reason: Option<String>,
        /// The rule that allows them.
        rule: String,
        /// How many approvals the policy asks for at this moment.
        needed: u32,
    },
    /// Say no.
    Deny {
        /// Why.
        reason: String,
        /// The rule that allows them.
        rule: String,
    },
    /// Take it back, or give a failed one up.
    Cancel {
        /// Why, if said.
        reason: Option<String>,
    },
    /// Time is up.
    Expire,
    /// Approvers were reminded.
    Remind {
        /// Who was written to.
        to: Vec<String>,
    },
    /// Run the failed step again.
    Retry,
    /// Undo the failed blueprint's stack.
    RollBack,
}

/// Why a command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody was first; here is who and when.
    AlreadyDecided(Decision),
    /// This approver already approved; another one is needed.
    AlreadyApprovedByYou,
    /// The time to decide has passed.
    TooLate {
        /// When it expired.
        expired_at: Timestamp,
    },
    /// The request is past the point where this makes sense.
    NotNow(State),
    /// The failure cannot be cured by running the step again.
    RetryCannotHelp,
    /// The failed stack is being undone.
    BeingRolledBack,
    /// Nothing of a blueprint is there that could be undone.
    NothingToRollBack,
}

impl Refusal {
    /// The word used in logs: it names nobody and repeats nothing that was said (P11).
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::AlreadyDecided(_) => "already decided",
            Self::AlreadyApprovedByYou => "already approved by the same person",
            Self::TooLate { .. } => "too late",
            Self::NotNow(_) => "not in this state",
            Self::RetryCannotHelp => "a retry cannot help",
            Self::BeingRolledBack => "being rolled back",
            Self::NothingToRollBack => "nothing to roll back",
        }
    }
}

impl Request {
    /// Judges a command at `now`: the event to record, or why nothing changes.
    ///
    /// # Errors
    /// See [`Refusal`]; a refused command never changes anything.
    pub fn handle(&self, command: Command, actor: &Actor, now: Timestamp) -> Result<Event, Refusal> {
        match command {
            Command::Retry => self.retry(),
            Command::RollBack => self.roll_back(),
            Command::Cancel { reason } if self.state == State::Failed => Ok(Event::Abandoned { reason }),
            // The last word on it was no decision of an approver's, or is long carried out.
            Command::Cancel { .. } if matches!(self.state, State::Abandoned | State::Ready) => {
                Err(Refusal::NotNow(self.state))
            }
            Command::Remind { to } => {
                self.must_be_pending()?;
                self.must_be_in_time(now)?;
                Ok(Event::Reminded { nth: self.reminders + 1, to })
            }
            Command::Expire => self.expire(now),
            decision => {
                self.must_be_pending()?;
                self.must_be_in_time(now)?;
                self.decide(decision, actor)
            }
        }
    }

    fn decide(&self, command: Command, actor: &Actor) -> Result<Event, Refusal> {
        match command {
            Command::Approve { reason, rule, needed } => {
                if self.decisions.iter().any(|d| same_mailbox(&d.by, &actor.email)) {
                    return Err(Refusal::AlreadyApprovedByYou);
                }
                // Never fewer than were promised to whoever read the request.
                let more = needed.saturating_sub(self.submission.approvals_needed);
                let last = self.approvals_missing() + more <= 1;
                Ok(Event::ApprovalGiven { reason, rule, last, needed: (more > 0).then_some(needed) })
            }
            Command::Deny { reason, rule } => Ok(Event::Denied { reason, rule }),
            Command::Cancel { reason } => Ok(Event::Cancelled { reason }),
            Command::Expire | Command::Remind { .. } | Command::Retry | Command::RollBack => {
                Err(Refusal::NotNow(self.state))
            }
        }
    }

    fn expire(&self, now: Timestamp) -> Result<Event, Refusal> {
        self.must_be_pending()?;
        if now < self.submission.expires_at {
            return Err(Refusal::NotNow(self.state));
        }
        Ok(Event::Expired)
    }

    /// Whether there may be something of a failed blueprint that nobody is removing yet.
    #[must_use]
    pub fn can_roll_back(&self) -> bool {
        self.roll_back().is_ok()
    }

    fn roll_back(&self) -> Result<Event, Refusal> {
        let failed = (self.state == State::Failed).then_some(self.failure.as_ref()).flatten();
        let Some(failure) = failed else { return Err(Refusal::NotNow(self.state)) };
        let undone = self.rollback.as_ref().is_some_and(|rollback| rollback.undone);
        if self.is_being_rolled_back() {
            return Err(Refusal::BeingRolledBack);
        }
        if failure.step != Step::BlueprintDeployment || undone {
            return Err(Refusal::NothingToRollBack);
        }
        Ok(Event::RollbackRequested)
    }

    fn retry(&self) -> Result<Event, Refusal> {
        if self.is_being_rolled_back() {
            return Err(Refusal::BeingRolledBack);
        }
        match &self.failure {
            Some(failure) if self.state == State::Failed && failure.retryable => Ok(Event::RetryRequested),
            Some(_) if self.state == State::Failed => Err(Refusal::RetryCannotHelp),
            _ => Err(Refusal::NotNow(self.state)),
        }
    }

    fn must_be_pending(&self) -> Result<(), Refusal> {
        match (self.state, self.decided()) {
            (State::Pending, _) => Ok(()),
            (_, Some(decision)) => Err(Refusal::AlreadyDecided(decision.clone())),
            (state, None) => Err(Refusal::NotNow(state)),
        }
    }

    fn must_be_in_time(&self, now: Timestamp) -> Result<(), Refusal> {
        let expired_at = self.submission.expires_at;
        if now < expired_at { Ok(()) } else { Err(Refusal::TooLate { expired_at }) }
    }
}
