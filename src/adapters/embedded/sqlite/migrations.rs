//! Brings a database file to this binary's schema, one numbered step at a time.
//! A released step is never edited: a change is a new step.

use rusqlite::{Connection, TransactionBehavior};

use super::open::OpenError;
use super::rows::integer;

/// The steps; the schema's version is how many of them a file has seen.
pub(super) const STEPS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_plain_check.sql"),
    include_str!("migrations/0003_arrivals.sql"),
];

/// Marks a file as ours (`vend` in ASCII), so that another program's database is never touched.
pub(super) const APPLICATION_ID: i64 = 0x7665_6e64;

/// Applies the missing steps, all or none.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    if version(connection)? == STEPS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the write lock: another process may have been first.
    let done = version(&transaction)?;
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", integer(STEPS.len()))?;
    transaction.commit()?;
    Ok(())
}

/// Refuses a file that is newer than this binary or not ours, before anything is changed.
pub(super) fn refuse_if_not_ours(connection: &Connection) -> Result<(), OpenError> {
    version(connection).map(drop)
}

/// How many steps the file has seen; refuses files that are newer or not ours.
fn version(connection: &Connection) -> Result<usize, OpenError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    let owner: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (owner, tables) {
        (APPLICATION_ID, _) if found > STEPS.len() => Err(OpenError::Newer { found, known: STEPS.len() }),
        (APPLICATION_ID, _) | (0, 0) => Ok(found.min(STEPS.len())),
        _ => Err(OpenError::Foreign),
    }
}
