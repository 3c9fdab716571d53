//! Small values by name as rows.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::rows::{change, first, integer, micros, number};
use super::statements as sql;
use crate::ports::store::{NewValue, StoreError, Stored, Versioned};

/// How long an expired value's version lives on, so that a slow writer who read
/// it before it expired never meets its number again.
const REMEMBERED: i64 = 24 * 3600 * 1_000_000;
/// Expired values that one write forgets at most.
const FORGOTTEN_AT_ONCE: i64 = 16;

pub(super) fn get(connection: &Connection, key: &str, now: Timestamp) -> Stored<Option<Versioned>> {
    first(connection, sql::VALUE, params![key, micros(now)], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?
        .map(|(value, version)| Ok(Versioned { value, version: number(version)? }))
        .transpose()
}

pub(super) fn put(connection: &Connection, new: &NewValue, now: Timestamp) -> Stored<()> {
    let now = micros(now);
    let stored = first(connection, sql::VERSION, params![new.key, now], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
    })?;
    let alive = stored.and_then(|(version, alive)| alive.then_some(version));
    if alive != new.expected.map(integer) {
        return Err(StoreError::Conflict);
    }
    let version = stored.map_or(1, |(version, _)| version + 1);
    change(connection, sql::PUT, params![new.key, new.value, version, new.expires_at.map(micros)])?;
    let long_ago = now.saturating_sub(REMEMBERED);
    change(connection, sql::FORGET_VALUES, params![long_ago, FORGOTTEN_AT_ONCE])?;
    Ok(())
}
