//! Account operations in the world's file: accepting, finding and ending them.
//! Every function works within a transaction somebody else opened.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use super::SimulatorSettings;
use super::organization::{self, VETERANS};
use super::plan::{Circumstances, Ending, Plan};
use super::trouble::Trouble;
use super::wordings;
use crate::ports::factory::{AccountOrder, FactoryError, ProductState};

/// One attempt at one account.
pub struct Operation {
    /// Its record id, `rec-…`.
    pub record_id: String,
    /// The account it makes or adopts.
    pub account_id: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: i64,
    /// Its course.
    pub plan: Plan,
}

impl Operation {
    const COLUMNS: &'static str = "record_id, account_id, started_ms, plan";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            record_id: row.get(0)?,
            account_id: row.get(1)?,
            started_ms: row.get(2)?,
            plan: from_json(&row.get::<_, String>(3)?)?,
        })
    }

    /// What a look at it shows at `now`.
    pub fn state(&self, now: i64) -> ProductState {
        self.plan.state(now.saturating_sub(self.started_ms), &self.account_id, &self.record_id)
    }
}

/// The product that has this name now.
pub fn find(tx: &Transaction<'_>, product_name: &str) -> rusqlite::Result<Option<Operation>> {
    let columns = Operation::COLUMNS;
    let sql = format!("SELECT {columns} FROM operation WHERE product_name = ?1 AND terminated_ms IS NULL");
    tx.query_row(&sql, [product_name], Operation::read).optional()
}

/// The present operation behind an account.
pub fn find_account(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<Option<Operation>> {
    let columns = Operation::COLUMNS;
    let sql = format!("SELECT {columns} FROM operation WHERE account_id = ?1 AND terminated_ms IS NULL");
    tx.query_row(&sql, [account_id], Operation::read).optional()
}

/// Frees a product's name.
pub fn terminate(tx: &Transaction<'_>, now: i64, record_id: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE operation SET terminated_ms = ?1 WHERE record_id = ?2", params![now, record_id])?;
    Ok(())
}

/// Accepts an order and answers whether the caller gets to know it, or refuses it.
pub fn accept(
    tx: &Transaction<'_>,
    now: i64,
    settings: &SimulatorSettings,
    order: &AccountOrder,
) -> rusqlite::Result<Result<String, FactoryError>> {
    let troubles = Trouble::asked_for(&order.spec.root_email);
    if let Some(refusal) = refused(tx, order, &troubles)? {
        return Ok(Err(refusal));
    }
    let earlier: u32 = count(tx, "SELECT count(*) FROM operation WHERE product_name = ?1", &order.product_name)?;
    let adopted = account_made_for(tx, &order.product_name)?;
    let account_id = adopted.clone().map_or_else(|| fresh_account_id(tx, &order.product_name), Ok)?;
    let plan = Plan::make(
        &troubles,
        &Circumstances {
            full_ms: i64::from(settings.account_seconds) * 1000,
            first_attempt: earlier == 0,
            account_id: &account_id,
            adopts: adopted.is_some(),
            unit: &order.spec.organizational_unit.to_string(),
            obstacle: obstacle(tx, now, settings, order)?,
            limit: settings.account_operations,
        },
    );
    let record_id = record_id(&order.product_name, earlier + 1);
    insert(
        tx,
        now,
        order,
        &Operation { record_id: record_id.clone(), account_id, started_ms: now, plan: plan.clone() },
    )?;
    let in_flight = under_way(tx, now)?;
    tx.execute("UPDATE high_water SET most_in_flight = max(most_in_flight, ?1)", [in_flight])?;
    let lost = plan.hidden_ms > 0;
    Ok(if lost {
        Err(FactoryError::Unknown("the connection was closed before an answer came".into()))
    } else {
        Ok(record_id)
    })
}

/// What Service Catalog refuses before it begins.
fn refused(tx: &Transaction<'_>, order: &AccountOrder, troubles: &[Trouble]) -> rusqlite::Result<Option<FactoryError>> {
    if find(tx, &order.product_name)?.is_some() {
        return Ok(Some(FactoryError::NameExists));
    }
    if !organization::offers(&order.spec.organizational_unit) {
        let raw = wordings::unit(&order.spec.organizational_unit.to_string());
        return Ok(Some(FactoryError::Refused(wordings::failure(raw, ""))));
    }
    if troubles.contains(&Trouble::LaunchPath) && lacks_launch_path(tx, order)? {
        return Ok(Some(FactoryError::Refused(wordings::failure(wordings::LAUNCH_PATH, ""))));
    }
    Ok(None)
}

/// The launch path is missing for the whole first attempt, however often it calls.
fn lacks_launch_path(tx: &Transaction<'_>, order: &AccountOrder) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO refused (product_name, token) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.execute(sql, [&order.product_name, &order.token])?;
    let sql = "SELECT token FROM refused WHERE product_name = ?1";
    tx.query_row(sql, [&order.product_name], |row| Ok(row.get::<_, String>(0)? == order.token))
}

/// What stands in the way in this world, whatever was asked for on purpose.
fn obstacle(
    tx: &Transaction<'_>,
    now: i64,
    settings: &SimulatorSettings,
    order: &AccountOrder,
) -> rusqlite::Result<Option<String>> {
    if working(tx, now)? >= settings.account_operations {
        return Ok(Some(wordings::busy(settings.account_operations)));
    }
    if email_belongs_to_another(tx, &order.spec.root_email, &order.product_name)? {
        return Ok(Some(wordings::EMAIL.into()));
    }
    if accounts(tx, i64::MAX)? >= settings.account_quota && account_made_for(tx, &order.product_name)?.is_none() {
        return Ok(Some(wordings::QUOTA.into()));
    }
    Ok(None)
}

fn insert(tx: &Transaction<'_>, now: i64, order: &AccountOrder, operation: &Operation) -> rusqlite::Result<()> {
    let plan = &operation.plan;
    let at = |offset: Option<i64>| offset.map(|ms| now.saturating_add(ms));
    tx.execute(
        "INSERT INTO operation (record_id, product_name, token, email, account_name, account_id,
            started_ms, ends_ms, creates_ms, plan) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            operation.record_id,
            order.product_name,
            order.token,
            order.spec.root_email,
            order.spec.account_name,
            operation.account_id,
            now,
            at(plan.ends_ms),
            at(plan.creates_ms),
            to_json(plan)?,
        ],
    )?;
    Ok(())
}

