//! Run a failed step again, never a step before it; with other parameters where an
//! approver says so; or undo the stack of a blueprint that failed.

use std::collections::BTreeMap;

use crate::domain::blueprint::Blueprint;
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::person::Actor;
use crate::domain::policy::Asked;
use crate::domain::preflight::Checklist;
use crate::domain::request::{Command, Refusal, Request, State, Step};
use crate::domain::set::StageName;
use crate::domain::spec::SpecHash;
use crate::say::view::RequestView;

use super::change::{Judged, only_with_its_set};
use super::parameters::FIELD;
use super::{Service, ServiceError};

impl Service {
    /// Runs the failed step again. The requester, an approver or an operator may.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for everybody else, [`ServiceError::Refused`] when nothing failed or a retry
    /// cannot help.
    pub async fn retry(&self, id: RequestId, actor: &Actor) -> Result<RequestView, ServiceError> {
        self.retry_with(id, actor, &BTreeMap::new()).await
    }

    /// The same with some blueprint parameters changed. What is vended is what was approved (P5):
    /// only someone the policy lets approve this request may change them, never the requester,
    /// and the change is recorded as that person's word with the new hash.
    ///
    /// # Errors
    /// [`ServiceError::NotAllowed`], [`ServiceError::Invalid`] with every parameter that will not do,
    /// and those of [`Self::retry`].
    pub async fn retry_with(
        &self,
        id: RequestId,
        actor: &Actor,
        changes: &BTreeMap<String, String>,
    ) -> Result<RequestView, ServiceError> {
        let groups = self.groups_of(actor).await;
        let request = self.to_run_again(id, actor, &groups).await?;
        self.nothing_is_being_undone(&request).await?;
        let request = self
            .change(id, actor, |request, now| {
                only_with_its_set(request)?;
                let again = request.handle(Command::Retry, actor, now).map_err(|no| no_retry(request, no))?;
                let repinned = self.changed(request, actor, &groups, changes)?;
                Ok(Judged { events: repinned.into_iter().chain([again]).collect(), not_after: None })
            })
            .await?;
        self.view(request).await
    }

    /// Undoes the stack of a blueprint that failed; the account stays as it is. Who may retry may do so.
    /// Of a set, `stage` says whose: the other accounts are left alone.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for who may not retry it; [`ServiceError::Refused`] when no blueprint failed, or
    /// it is being undone already; [`ServiceError::Invalid`] for a set without a stage, and for a stage of what is
    /// no set.
    pub async fn roll_back(
        &self,
        id: RequestId,
        stage: Option<StageName>,
        actor: &Actor,
    ) -> Result<RequestView, ServiceError> {
        let groups = self.groups_of(actor).await;
        let request = self.to_run_again(id, actor, &groups).await?;
        let member = self.to_be_undone(&request, stage).await?;
        let undone = self
            .change(member, actor, |request, now| {
                Ok(request.handle(Command::RollBack, actor, now).map_err(ServiceError::Refused)?.into())
            })
            .await?;
        if undone.id == id { self.view(undone).await } else { self.show(id).await }
    }

    /// Which request's stack is meant: its own, or that of one account of the set.
    async fn to_be_undone(&self, request: &Request, stage: Option<StageName>) -> Result<RequestId, ServiceError> {
        only_with_its_set(request)?;
        let Some(stage) = stage else {
            return if request.set().is_none() { Ok(request.id) } else { Err(self.which_stage(request).await?) };
        };
        if request.set().is_none() {
            return Err(wrong_stage("This is no account set: leave the stage out."));
        }
        // What was given up stays as it is, as with a single account.
        if !matches!(request.state, State::Creating | State::Failed) {
            return Err(ServiceError::Refused(Refusal::NotNow(request.state)));
        }
        Ok(request.id.member(stage))
    }

    /// A set is not undone as a whole: names the accounts that could be.
    async fn which_stage(&self, set: &Request) -> Result<ServiceError, ServiceError> {
        let members = self.members(set).await?;
        let can = members.iter().filter(|(_, member)| member.as_ref().is_some_and(Request::can_roll_back));
        let words: Vec<_> = can.map(|(stage, _)| stage.word()).collect();
        Ok(match words.as_slice() {
            [] => ServiceError::Refused(Refusal::NothingToRollBack),
            words => wrong_stage(&format!(
                "Say of which account the failed blueprint is to be removed: {}. The others stay as they are.",
                words.join(" or ")
            )),
        })
    }

