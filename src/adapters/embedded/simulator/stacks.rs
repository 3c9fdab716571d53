//! Pretend stacks: their course, fixed when an attempt begins, and their rows in
//! the world's file. Where a stack stands follows from the time that passed.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::operations::{from_json, to_json};
use super::shape::Shape;
use super::wordings;
use crate::ports::blueprints::{StackOrder, StackState};

/// The course of one attempt at a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPlan {
    /// Logical ids, in the order they are created.
    pub resources: Vec<String>,
    /// What it puts out when complete.
    pub outputs: BTreeMap<String, String>,
    /// How many were there when the attempt began.
    pub from: usize,
    /// How many will be there when it ends; fewer than all: the next one fails.
    pub until: usize,
    /// How long the attempt takes, in milliseconds.
    pub lasts_ms: i64,
}

/// One attempt at one stack.
pub struct Stack {
    /// Which attempt, from 1.
    pub nth: u32,
    /// The attempt's course.
    pub plan: StackPlan,
    started_ms: i64,
    gone_ms: Option<i64>,
}

impl StackPlan {
    /// The course of a whole deployment, from nothing to its end or to a failure.
    #[must_use]
    pub fn begin(shape: Shape, full_ms: i64, fails: bool) -> Self {
        let Shape { resources, outputs } = shape;
        let until = if fails { failing(&resources) } else { resources.len() };
        Self { from: 0, until, lasts_ms: share(full_ms, until, resources.len()), resources, outputs }
    }

    /// The course of an attempt that goes on where this one failed.
    #[must_use]
    pub fn go_on(&self, full_ms: i64) -> Self {
        let (from, until) = (self.until, self.resources.len());
        Self { from, until, lasts_ms: share(full_ms, until - from, until), ..self.clone() }
    }

    /// Whether the attempt will fail.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.until < self.resources.len()
    }

    /// What a look at the stack shows, this long after the attempt began.
    #[must_use]
    pub fn state(&self, elapsed_ms: i64) -> StackState {
        if elapsed_ms < self.lasts_ms {
            let made = (self.until - self.from) * usize::try_from(elapsed_ms.max(0)).unwrap_or(0)
                / usize::try_from(self.lasts_ms).unwrap_or(1).max(1);
            let done = self.from + made;
            let phase = self.resources.get(done).map_or("Finishing".into(), |next| format!("Creating {next}"));
            return StackState::UnderWay { phase, done: number(done), total: number(self.resources.len()) };
        }
        match self.resources.get(self.until) {
            Some(resource) => {
                StackState::Failed { resource: resource.clone(), reason: wordings::resource_failed(resource).into() }
            }
            None => StackState::Complete { outputs: self.outputs.clone() },
        }
    }
}

impl Stack {
    /// What a look at it shows at `now`.
    pub fn state(&self, now: i64) -> StackState {
        match self.gone_ms {
            Some(gone) if now < gone => StackState::Undoing { phase: "Removing what was created".into() },
            Some(_) => StackState::Absent,
            None => self.plan.state(now.saturating_sub(self.started_ms)),
        }
    }

    /// Whether nothing of it is left.
    pub fn is_gone(&self, now: i64) -> bool {
        self.gone_ms.is_some_and(|gone| gone <= now)
    }

    /// Whether it stands still after a failure.
    pub fn has_failed(&self, now: i64) -> bool {
        self.gone_ms.is_none() && self.plan.fails() && now.saturating_sub(self.started_ms) >= self.plan.lasts_ms
    }
}

/// The last attempt at a stack.
pub fn latest(tx: &Transaction<'_>, order: &StackOrder) -> rusqlite::Result<Option<Stack>> {
    let sql = "SELECT nth, started_ms, plan, gone_ms FROM stack WHERE account_id = ?1 AND stack_name = ?2
               ORDER BY nth DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| {
        let plan = from_json(&row.get::<_, String>(2)?)?;
        Ok(Stack { nth: row.get(0)?, plan, started_ms: row.get(1)?, gone_ms: row.get(3)? })
    };
    tx.query_row(sql, [&order.account_id, &order.stack_name], read).optional()
}

/// Whether an attempt with this token was begun.
pub fn knows_token(tx: &Transaction<'_>, order: &StackOrder) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM stack WHERE account_id = ?1 AND stack_name = ?2 AND token = ?3)";
    tx.query_row(sql, [&order.account_id, &order.stack_name, &order.token], |row| row.get(0))
}

/// Begins attempt `nth`.
pub fn begin(tx: &Transaction<'_>, now: i64, order: &StackOrder, nth: u32, plan: &StackPlan) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO stack (account_id, stack_name, nth, token, started_ms, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![order.account_id, order.stack_name, nth, order.token, now, to_json(plan)?],
    )?;
    Ok(())
}

/// Begins to undo a stack that failed; undoing takes as long as its last attempt did.
pub fn undo(tx: &Transaction<'_>, now: i64, order: &StackOrder, stack: &Stack) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE stack SET gone_ms = ?1 WHERE account_id = ?2 AND stack_name = ?3 AND nth = ?4",
        params![now.saturating_add(stack.plan.lasts_ms), order.account_id, order.stack_name, stack.nth],
    )?;
    Ok(())
}

/// The resource that fails: the first that needs an elastic address, else one late in the template.
fn failing(resources: &[String]) -> usize {
    let needs_address = |id: &String| id.contains("Nat") || id.contains("Eip");
    resources.iter().position(needs_address).unwrap_or(resources.len() * 2 / 3)
}

fn share(full_ms: i64, part: usize, whole: usize) -> i64 {
    full_ms * i64::from(number(part)) / i64::from(number(whole).max(1))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(ids: &[&str]) -> Shape {
        Shape { resources: ids.iter().map(ToString::to_string).collect(), outputs: BTreeMap::new() }
    }

    #[test]
    fn a_stack_counts_its_resources_up_to_the_last() {
        let plan = StackPlan::begin(shape(&["A", "B", "C", "D"]), 8_000, false);
        let at = |done, phase: &str| StackState::UnderWay { phase: phase.into(), done, total: 4 };
        assert_eq!(plan.state(0), at(0, "Creating A"));
        assert_eq!(plan.state(2_000), at(1, "Creating B"));
        assert_eq!(plan.state(7_999), at(3, "Creating D"));
        assert!(matches!(plan.state(8_000), StackState::Complete { .. }));
    }

    #[test]
    fn a_failed_stack_goes_on_from_the_resource_that_failed() {
        let plan = StackPlan::begin(shape(&["Vpc", "Subnet", "NatEip", "NatGateway"]), 12_000, true);
        let StackState::Failed { resource, reason } = plan.state(6_000) else { panic!("did not fail") };
        assert_eq!(resource, "NatEip");
        assert!(reason.contains("addresses"));
        let next = plan.go_on(12_000);
        let state = next.state(0);
        assert_eq!(state, StackState::UnderWay { phase: "Creating NatEip".into(), done: 2, total: 4 });
        assert_eq!(next.lasts_ms, 6_000, "only what is missing takes time");
        assert!(matches!(next.state(6_000), StackState::Complete { .. }));
    }
}
