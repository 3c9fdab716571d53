//! Pretend delivery of blueprints into pretend accounts, behind its port.

use async_trait::async_trait;
use rusqlite::{Transaction, params};

use super::shape::Shape;
use super::stacks::{self, StackPlan};
use super::trouble::Trouble;
use super::{Simulator, SimulatorError, bootstrap, operations, wordings};
use crate::ports::blueprints::{
    BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, StackOrder, StackState,
};
use crate::ports::factory::ProductState;

/// How long the role in a new account cannot be assumed when that is asked for, in milliseconds.
const ROLE_LATE_MS: i64 = 60_000;

#[async_trait]
impl BlueprintDeployer for Simulator {
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError> {
        let Some(blueprint) = &order.spec.blueprint else {
            return Err(DeployError::Refused("the request has no blueprint".into()));
        };
        let shape = match &order.spec.region {
            Some(region) => Shape::in_region(&self.catalogue, blueprint, &order.account_id, region),
            None => Shape::of(&self.catalogue, blueprint, &order.account_id),
        };
        let full_ms = i64::from(self.settings.blueprint_seconds) * 1000;
        let order = order.clone();
        let work = self.world.run(move |tx, now| match closed(tx, now, &order.account_id, &order.spec.root_email)? {
            Some(refusal) => Ok(Err(refusal)),
            None => start(tx, now, &order, shape, full_ms).map(Ok),
        });
        work.await.map_err(unknown)?
    }

    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError> {
        let order = order.clone();
        let work = self.world.run(move |tx, now| {
            if let Some(refusal) = closed(tx, now, &order.account_id, &order.spec.root_email)? {
                return Ok(Err(refusal));
            }
            let stack = stacks::latest(tx, &order)?;
            Ok(Ok(stack.map_or(StackState::Absent, |stack| stack.state(now))))
        });
        work.await.map_err(unknown)?
    }

    async fn roll_back(&self, order: &StackOrder) -> Result<(), DeployError> {
        let order = order.clone();
        let work = self.world.run(move |tx, now| match closed(tx, now, &order.account_id, &order.spec.root_email)? {
            Some(refusal) => Ok(Err(refusal)),
            None => undo(tx, now, &order),
        });
        work.await.map_err(unknown)?
    }

    async fn bootstrap(&self, order: &BootstrapOrder) -> Result<BootstrapState, DeployError> {
        order.check()?;
        let lasts_ms = i64::from(self.settings.blueprint_seconds) * 1000 / 2;
        let order = order.clone();
        let work = self.world.run(move |tx, now| match closed_for_the_cdk(tx, now, &order)? {
            Some(refusal) => Ok(Err(refusal)),
            None => bootstrap::bring_up(tx, now, &order, lasts_ms).map(Ok),
        });
        work.await.map_err(unknown)?
    }

    fn post_steps(&self) -> Vec<String> {
        self.settings.post_steps.clone()
    }

    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError> {
        if !self.settings.post_steps.iter().any(|known| known == step) {
            return Err(DeployError::Refused(format!("there is no post step {step}")));
        }
        let is_last = self.settings.post_steps.last().is_some_and(|last| last == step);
        let fails = is_last && Trouble::PostStep.is_asked_for(&order.spec.root_email);
        let (step, order) = (step.to_owned(), order.clone());
        let work = self.world.run(move |tx, now| {
            if let Some(refusal) = closed(tx, now, &order.account_id, &order.spec.root_email)? {
                return Ok(Err(refusal));
            }
            if fails && first_failure(tx, now, &order.account_id, &step)? {
                return Ok(Err(DeployError::Refused(wordings::POST_STEP.into())));
            }
            let sql = "INSERT INTO post_step (account_id, step, done_ms) VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET done_ms = coalesce(done_ms, excluded.done_ms)";
            tx.execute(sql, params![order.account_id, step, now])?;
            Ok(Ok(()))
        });
        work.await.map_err(unknown)?
    }
}

/// Why the account lets nobody in, if it does not.
fn closed(tx: &Transaction<'_>, now: i64, account_id: &str, root_email: &str) -> rusqlite::Result<Option<DeployError>> {
    let denied = || wordings::access_denied(account_id);
    let Some(operation) = operations::find_account(tx, account_id)? else {
        return Ok(Some(DeployError::Refused(denied())));
    };
    let late = if Trouble::Role.is_asked_for(root_email) { ROLE_LATE_MS } else { 0 };
    let opens = operation.started_ms.saturating_add(operation.plan.full_ms).saturating_add(late);
    let is_there = matches!(operation.state(now), ProductState::Available { .. } | ProductState::AccountIdUnknown);
    Ok((!is_there || now < opens).then(|| DeployError::NotYet(denied())))
}

/// As [`closed`]. An account nobody is trusted in is a governance account, which was there before this world.
fn closed_for_the_cdk(tx: &Transaction<'_>, now: i64, order: &BootstrapOrder) -> rusqlite::Result<Option<DeployError>> {
    let ours = operations::find_account(tx, &order.account_id)?.is_some();
    if !ours && order.trusts.is_empty() { Ok(None) } else { closed(tx, now, &order.account_id, "") }
}

/// Notes that a step failed as asked for; false when it already has.
fn first_failure(tx: &Transaction<'_>, now: i64, account_id: &str, step: &str) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO post_step (account_id, step, failed_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![account_id, step, now])? == 1)
}

/// Begins the stack, goes on after a failure, or leaves alone what is under way or complete.
fn start(tx: &Transaction<'_>, now: i64, order: &StackOrder, shape: Shape, full_ms: i64) -> rusqlite::Result<()> {
    if stacks::knows_token(tx, order)? {
        return Ok(());
    }
    match stacks::latest(tx, order)? {
        None => {
            let fails = Trouble::Blueprint.is_asked_for(&order.spec.root_email);
            stacks::begin(tx, now, order, 1, &StackPlan::begin(shape, full_ms, fails))
        }
        Some(stack) if stack.is_gone(now) => {
            stacks::begin(tx, now, order, stack.nth + 1, &StackPlan::begin(shape, full_ms, false))
        }
        Some(stack) if stack.has_failed(now) => {
            stacks::begin(tx, now, order, stack.nth + 1, &stack.plan.go_on(full_ms))
        }
        Some(_) => Ok(()),
    }
}

/// Begins to undo what failed; what is gone or going is left alone.
fn undo(tx: &Transaction<'_>, now: i64, order: &StackOrder) -> rusqlite::Result<Result<(), DeployError>> {
    match stacks::latest(tx, order)? {
        Some(stack) if stack.has_failed(now) => stacks::undo(tx, now, order, &stack).map(Ok),
        Some(stack) => match stack.state(now) {
            StackState::Absent | StackState::Undoing { .. } => Ok(Ok(())),
            _ => Ok(Err(DeployError::Refused("the stack has not failed".into()))),
        },
        None => Ok(Ok(())),
    }
}

/// A world whose file fails has told nobody whether it took the call.
#[expect(clippy::needless_pass_by_value, reason = "used as a function for map_err")]
fn unknown(error: SimulatorError) -> DeployError {
    DeployError::Unknown(error.to_string())
}