    /// A set waits with its retry until what is undone of its accounts is gone, as an account does.
    async fn nothing_is_being_undone(&self, request: &Request) -> Result<(), ServiceError> {
        if request.set().is_none() {
            return Ok(());
        }
        let members = self.members(request).await?;
        let busy = members.values().flatten().any(Request::is_being_rolled_back);
        if busy { Err(ServiceError::Refused(Refusal::BeingRolledBack)) } else { Ok(()) }
    }

    /// The request, for who may run its failed step again or undo it: whoever asked, may decide on it, or
    /// operates. Nobody else may see it, and so they hear nothing of it, not even in what state it is.
    async fn to_run_again(&self, id: RequestId, actor: &Actor, groups: &[String]) -> Result<Request, ServiceError> {
        let request = self.store.load(id).await?;
        let may = actor.is(&request.submission.requester)
            || actor.operates()
            || self.policy.may_decide(actor, groups, &Asked::about(&request)).is_ok();
        if may { Ok(request) } else { Err(ServiceError::NotFound) }
    }

    /// The change to record, if the parameters become others.
    fn changed(
        &self,
        request: &Request,
        actor: &Actor,
        groups: &[String],
        changes: &BTreeMap<String, String>,
    ) -> Result<Option<Event>, ServiceError> {
        let submission = &request.submission;
        let Some(choice) = submission.spec.blueprint.as_ref().filter(|_| !changes.is_empty()) else {
            return if changes.is_empty() { Ok(None) } else { Err(refused("", "The request has no blueprint.")) };
        };
        if request.failure.as_ref().is_none_or(|failure| failure.step != Step::BlueprintDeployment) {
            let sentence = "Parameters can be changed only where the blueprint failed. Retry without them.";
            return Err(refused("", sentence));
        }
        let Some(blueprint) = self.catalogue.get_version(&choice.id, &choice.version) else {
            return Err(refused(
                "",
                "The catalogue no longer has this version of the blueprint. Retry without changes.",
            ));
        };
        let parameters = resolve(blueprint, &choice.parameters, changes)?;
        if parameters == choice.parameters {
            return Ok(None);
        }
        if submission.approvals_needed > 1 {
            let sentence = "This request needed several approvals, so nobody may change it alone. \
                            Give it up and make a new request.";
            return Err(ServiceError::NotAllowed(sentence.to_owned()));
        }
        let asked = Asked::about(request);
        let rule = self.policy.may_decide(actor, groups, &asked).map_err(|no| {
            ServiceError::NotAllowed(format!("Changed parameters are approved by whoever changes them. {no}"))
        })?;
        let mut spec = submission.spec.clone();
        spec.blueprint.iter_mut().for_each(|choice| choice.parameters.clone_from(&parameters));
        let hash = SpecHash::of(&spec, &submission.requester);
        Ok(Some(Event::ParametersChanged { parameters, hash, rule }))
    }
}

/// Why no retry: one that cannot help says what does.
fn no_retry(request: &Request, refusal: Refusal) -> ServiceError {
    match (&request.failure, refusal) {
        (Some(failure), Refusal::RetryCannotHelp) => ServiceError::RetryCannotHelp(failure.advice.clone()),
        (_, refusal) => ServiceError::Refused(refusal),
    }
}

/// All parameters with the changes, checked as at submission.
fn resolve(
    blueprint: &Blueprint,
    present: &BTreeMap<String, String>,
    changes: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    for name in changes.keys() {
        // Other requests are kept off a range from the submission on; a new one would be nobody's.
        if blueprint.parameter(name).is_some_and(crate::domain::blueprint::Parameter::is_own_range) {
            return Err(refused(
                name,
                "The network range of an account stays what it was. Make a new request for another.",
            ));
        }
    }
    let open = |name: &String| blueprint.parameter(name).is_some_and(crate::domain::blueprint::Parameter::may_be_given);
    let mut given: BTreeMap<_, _> =
        present.iter().filter(|(name, _)| open(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    given.extend(changes.clone());
    blueprint.resolve(&given, present).map_err(|faults| {
        let mut checklist = Checklist::default();
        for (name, sentence) in faults {
            checklist.fail(&format!("{FIELD}{name}"), sentence);
        }
        ServiceError::Invalid(checklist)
    })
}

fn wrong_stage(sentence: &str) -> ServiceError {
    let mut checklist = Checklist::default();
    checklist.fail("stage", sentence.to_owned());
    ServiceError::Invalid(checklist)
}

fn refused(name: &str, sentence: &str) -> ServiceError {
    let mut checklist = Checklist::default();
    let field = if name.is_empty() { FIELD.trim_end_matches('.').to_owned() } else { format!("{FIELD}{name}") };
    checklist.fail(&field, sentence.to_owned());
    ServiceError::Invalid(checklist)
}
