//! What comes next for a set being vended: pure functions of its state and what was
//! seen of its members. The members themselves are vended like any other request.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ExecutionPolicy, MemberFailure, Membership, SetSpec, StageName};
use crate::domain::event::{Event, Recorded, Submission};
use crate::domain::failures;
use crate::domain::observed::{BootstrapState, DeployError};
use crate::domain::preflight::Checklist;
use crate::domain::request::{Failure, Request, State};
use crate::domain::spec::SpecHash;
use crate::domain::vending::{Move, Patience, Then, check_pinned, post_step_answered};

/// The members as they are stored now; `None` for one that was not made yet.
pub type Members = BTreeMap<StageName, Option<Request>>;

/// What is to be done for a set whose accounts are being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make this member.
    Make(StageName),
    /// Run this member's failed step again.
    Retry(StageName),
    /// Nothing but recording what was seen.
    Record(Move),
}

/// The set leaves `approved`: from now on its members may be made.
#[must_use]
pub fn begin(request: &Request) -> Move {
    match check_pinned(request) {
        Ok(hash) => Move { events: vec![Event::SetStarted { hash }], then: Then::GoOn },
        Err(failure) => Move { events: vec![Event::Failed(failure)], then: Then::Rest },
    }
}

/// Judges a look at the members.
#[must_use]
pub fn members_seen(request: &Request, members: &Members, patience: &Patience) -> Step {
    if let Some(stage) =
        StageName::ALL.into_iter().find(|stage| !members.contains_key(stage) || members[stage].is_none())
    {
        return match check_pinned(request) {
            Ok(_) => Step::Make(stage),
            Err(failure) => Step::Record(Move { events: vec![Event::Failed(failure)], then: Then::Rest }),
        };
    }
    let seen = || members.iter().filter_map(|(stage, member)| Some((*stage, member.as_ref()?)));
    if let Some((stage, member)) = seen().find(|(stage, member)| is_to_be_retried(request, *stage, member)) {
        // A rollback that began in between comes to its end first; the retry then starts from nothing.
        let wait = Move { events: Vec::new(), then: Then::Wait(patience.poll) };
        return if member.is_being_rolled_back() { Step::Record(wait) } else { Step::Retry(stage) };
    }
    let mut events: Vec<_> = seen().filter_map(|(stage, member)| news(request, stage, member)).collect();
    let ready = seen().filter(|(_, member)| member.state == State::Ready).count();
    if ready == members.len() {
        events.push(Event::BootstrapStarted);
        return Step::Record(Move { events, then: Then::GoOn });
    }
    if seen().all(|(_, member)| member.state.is_terminal()) {
        let failed: Vec<_> = seen().filter(|(_, member)| member.state != State::Ready).collect();
        events.push(Event::Failed(failure(&failed)));
        return Step::Record(Move { events, then: Then::Rest });
    }
    events.extend(progress(request, ready, members.len()));
    Step::Record(Move { events, then: Then::Wait(patience.poll) })
}

fn is_to_be_retried(request: &Request, stage: StageName, member: &Request) -> bool {
    let Some(note) = request.members.get(&stage).filter(|note| note.retry) else { return false };
    let same = note.failed.as_ref().is_some_and(|failed| failed.retries == member.retries);
    same && member.state == State::Failed && member.failure.as_ref().is_some_and(|failure| failure.retryable)
}

/// What the set's own trail does not tell yet.
fn news(request: &Request, stage: StageName, member: &Request) -> Option<Event> {
    let note = request.members.get(&stage);
    match (&member.failure, member.state) {
        (_, State::Ready) => {
            let account_id = member.account_id.clone()?;
            let told = note.is_some_and(|note| note.account_id.is_some());
            (!told).then_some(Event::MemberReady { stage, account_id })
        }
        (Some(failure), State::Failed | State::Abandoned) => {
            let (retries, retryable) = (member.retries, failure.retryable && member.state == State::Failed);
            let failed = MemberFailure { retries, reason: failure.reason.clone(), retryable };
            let told = note.and_then(|note| note.failed.as_ref()) == Some(&failed);
            (!told).then_some(Event::MemberFailed { stage, failure: failed })
        }
        _ => None,
    }
}

/// Why not every account of a set was made, as its members are now; none while none of them failed.
#[must_use]
pub fn members_failure(members: &Members) -> Option<Failure> {
    let failed: Vec<_> = members
        .iter()
        .filter_map(|(stage, member)| Some((*stage, member.as_ref()?)))
        .filter(|(_, member)| matches!(member.state, State::Failed | State::Abandoned))
        .collect();
    (!failed.is_empty()).then(|| failure(&failed))
}

fn failure(failed: &[(StageName, &Request)]) -> Failure {
    let words = |(stage, member): &(StageName, &Request)| {
        let failure = member.failure.as_ref();
        let reason = failure.map(|failure| format!("{}: {}", failure.step.words(), failure.reason)).unwrap_or_default();
        format!("{} ({reason})", stage.word())
    };
    let advice = failed.iter().find_map(|(_, member)| member.failure.as_ref()).map(|failure| failure.advice.clone());
    let retryable = failed.iter().any(|(_, member)| {
        member.state == State::Failed && member.failure.as_ref().is_some_and(|failure| failure.retryable)
    });
    failures::set_members(&failed.iter().map(words).collect::<Vec<_>>().join("; "), advice.as_deref(), retryable)
}

