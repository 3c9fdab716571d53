//! The audit trail: what can happen to a request, recorded in the past tense,
//! append-only and hash-chained per request (P10).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ids::RequestId;
use super::person::{Actor, Requester};
use super::preflight::Checklist;
use super::request::Failure;
use super::set::{MemberFailure, Membership, StageName};
use super::spec::{AccountSpec, SpecHash, hex};

/// One thing that happened to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The request was made; everything that will be vended is pinned here.
    Submitted(Box<Submission>),
    /// An approver said yes. The request is approved once enough have.
    ApprovalGiven {
        /// What they wrote, if anything.
        reason: Option<String>,
        /// The policy rule that allowed them at this moment.
        rule: String,
        /// Whether this was the last approval needed.
        last: bool,
        /// How many are needed in all, where the policy asks for more than when the request was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        needed: Option<u32>,
    },
    /// An approver said no.
    Denied {
        /// Why, told to the requester.
        reason: String,
        /// The policy rule that allowed them at this moment.
        rule: String,
    },
    /// The requester (or an operator) took it back before a decision.
    Cancelled {
        /// Why, if said.
        reason: Option<String>,
    },
    /// Nobody decided in time.
    Expired,
    /// Approvers were reminded; `nth` counts from 1.
    Reminded {
        /// Which reminder this was.
        nth: u32,
        /// Who was written to: approvers, and on escalation their stand-ins.
        to: Vec<String>,
    },
    /// The worker checked a set's pinned hash; from now on its members may be made.
    /// Written before the first of them.
    SetStarted {
        /// The hash that was checked against the approved one.
        #[serde(rename = "spec_hash")]
        hash: SpecHash,
    },
    /// An account of a set is ready.
    MemberReady {
        /// Which one.
        stage: StageName,
        /// Twelve digits.
        account_id: String,
    },
    /// An account of a set failed; the others go on.
    MemberFailed {
        /// Which one.
        stage: StageName,
        /// How.
        #[serde(flatten)]
        failure: MemberFailure,
    },
    /// The worker checked the pinned hash and put the request in line.
    Queued,
    /// A slot was taken and Account Factory may be called from now on.
    /// Written before the first call of the attempt.
    CreationStarted {
        /// Attempt number, from 1. A late "busy" or a retry starts another.
        attempt: u32,
        /// The account-operation slot it holds, from 0.
        slot: u32,
        /// The hash that was checked against the approved one.
        // In JSON an event lies flat in its record, whose own hash is called `hash`.
        #[serde(rename = "spec_hash")]
        hash: SpecHash,
    },
    /// Account Factory is called now. Written before every call, so that whoever goes on after a
    /// crash knows that an account may be in the making which cannot be seen yet.
    ProvisioningCalled,
    /// Account Factory took the attempt on (or was found to have done so).
    ProvisioningAccepted {
        /// Its record id, for operators; empty when the product was found by name.
        record_id: String,
    },
    /// Account Factory or the blueprint reported where it is.
    Progressed {
        /// One line for people, like `Enrolling the account`.
        phase: String,
        /// Done so far, when the backend counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done: Option<u32>,
        /// Out of how many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u32>,
    },
    /// A passing trouble that the worker repairs or waits out by itself.
    Delayed {
        /// In plain words.
        reason: String,
        /// The raw text for operators.
        detail: String,
    },
    /// The failed product of an attempt was terminated; the account never existed.
    AttemptUndone {
        /// The attempt that was undone.
        attempt: u32,
    },
    /// The account exists.
    AccountCreated {
        /// Twelve digits.
        account_id: String,
    },
    /// The blueprint's stack may be created from now on. Written before the call.
    DeploymentStarted {
        /// Attempt number, from 1.
        attempt: u32,
    },
    /// The stack's creation was taken on (or was found under way).
    StackAccepted,
    /// The blueprint's stack is complete.
    BlueprintDeployed {
        /// Stack outputs.
        outputs: BTreeMap<String, String>,
    },
    /// Post steps may run from now on.
    BootstrapStarted,
    /// A post step ended.
    PostStepFinished {
        /// Like `tags` or `budget`.
        step: String,
        /// `None` when it went well, else what went wrong in plain words.
        problem: Option<String>,
    },
    /// Everything promised is done.
    BecameReady,
    /// A step failed for good, until somebody retries.
    Failed(Failure),
    /// The account operation that a failed request left running is over: its slot is free.
    OperationEnded {
        /// The account, if the operation made one after all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account_id: Option<String>,
    },
    /// Somebody asked to run the failed step again.
    RetryRequested,
    /// An approver changed the blueprint's parameters before a retry, and stands for the change
    /// as for an approval: from here on this is what was approved.
    ParametersChanged {
        /// All parameters as they are from now on, resolved.
        parameters: BTreeMap<String, String>,
        /// The hash of everything that is vended, with them.
        #[serde(rename = "spec_hash")]
        hash: SpecHash,
        /// The policy rule that allowed them at this moment.
        rule: String,
    },
    /// Somebody asked to undo the failed blueprint's stack. Written before the first call.
    RollbackRequested,
    /// The stack is being undone.
    RollbackBegun,
    /// The undoing is over.
    RolledBack {
        /// `None` when nothing is left of the stack, else what stayed, in plain words.
        problem: Option<String>,
    },
    /// Somebody gave the failed request up.
    Abandoned {
        /// Why, if said.
        reason: Option<String>,
    },
}

