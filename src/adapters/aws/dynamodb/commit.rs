//! Writes a commit: sends it, and finds out what became of it when the answer is
//! missing. Which items it is made of is `transaction`'s business.

use std::sync::Arc;

use super::failed::Failed;
use super::items::{count, maybe};
use super::keys;
use super::table::{BY, Table};
use super::transaction::Transaction;
use crate::ports::clock::Clock;
use crate::ports::store::{Commit, StoreError, Stored};

const OPERATION: &str = "commit";

/// Writes all of it or nothing.
pub(super) async fn commit(table: &Table, clock: &Arc<dyn Clock>, commit: &Commit) -> Stored<()> {
    let mut transaction = Transaction::of(commit, clock.now())?;
    let mut patience = table.patience();
    loop {
        // DynamoDB has no clock to ask: this process's decides, right before each try.
        if transaction.not_after.is_some_and(|deadline| clock.now() >= deadline) {
            return too_late(table, &transaction, patience.unsure).await;
        }
        let actions = transaction.actions(&table.name)?;
        let failed = match table.transact(OPERATION, actions, &transaction.token).await {
            Ok(()) => return Ok(()),
            Err(Failed::Cancelled(reasons)) => {
                if transaction.met_itself(&reasons) || (patience.unsure && took_effect(table, &transaction).await?) {
                    return Ok(());
                }
                transaction = transaction.judge(&reasons)?;
                continue;
            }
            Err(failed) => failed,
        };
        if !patience.another_try(&failed).await {
            return ending(table, &transaction, failed, patience.unsure).await;
        }
    }
}

/// Whether the commit is stored: the last event it wrote is never written again.
async fn took_effect(table: &Table, transaction: &Transaction) -> Stored<bool> {
    let item = table.ask(OPERATION, &transaction.proof).await?;
    Ok(item.is_some_and(|item| maybe(&item, BY) == Some(&transaction.by)))
}

async fn ending(table: &Table, transaction: &Transaction, failed: Failed, unsure: bool) -> Stored<()> {
    if unsure && took_effect(table, transaction).await? {
        return Ok(());
    }
    Err(failed.into_stored())
}

/// The port's order of refusals: who lost the lease or the race is told that first.
async fn too_late(table: &Table, transaction: &Transaction, unsure: bool) -> Stored<()> {
    if unsure {
        let lost = Failed::Unknown("a commit was not answered before its deadline".into());
        return ending(table, transaction, lost, unsure).await;
    }
    if let Some((job, lease)) = &transaction.settles {
        let item = table.get(OPERATION, job).await?;
        if item.as_ref().and_then(|item| maybe(item, "lease")) != Some(lease) {
            return Err(StoreError::LeaseLost);
        }
    }
    let head = table.get(OPERATION, &keys::head(transaction.request)).await?;
    let version = head.map_or(Ok(0), |head| count(&head, "version"))?;
    Err(if version == transaction.expected { StoreError::TooLate } else { StoreError::Conflict })
}
