//! What really happened in the pretend world, for whoever checks promises:
//! which accounts were created by which call, and how many operations ran at once.

use jiff::Timestamp;

use super::world::moment;
use super::{Simulator, SimulatorError};

/// An account that came into being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCreation {
    /// The provisioned product it was created for.
    pub product_name: String,
    /// Twelve digits.
    pub account_id: String,
    /// The token of the call that created it.
    pub token: String,
    /// When.
    pub at: Timestamp,
}

impl Simulator {
    /// Every account that was created so far, in order. One that an attempt adopted
    /// from an earlier one under the same name counts once, for the earlier.
    ///
    /// # Errors
    /// When the world's file cannot be read.
    pub async fn effective_account_creations(&self) -> Result<Vec<AccountCreation>, SimulatorError> {
        let work = self.world.run(|tx, now| {
            let sql = "SELECT product_name, account_id, token, creates_ms FROM operation
                       WHERE creates_ms <= ?1 ORDER BY creates_ms, record_id";
            let mut statement = tx.prepare(sql)?;
            let rows = statement.query_map([now], |row| {
                Ok(AccountCreation {
                    product_name: row.get(0)?,
                    account_id: row.get(1)?,
                    token: row.get(2)?,
                    at: moment(row.get(3)?),
                })
            })?;
            rows.collect()
        });
        work.await
    }

    /// How often the CDK bootstrap of an account and region was changed.
    ///
    /// # Errors
    /// When the world's file cannot be read.
    pub async fn bootstrap_changes(&self, account_id: &str, region: &str) -> Result<u32, SimulatorError> {
        let place = [account_id.to_owned(), region.to_owned()];
        let sql = "SELECT coalesce(sum(changes), 0) FROM bootstrap WHERE account_id = ?1 AND region = ?2";
        self.world.run(move |tx, _| tx.query_row(sql, place, |row| row.get(0))).await
    }

    /// The most account operations that ever were under way at once, those turned
    /// away later for being too many included.
    ///
    /// # Errors
    /// When the world's file cannot be read.
    pub async fn most_in_flight(&self) -> Result<u32, SimulatorError> {
        self.world.run(|tx, _| tx.query_row("SELECT most_in_flight FROM high_water", [], |row| row.get(0))).await
    }
}
