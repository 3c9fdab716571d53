//! Small values by name as rows.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::rows::{change, first, integer, micros, number};
use super::statements as sql;
use crate::ports::store::{StoreError, Stored, Versioned};

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

/// What a put asks for.
pub(super) struct Put {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) expected: Option<u64>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Put {
    pub(super) fn run(&self, connection: &Connection) -> Stored<()> {
        let now = micros(self.now);
        let stored = first(connection, sql::VERSION, params![self.key, now], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
        })?;
        let alive = stored.and_then(|(version, alive)| alive.then_some(version));
        if alive != self.expected.map(integer) {
            return Err(StoreError::Conflict);
        }
        let version = stored.map_or(1, |(version, _)| version + 1);
        let row = params![self.key, self.value, version, self.expires_at.map(micros)];
        change(connection, sql::PUT, row)?;
        let long_ago = now.saturating_sub(REMEMBERED);
        change(connection, sql::FORGET_VALUES, params![long_ago, FORGOTTEN_AT_ONCE])?;
        Ok(())
    }
}
