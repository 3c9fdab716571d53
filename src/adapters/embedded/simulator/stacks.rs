//! Pretend stacks: their course, fixed when an attempt begins, and their rows in
//! the world's file. Where a stack stands follows from the time that passed.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::operations::{from_json, to_json};
use super::wordings;
use crate::domain::spec::hex;
use crate::ports::blueprints::{StackOrder, StackState};

/// The course of one attempt at a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPlan {
    /// Logical ids, in the order they are created.
    pub resources: Vec<String>,
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
}

impl StackPlan {
    /// The course of a whole deployment, from nothing to its end or to a failure.
    #[must_use]
    pub fn begin(resources: Vec<String>, full_ms: i64, fails: bool) -> Self {
        let resources = if resources.is_empty() { plain_network() } else { resources };
        let until = if fails { failing(&resources) } else { resources.len() };
        Self { from: 0, until, lasts_ms: share(full_ms, until, resources.len()), resources }
    }

    /// The course of an attempt that goes on where this one failed.
    #[must_use]
    pub fn go_on(&self, full_ms: i64) -> Self {
        let (from, until) = (self.until, self.resources.len());
        Self { from, until, lasts_ms: share(full_ms, until - from, until), resources: self.resources.clone() }
    }

    /// Whether the attempt will fail.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.until < self.resources.len()
    }

    /// What a look at the stack shows, this long after the attempt began.
    #[must_use]
    pub fn state(&self, elapsed_ms: i64, account_id: &str) -> StackState {
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
            None => StackState::Complete { outputs: outputs(account_id) },
        }
    }
}

impl Stack {
    /// What a look at it shows at `now`.
    pub fn state(&self, now: i64, account_id: &str) -> StackState {
        self.plan.state(now.saturating_sub(self.started_ms), account_id)
    }

    /// Whether it stands still after a failure.
    pub fn has_failed(&self, now: i64) -> bool {
        self.plan.fails() && now.saturating_sub(self.started_ms) >= self.plan.lasts_ms
    }
}

/// The last attempt at a stack.
pub fn latest(tx: &Transaction<'_>, order: &StackOrder) -> rusqlite::Result<Option<Stack>> {
    let sql = "SELECT nth, started_ms, plan FROM stack WHERE account_id = ?1 AND stack_name = ?2
               ORDER BY nth DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Stack { nth: row.get(0)?, started_ms: row.get(1)?, plan: from_json(&row.get::<_, String>(2)?)? })
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

/// What stands in for a template nobody can list: the network every ML blueprint has.
fn plain_network() -> Vec<String> {
    let ids = [
        "Vpc",
        "InternetGateway",
        "InternetGatewayAttachment",
        "PublicSubnet1",
        "PrivateSubnet1",
        "PrivateSubnet2",
        "NatEip",
        "NatGateway",
        "PrivateRouteTable1",
        "PrivateRouteTable2",
        "SecurityGroup",
        "PrivateSubnetIdsParameter",
    ];
    ids.map(String::from).to_vec()
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

/// What the ML blueprints put out, with ids that follow from the account.
fn outputs(account_id: &str) -> BTreeMap<String, String> {
    let id = |prefix: &str, what: &str| {
        let digest = hex(&Sha256::digest(format!("{account_id}/{what}")));
        format!("{prefix}-0{}", &digest[..16])
    };
    BTreeMap::from([
        ("VpcId".into(), id("vpc", "Vpc")),
        ("PrivateSubnetIds".into(), format!("{},{}", id("subnet", "Private1"), id("subnet", "Private2"))),
        ("SecurityGroupId".into(), id("sg", "SecurityGroup")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_counts_its_resources_up_to_the_last() {
        let plan = StackPlan::begin(vec!["A".into(), "B".into(), "C".into(), "D".into()], 8_000, false);
        let at = |done, phase: &str| StackState::UnderWay { phase: phase.into(), done, total: 4 };
        assert_eq!(plan.state(0, "1"), at(0, "Creating A"));
        assert_eq!(plan.state(2_000, "1"), at(1, "Creating B"));
        assert_eq!(plan.state(7_999, "1"), at(3, "Creating D"));
        assert!(matches!(plan.state(8_000, "1"), StackState::Complete { .. }));
    }

    #[test]
    fn a_failed_stack_goes_on_from_the_resource_that_failed() {
        let plan = StackPlan::begin(Vec::new(), 12_000, true);
        let StackState::Failed { resource, reason } = plan.state(12_000, "1") else { panic!("did not fail") };
        assert_eq!(resource, "NatEip");
        assert!(reason.contains("addresses"));
        let next = plan.go_on(12_000);
        let state = next.state(0, "1");
        assert_eq!(state, StackState::UnderWay { phase: "Creating NatEip".into(), done: 6, total: 12 });
        assert_eq!(next.lasts_ms, 6_000, "only what is missing takes time");
        assert!(matches!(next.state(6_000, "1"), StackState::Complete { .. }));
    }

    #[test]
    fn two_accounts_never_share_a_network() {
        assert_ne!(outputs("123456789012"), outputs("210987654321"));
    }
}
