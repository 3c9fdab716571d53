//! Make a request: check everything, pin it, and store it with all it promises.

use crate::domain::event::{Event, Recorded, Submission};
use crate::domain::ids::RequestId;
use crate::domain::locks;
use crate::domain::person::{Actor, Requester};
use crate::domain::policy::{Asked, Requirement};
use crate::domain::preflight::Checklist;
use crate::domain::spec::{AccountSpec, Draft, SpecHash};
use crate::ports::store::StoreError;
use crate::say::view::RequestView;

use super::{Change, Service, ServiceError};

/// Makes a call safe to repeat: one key of one caller makes one request.
#[derive(Debug, Clone)]
pub struct Once {
    /// Whose key it is.
    pub caller: String,
    /// The key, as given.
    pub key: String,
    /// Hash of what was asked; the same key with another is refused.
    pub fingerprint: String,
}

/// How often a submission is checked anew when a name or a range was taken in
/// between. In one race somebody wins each round, so that this many processes
/// may submit at one moment.
pub(super) const TRIES: u32 = 16;

/// A request that was made.
#[derive(Debug)]
pub struct Submitted {
    /// The request now.
    pub view: RequestView,
    /// Whether an earlier call with the same key made it.
    pub replayed: bool,
}

impl Service {
    /// Checks a draft and makes a request of it; answers only once it is stored (P1).
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every wrong field.
    pub async fn submit(
        &self,
        draft: &Draft,
        requester: &Requester,
        actor: &Actor,
        once: Option<Once>,
    ) -> Result<RequestView, ServiceError> {
        Ok(self.submit_once(draft, requester, actor, once).await?.view)
    }

    /// [`Self::submit`], telling whether the call was a repetition.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every wrong field.
    pub async fn submit_once(
        &self,
        draft: &Draft,
        requester: &Requester,
        actor: &Actor,
        once: Option<Once>,
    ) -> Result<Submitted, ServiceError> {
        let mut known_facts = None;
        for _ in 0..TRIES {
            if let Some(made) = self.replay(once.as_ref()).await? {
                return Ok(made);
            }
            let seen = match known_facts.take() {
                Some(seen) => seen,
                None => self.look_up(draft, requester).await?,
            };
            let _gate = self.pass_range_gate(draft).await;
            let ranges = self.ranges_for(draft).await?;
            let (checklist, spec) = self.judge(draft, requester, &seen, &ranges);
            let Some(spec) = spec else {
                // A call with the same key may have taken the names since we looked.
                return self.replay(once.as_ref()).await?.ok_or(ServiceError::Invalid(checklist));
            };
            let mut change = self.submission(requester, (spec, checklist), actor, once.as_ref())?;
            self.take_ranges(&mut change, ranges.turn.clone());
            change.take_over(&locks::requests_turn(&requester.email), seen.own.turn.clone());
            match self.write(change).await {
                Ok(written) => return Ok(Submitted { view: self.view(written.request).await?, replayed: false }),
                // Another process took ranges in between: only they are looked for again.
                Err(StoreError::Held { name, .. }) if locks::is_about_ranges(&name) => known_facts = Some(seen),
                // Somebody took the name or used the key in between: look again.
                Err(StoreError::Held { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Unavailable("names kept being taken".to_owned()))
    }

    /// The request an idempotent call already made.
    ///
    /// # Errors
    /// [`ServiceError::KeyReused`] when it was made for something else.
    pub async fn made_before(&self, once: Option<&Once>) -> Result<Option<RequestId>, ServiceError> {
        let Some(once) = once else { return Ok(None) };
        let name = locks::once(&once.caller, &once.key);
        let held = self.store.locks(&name).await?.into_iter().find(|(held, _)| *held == name);
        match held {
            Some((_, holder)) if holder.note == once.fingerprint => Ok(Some(holder.request)),
            Some(_) => Err(ServiceError::KeyReused),
            None => Ok(None),
        }
    }

    /// What an idempotent call already made, as its answer.
    pub(super) async fn replay(&self, once: Option<&Once>) -> Result<Option<Submitted>, ServiceError> {
        let Some(known) = self.made_before(once).await? else { return Ok(None) };
        Ok(Some(Submitted { view: self.show(known).await?, replayed: true }))
    }

    /// The first write about a request, with every name it takes; the ranges are the caller's.
    pub(super) fn submission(
        &self,
        requester: &Requester,
        (spec, preflight): (AccountSpec, Checklist),
        actor: &Actor,
        once: Option<&Once>,
    ) -> Result<Change, ServiceError> {
        let now = self.clock.now();
        let requirement = self.policy.requirement(&Asked::of(&spec, requester));
        let expires_at = now.saturating_add(requirement.expires_after).unwrap_or(now);
        let hash = SpecHash::of(&spec, requester);
        let names = locks::names(&spec);
        let submission = Submission {
            requester: requester.clone(),
            spec,
            hash,
            preflight,
            approvals_needed: requirement.approvals,
            policy_rule: requirement.rule.clone(),
            expires_at,
            member_of: None,
        };
        let terms = self.terms(requirement.reminders.clone());
        let id = self.ids.request_id(now);
        let first = Recorded::link(id, None, now, actor.clone(), Event::Submitted(Box::new(submission)));
        let mut change = Change::first(first, actor, &terms)?;
        for name in names {
            change.acquire(name, "");
        }
        auto_approve(&mut change, &requirement, now, &terms)?;
        if let Some(once) = once {
            change.acquire(locks::once(&once.caller, &once.key), once.fingerprint.clone());
        }
        Ok(change)
    }
}

/// Approves in the same write what the policy approves by itself, in its name.
fn auto_approve(
    change: &mut Change,
    requirement: &Requirement,
    now: jiff::Timestamp,
    terms: &crate::domain::job::Terms,
) -> Result<(), ServiceError> {
    let Some(rule) = requirement.auto_approved_by.clone() else { return Ok(()) };
    let policy = Actor { email: "policy".to_owned(), ..Actor::system() };
    Ok(change.event(now, &policy, Event::ApprovalGiven { reason: None, rule, last: true, needed: None }, terms)?)
}