/// All that is fixed when a request is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Who the account is for.
    pub requester: Requester,
    /// What will be vended.
    pub spec: AccountSpec,
    /// [`SpecHash::of`] the two above.
    // In JSON a submission lies flat in its record, whose own hash is called `hash`.
    #[serde(rename = "spec_hash")]
    pub hash: SpecHash,
    /// What was checked before anyone was asked.
    pub preflight: Checklist,
    /// How many different approvers must agree.
    pub approvals_needed: u32,
    /// The policy rule in force, in words, shown to the approver.
    pub policy_rule: String,
    /// From this moment on no decision is possible.
    pub expires_at: Timestamp,
    /// The set it is a member of: it was decided there, and its approvals are that decision's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_of: Option<Membership>,
}

/// An event with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The request it belongs to.
    pub request_id: RequestId,
    /// Place in the request's history, from 1.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// Hash of the event before, or [`GENESIS`].
    pub previous_hash: String,
    /// Hash over everything above.
    pub hash: String,
}

/// The previous hash of a request's first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Recorded {
    /// Links `event` behind `previous`.
    #[must_use]
    pub fn link(id: RequestId, previous: Option<&Head>, at: Timestamp, actor: Actor, event: Event) -> Self {
        let (seq, previous_hash) = previous.map_or((1, GENESIS.to_owned()), |head| (head.seq + 1, head.hash.clone()));
        let mut recorded = Self { request_id: id, seq, at, actor, event, previous_hash, hash: String::new() };
        recorded.hash = recorded.computed_hash();
        recorded
    }

    /// SHA-256 in hex over the canonical JSON of the record without its own hash.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let unsealed = Self { hash: String::new(), ..self.clone() };
        // Through `Value`, whose maps are ordered by key: the text is canonical.
        let canonical = serde_json::to_value(&unsealed).map(|v| v.to_string()).unwrap_or_default();
        hex(&Sha256::digest(canonical))
    }
}

/// The end of a request's chain: what the next event links to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Sequence number of the last event; also the request's version.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// Where a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A sequence number is missing, doubled or out of order.
    #[error("event {found} of {request_id} stands where event {expected} belongs")]
    Sequence {
        /// The request.
        request_id: RequestId,
        /// What should be there.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// An event was altered after it was written.
    #[error("event {seq} of {request_id} was altered: its hash does not match its content")]
    Altered {
        /// The request.
        request_id: RequestId,
        /// The event.
        seq: u64,
    },
    /// An event does not follow the one before it.
    #[error("event {seq} of {request_id} does not link to the event before it")]
    Unlinked {
        /// The request.
        request_id: RequestId,
        /// The event.
        seq: u64,
    },
}

/// Checks one request's whole history.
///
/// # Errors
/// The first place where the chain does not hold.
pub fn verify_chain(history: &[Recorded]) -> Result<(), BrokenChain> {
    let mut previous = GENESIS;
    for (expected, recorded) in (1..).zip(history) {
        let (request_id, seq) = (recorded.request_id, recorded.seq);
        if seq != expected {
            return Err(BrokenChain::Sequence { request_id, expected, found: seq });
        }
        if recorded.previous_hash != previous {
            return Err(BrokenChain::Unlinked { request_id, seq });
        }
        if recorded.computed_hash() != recorded.hash {
            return Err(BrokenChain::Altered { request_id, seq });
        }
        previous = &recorded.hash;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_the_approved_parameters_is_kept_apart_from_the_records_own() {
        let spec_hash: SpecHash = serde_json::from_str("\"5bec\"").unwrap();
        let event = Event::CreationStarted { attempt: 1, slot: 1, hash: spec_hash };
        let id = "01JCZK5W8Q2M3N4P5R6S7T8V9W".parse().unwrap();
        let recorded = Recorded::link(id, None, Timestamp::UNIX_EPOCH, Actor::system(), event);
        let json = serde_json::to_string(&recorded).unwrap();
        assert_eq!(serde_json::from_str::<Recorded>(&json).unwrap(), recorded);

        let altered: Recorded = serde_json::from_str(&json.replace("5bec", "6bec")).unwrap();
        assert!(matches!(verify_chain(&[altered]), Err(BrokenChain::Altered { seq: 1, .. })));
    }
}
