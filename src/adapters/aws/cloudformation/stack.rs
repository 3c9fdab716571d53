//! One stack in one account and region: created, continued, looked at and undone, one
//! call at a time. Knows templates as text; what is in them is the catalogue's business.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, OnFailure, Parameter, Stack as Described, Tag};

use super::access::Inside;
use super::events::{Events, Standing};
use super::trouble;
use crate::domain::ids::RequestId;
use crate::ports::blueprints::{DeployError, StackState};

/// The largest template `CloudFormation` takes in the call itself, in bytes
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const LARGEST_TEMPLATE: usize = 51_200;
/// The tag that says which request a stack belongs to.
pub(super) const REQUEST_TAG: &str = "vend:request";

/// What a stack shall be.
pub(super) struct Plan {
    pub(super) template: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) capabilities: Vec<String>,
    /// Whether a failed stack stays as it is.
    pub(super) preserve: bool,
    pub(super) tags: BTreeMap<String, String>,
    /// Names the attempt; two calls with one token are one.
    pub(super) token: String,
}

impl Plan {
    /// Whether `CloudFormation` can take it.
    pub(super) fn check(&self) -> Result<(), DeployError> {
        let size = self.template.len();
        if size > LARGEST_TEMPLATE {
            return Err(DeployError::Refused(format!(
                "the template has {size} bytes, and CloudFormation takes at most {LARGEST_TEMPLATE} in a call: make it smaller"
            )));
        }
        Ok(())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let one =
            |(key, value): (&String, &String)| Parameter::builder().parameter_key(key).parameter_value(value).build();
        self.parameters.iter().map(one).collect()
    }

    fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }

    fn capabilities(&self) -> Vec<Capability> {
        self.capabilities.iter().map(|word| Capability::from(word.as_str())).collect()
    }
}

/// Whose a stack must be to be touched.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    /// It must carry the request's tag.
    Request(RequestId),
    /// Anybody's: there is one of it in an account, whoever made it.
    Anybody,
}

/// One stack, by its name.
pub(super) struct Stack {
    cfn: Client,
    name: String,
    owner: Owner,
}

impl Stack {
    pub(super) fn named(name: &str, inside: &Inside, owner: Owner) -> Self {
        Self { cfn: Client::new(inside.connection.sdk()), name: name.to_owned(), owner }
    }

    /// Begins the stack or goes on with it; an attempt that was begun is left alone.
    pub(super) async fn deploy(&self, plan: &Plan) -> Result<(), DeployError> {
        match self.describe().await? {
            None => self.create(plan).await,
            Some(stack) => self.go_on(plan, &stack).await,
        }
    }

    async fn create(&self, plan: &Plan) -> Result<(), DeployError> {
        let on_failure = if plan.preserve { OnFailure::DoNothing } else { OnFailure::Rollback };
        let call = self.cfn.create_stack().stack_name(&self.name).template_body(&plan.template);
        let call = call.client_request_token(&plan.token).on_failure(on_failure);
        let call = call.set_parameters(Some(plan.parameters())).set_tags(Some(plan.tags()));
        match call.set_capabilities(Some(plan.capabilities())).send().await {
            Ok(_) => Ok(()),
            // Made by a call whose answer was lost, or by somebody else: that is looked at before it is believed.
            Err(error) if error.code_is("AlreadyExistsException") => match self.describe().await? {
                Some(stack) => self.go_on(plan, &stack).await,
                None => Err(DeployError::Unknown("the stack exists and cannot be seen".into())),
            },
            Err(error) if error.code_is("TokenAlreadyExistsException") => Ok(()),
            Err(error) => Err(trouble::meaning(&error)),
        }
    }

    async fn go_on(&self, plan: &Plan, stack: &Described) -> Result<(), DeployError> {
        if self.events().await?.know(&plan.token) {
            return Ok(());
        }
        match standing(stack) {
            Standing::Complete | Standing::UnderWay => Ok(()),
            Standing::Stopped => self.update(plan).await,
            Standing::RolledBack => {
                // Its name must be free before it can be made anew.
                self.delete().await?;
                Err(being_removed())
            }
            Standing::Undoing | Standing::Gone => Err(being_removed()),
            Standing::NotUndone => Err(DeployError::Refused(
                "what an earlier attempt left behind could not be removed: roll it back, then retry".into(),
            )),
        }
    }

