//! Pretend CDK bootstraps: what was ordered last for an account and region, and
//! since when. Works within a transaction somebody else opened.

use rusqlite::{OptionalExtension, Transaction, params};

use super::operations::to_json;
use crate::ports::blueprints::{BootstrapOrder, BootstrapState, ExecutionPolicy};

/// The version of the bootstrap template this world has.
const VERSION: u32 = 32;

/// Begins what differs from the order, and tells where it stands.
pub fn bring_up(
    tx: &Transaction<'_>,
    now: i64,
    order: &BootstrapOrder,
    lasts_ms: i64,
) -> rusqlite::Result<BootstrapState> {
    let ordered = to_json(&normal_form(order))?;
    let sql = "SELECT ordered, ends_ms FROM bootstrap WHERE account_id = ?1 AND region = ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?));
    match tx.query_row(sql, [&order.account_id, &order.region], read).optional()? {
        Some((_, ends)) if now < ends => Ok(under_way()),
        // Who asks for no trust asks only that there is one: it may serve others.
        Some((stands, _)) if stands == ordered || order.trusts.is_empty() => {
            Ok(BootstrapState::Complete { version: VERSION })
        }
        _ => {
            let sql = "INSERT INTO bootstrap (account_id, region, ordered, changes, ends_ms) VALUES (?1, ?2, ?3, 1, ?4)
                       ON CONFLICT DO UPDATE SET
                       ordered = excluded.ordered, changes = changes + 1, ends_ms = excluded.ends_ms";
            let ends = now.saturating_add(lasts_ms);
            tx.execute(sql, params![order.account_id, order.region, ordered, ends])?;
            if lasts_ms == 0 { Ok(BootstrapState::Complete { version: VERSION }) } else { Ok(under_way()) }
        }
    }
}

fn under_way() -> BootstrapState {
    BootstrapState::UnderWay { phase: "Creating CDKToolkit".into() }
}

/// Two orders that mean the same are the same.
fn normal_form(order: &BootstrapOrder) -> (Vec<&str>, Vec<String>) {
    let mut trusts: Vec<_> = order.trusts.iter().map(String::as_str).collect();
    trusts.sort_unstable();
    trusts.dedup();
    let mut policies: Vec<_> = order.execution_policies.iter().map(words).collect();
    policies.sort_unstable();
    (trusts, policies)
}

fn words(policy: &ExecutionPolicy) -> String {
    match policy {
        ExecutionPolicy::Arn(arn) => arn.clone(),
        ExecutionPolicy::Document { name, json } => format!("{name} {json}"),
    }
}