/// Recorded only when it says something new.
fn progress(request: &Request, ready: usize, all: usize) -> Option<Event> {
    let (done, total) = (u32::try_from(ready).ok(), u32::try_from(all).ok());
    let phase = format!("{ready} of {all} accounts ready");
    let told = request.progress.as_ref().is_some_and(|progress| progress.phase == phase);
    (!told).then_some(Event::Progressed { phase, done, total })
}

/// What is fixed when a member is made, and the approvals it rests on: its parent's,
/// word for word, with the approvers as their actors.
#[must_use]
pub fn member(parent: &Request, history: &[Recorded], stage: StageName) -> Option<(Submission, Vec<Recorded>)> {
    let set = parent.set()?;
    let spec = set.stages.get(&stage)?.account.clone();
    let theirs = &parent.submission;
    let member_of = Membership { parent: parent.id, parent_hash: theirs.hash.clone(), name: set.name.clone(), stage };
    let submission = Submission {
        hash: SpecHash::of(&spec, &theirs.requester),
        requester: theirs.requester.clone(),
        spec,
        preflight: Checklist::default(),
        approvals_needed: theirs.approvals_needed,
        policy_rule: theirs.policy_rule.clone(),
        expires_at: theirs.expires_at,
        member_of: Some(member_of),
    };
    let approvals = history.iter().filter(|recorded| matches!(recorded.event, Event::ApprovalGiven { .. }));
    Some((submission, approvals.cloned().collect()))
}

/// Whose toolkit stack it is. Governance's is made only where it is missing: it may serve other sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootstrapOf {
    /// The governance account's.
    Governance,
    /// A stage's.
    Stage(StageName),
}

/// A toolkit stack to deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap<'a> {
    /// Whose it is.
    pub of: BootstrapOf,
    /// Twelve digits.
    pub account: &'a str,
    /// Like `eu-west-1`.
    pub region: &'a str,
    /// The accounts that may deploy there.
    pub trusts: Vec<&'a str>,
    /// What they may do there.
    pub execution_policy: &'a ExecutionPolicy,
}

impl BootstrapOf {
    /// In the order they are deployed.
    pub const ALL: [Self; 4] =
        [Self::Governance, Self::Stage(StageName::Dev), Self::Stage(StageName::Preprod), Self::Stage(StageName::Prod)];

    /// The name of its step, in the trail and for people.
    #[must_use]
    pub fn step(self) -> String {
        match self {
            Self::Governance => "CDK bootstrap of governance".to_owned(),
            Self::Stage(stage) => format!("CDK bootstrap of {}", stage.word()),
        }
    }
}

/// The first toolkit stack whose step has not ended yet.
#[must_use]
pub fn next_bootstrap(request: &Request) -> Option<Bootstrap<'_>> {
    let set = request.set()?;
    let of = BootstrapOf::ALL.into_iter().find(|of| !request.post_steps.contains_key(&of.step()))?;
    bootstrap(request, set, of)
}

/// Governance deploys into all three, and dev, where models come from, into the later
/// stages of its own set. Never another set's.
fn bootstrap<'a>(request: &'a Request, set: &'a SetSpec, of: BootstrapOf) -> Option<Bootstrap<'a>> {
    let governance = set.pipeline.account.as_str();
    let account = |stage| request.members.get(&stage)?.account_id.as_deref();
    let BootstrapOf::Stage(stage) = of else {
        let (region, execution_policy) = (&set.pipeline.region, &set.pipeline.execution_policy);
        return Some(Bootstrap { of, account: governance, region, trusts: Vec::new(), execution_policy });
    };
    let spec = set.stages.get(&stage)?;
    let trusts = match stage {
        StageName::Dev => vec![governance],
        StageName::Preprod | StageName::Prod => vec![governance, account(StageName::Dev)?],
    };
    let (region, execution_policy) = (spec.region(), &spec.execution_policy);
    Some(Bootstrap { of, account: account(stage)?, region, trusts, execution_policy })
}

/// Judges a look at a toolkit stack.
#[must_use]
pub fn bootstrap_seen(
    request: &Request,
    step: String,
    seen: Result<BootstrapState, DeployError>,
    patience: &Patience,
    now: Timestamp,
) -> Move {
    match seen {
        Ok(BootstrapState::UnderWay { phase }) => {
            let phase = format!("{step}: {phase}");
            let told = request.progress.as_ref().is_some_and(|progress| progress.phase == phase);
            let events = if told { vec![] } else { vec![Event::Progressed { phase, done: None, total: None }] };
            Move { events, then: Then::Wait(patience.poll) }
        }
        Ok(BootstrapState::Failed { resource, reason }) => {
            let problem = Some(format!("{resource} could not be made: {reason}"));
            Move { events: vec![Event::PostStepFinished { step, problem }], then: Then::GoOn }
        }
        Ok(BootstrapState::Complete { .. }) => post_step_answered(request, step, Ok(()), patience, now),
        Err(error) => post_step_answered(request, step, Err(error), patience, now),
    }
}

/// All toolkit stacks are there, or failed with every problem named.
#[must_use]
pub fn finish(request: &Request) -> Move {
    let problems: Vec<_> =
        request.post_steps.iter().filter_map(|(step, problem)| Some((step.as_str(), problem.as_deref()?))).collect();
    if problems.is_empty() {
        return Move { events: vec![Event::BecameReady], then: Then::Rest };
    }
    Move { events: vec![Event::Failed(failures::set_bootstrap(&problems))], then: Then::Rest }
}