    /// Changes the stack to the plan, from wherever it stopped.
    pub(super) async fn update(&self, plan: &Plan) -> Result<(), DeployError> {
        let call = self.cfn.update_stack().stack_name(&self.name).template_body(&plan.template);
        // A stack that stopped is updated only when a new failure would stop it again.
        let call = call.client_request_token(&plan.token).disable_rollback(true);
        let call = call.set_parameters(Some(plan.parameters())).set_tags(Some(plan.tags()));
        match call.set_capabilities(Some(plan.capabilities())).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code_is("TokenAlreadyExistsException") => Ok(()),
            Err(error) if trouble::says(&error, "ValidationError", "_IN_PROGRESS state") => {
                Err(DeployError::Unknown("the stack is being changed".into()))
            }
            Err(error) if trouble::says(&error, "ValidationError", "no updates are to be performed") => {
                Err(DeployError::Refused(
                    "there is nothing left to do on the stack as it is: roll it back, then retry".into(),
                ))
            }
            Err(error) => Err(trouble::meaning(&error)),
        }
    }

    /// Where the stack stands; `token` names the attempt whose failure is of interest.
    pub(super) async fn look_up(&self, token: &str, total: u32) -> Result<StackState, DeployError> {
        let Some(stack) = self.describe().await? else { return Ok(StackState::Absent) };
        Ok(match standing(&stack) {
            Standing::Gone => StackState::Absent,
            Standing::Complete => StackState::Complete { outputs: outputs(&stack) },
            Standing::UnderWay => {
                let events = self.events().await?;
                let done = events.done();
                let phase = events.phase().unwrap_or_else(|| "Creating the stack".to_owned());
                // Never done before it is: the stack itself comes last.
                StackState::UnderWay { phase, done, total: total.max(done + 1) }
            }
            Standing::Undoing => {
                let phase = self.events().await?.phase();
                StackState::Undoing { phase: phase.unwrap_or_else(|| "Removing what was created".to_owned()) }
            }
            Standing::Stopped | Standing::RolledBack => {
                let (resource, reason) = self.failure(&stack, token).await?;
                StackState::Failed { resource, reason }
            }
            Standing::NotUndone => {
                // Undoing is an operation of its own: its failure carries no attempt's token.
                let (resource, reason) = self.failure(&stack, "").await?;
                StackState::NotUndone { resource, reason }
            }
        })
    }

    /// Takes the next step towards the stack's end.
    pub(super) async fn roll_back(&self) -> Result<(), DeployError> {
        let Some(stack) = self.describe().await? else { return Ok(()) };
        match standing(&stack) {
            Standing::Undoing | Standing::Gone => Ok(()),
            Standing::Complete => Err(DeployError::Refused("the stack is complete: there is nothing to undo".into())),
            Standing::UnderWay => Err(DeployError::Refused("the stack is still being worked on".into())),
            Standing::RolledBack | Standing::NotUndone => self.delete().await,
            Standing::Stopped => self.undo().await,
        }
    }

    /// Undone first, then removed: only so are resources removed that a deletion would keep.
    async fn undo(&self) -> Result<(), DeployError> {
        let call = self.cfn.rollback_stack().stack_name(&self.name).retain_except_on_create(true);
        match call.send().await {
            Ok(_) => Ok(()),
            // There is no stable state to go back to, as after several attempts.
            Err(error) if error.code_is("ValidationError") => self.delete().await,
            Err(error) => Err(trouble::meaning(&error)),
        }
    }

    async fn delete(&self) -> Result<(), DeployError> {
        match self.cfn.delete_stack().stack_name(&self.name).send().await {
            Ok(_) => Ok(()),
            Err(error) if trouble::says(&error, "ValidationError", "_IN_PROGRESS") => Err(being_removed()),
            Err(error) => Err(trouble::meaning(&error)),
        }
    }

    /// The stack as `CloudFormation` knows it; refused when it is somebody else's.
    pub(super) async fn describe(&self) -> Result<Option<Described>, DeployError> {
        let answer = match self.cfn.describe_stacks().stack_name(&self.name).send().await {
            Ok(answer) => answer,
            Err(error) if trouble::says(&error, "ValidationError", "does not exist") => return Ok(None),
            Err(error) => return Err(trouble::meaning(&error)),
        };
        let Some(stack) = answer.stacks.unwrap_or_default().into_iter().next() else { return Ok(None) };
        if let Owner::Request(request) = self.owner {
            let request = request.to_string();
            let ours = |tag: &Tag| tag.key() == Some(REQUEST_TAG) && tag.value() == Some(request.as_str());
            if !stack.tags().iter().any(ours) {
                let name = &self.name;
                return Err(DeployError::Refused(format!("a stack {name} is there that this request did not make")));
            }
        }
        Ok(Some(stack))
    }

    pub(super) async fn events(&self) -> Result<Events, DeployError> {
        let mut pages = self.cfn.describe_stack_events().stack_name(&self.name).into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| trouble::meaning(&error))?;
            events.extend(page.stack_events.unwrap_or_default());
        }
        Ok(Events(events))
    }

    pub(super) async fn failure(&self, stack: &Described, token: &str) -> Result<(String, String), DeployError> {
        let found = self.events().await?.first_failure(token);
        Ok(found.unwrap_or_else(|| {
            let reason = stack.stack_status_reason().unwrap_or("CloudFormation gave no reason");
            (self.name.clone(), reason.to_owned())
        }))
    }
}

pub(super) fn standing(stack: &Described) -> Standing {
    Standing::of(stack.stack_status().map_or("", |status| status.as_str()))
}

fn being_removed() -> DeployError {
    DeployError::Unknown("what an earlier attempt left behind is being removed".into())
}

fn outputs(stack: &Described) -> BTreeMap<String, String> {
    let pair = |output: &aws_sdk_cloudformation::types::Output| {
        Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
    };
    stack.outputs().iter().filter_map(pair).collect()
}

/// Asking for an error's code, whatever the call was.
trait Coded {
    fn code_is(&self, code: &str) -> bool;
}

impl<T: aws_smithy_types::error::metadata::ProvideErrorMetadata> Coded for T {
    fn code_is(&self, code: &str) -> bool {
        self.code() == Some(code)
    }
}