/// Operations accepted and not ended, those that will be found too many included.
pub fn under_way(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<u32> {
    let sql = "SELECT count(*) FROM operation WHERE terminated_ms IS NULL AND (ends_ms IS NULL OR ends_ms > ?1)";
    tx.query_row(sql, [now], |row| row.get(0))
}

/// Operations Control Tower itself is busy with: those found too many never got that far.
fn working(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<u32> {
    let sql = "SELECT plan FROM operation WHERE terminated_ms IS NULL AND (ends_ms IS NULL OR ends_ms > ?1)";
    let mut statement = tx.prepare(sql)?;
    let mut plans = statement.query_map([now], |row| from_json::<Plan>(&row.get::<_, String>(0)?))?;
    plans.try_fold(0, |sum, plan| {
        let turned_away = matches!(plan?.ending, Ending::Failed { raw } if raw.contains("concurrent"));
        Ok(sum + u32::from(!turned_away))
    })
}

/// Accounts that exist at `now`, the veterans included.
pub fn accounts(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<u32> {
    let sql = "SELECT count(*) FROM operation WHERE creates_ms <= ?1";
    let made: u32 = tx.query_row(sql, [now], |row| row.get(0))?;
    Ok(made.saturating_add(u32::try_from(VETERANS.len()).unwrap_or(u32::MAX)))
}

fn account_made_for(tx: &Transaction<'_>, product_name: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT account_id FROM operation WHERE product_name = ?1 AND creates_ms IS NOT NULL";
    tx.query_row(sql, [product_name], |row| row.get(0)).optional()
}

/// Whether an account that exists, or is being made, under another product has this root user.
fn email_belongs_to_another(tx: &Transaction<'_>, email: &str, product_name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM operation WHERE email = ?1 COLLATE NOCASE
               AND product_name <> ?2 AND creates_ms IS NOT NULL)";
    let made: bool = tx.query_row(sql, [email, product_name], |row| row.get(0))?;
    Ok(made || VETERANS.iter().any(|veteran| veteran.email.eq_ignore_ascii_case(email)))
}

/// Twelve digits that follow from the product's name and are nobody else's.
fn fresh_account_id(tx: &Transaction<'_>, product_name: &str) -> rusqlite::Result<String> {
    let mut salt = 0_u32;
    loop {
        let digest = Sha256::digest(format!("{product_name}/{salt}"));
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let id = format!("{}", 100_000_000_000 + number % 900_000_000_000);
        let held: u32 =
            count(tx, "SELECT count(*) FROM operation WHERE account_id = ?1 AND creates_ms IS NOT NULL", &id)?;
        if held == 0 && VETERANS.iter().all(|veteran| veteran.id != id) {
            return Ok(id);
        }
        salt += 1;
    }
}

/// Like the real ones: `rec-` and thirteen lower-case letters and digits.
fn record_id(product_name: &str, nth: u32) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digest = Sha256::digest(format!("{product_name}#{nth}"));
    let letters = digest.iter().take(13).map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    format!("rec-{}", letters.collect::<String>())
}

fn count(tx: &Transaction<'_>, sql: &str, value: &str) -> rusqlite::Result<u32> {
    tx.query_row(sql, [value], |row| row.get(0))
}

/// A value out of a JSON column.
pub fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    let text_column = rusqlite::types::Type::Text;
    serde_json::from_str(text).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, text_column, error.into()))
}

/// A value for a JSON column.
pub fn to_json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
