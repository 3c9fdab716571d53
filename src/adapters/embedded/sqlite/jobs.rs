//! Jobs as rows: promised, claimed under a lease, settled, forgotten.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::arrivals;
use super::rows::{all, change, first, from_json, integer, micros, time, to_json};
use super::statements as sql;
use crate::adapters::system::SystemIds;
use crate::domain::job::{ClaimedJob, JobKind, Lane, Lease, NewJob, Settlement};
use crate::ports::clock::Ids;
use crate::ports::store::{StoreError, Stored, TroubledJob};

/// How long the key of a done job is remembered: twice the 24 h that the port asks for.
const REMEMBERED: i64 = 48 * 3600 * 1_000_000;
/// Done jobs that one claim forgets at most, so that no claim takes long.
const FORGOTTEN_AT_ONCE: i64 = 64;

/// A new job with its kind as text.
pub(super) struct JobRow {
    key: String,
    lane: &'static str,
    kind: String,
    due_at: i64,
}

impl JobRow {
    pub(super) fn of(job: NewJob) -> Stored<Self> {
        let NewJob { key, kind, due_at } = job;
        Ok(Self { key, lane: kind.lane().word(), kind: to_json(&kind)?, due_at: micros(due_at) })
    }

    /// A known key changes nothing.
    pub(super) fn promise(&self, connection: &Connection) -> Stored<()> {
        change(connection, sql::PROMISE, params![self.key, self.lane, self.kind, self.due_at]).map(drop)
    }
}

/// What a claim asks for.
pub(super) struct Claim {
    pub(super) lane: Lane,
    pub(super) now: Timestamp,
    pub(super) lease: Duration,
    pub(super) limit: usize,
}

struct Claimable {
    number: i64,
    key: String,
    kind: String,
    attempts: u32,
}

impl Claim {
    pub(super) fn run(&self, connection: &Connection) -> Stored<Vec<ClaimedJob>> {
        let now = micros(self.now);
        change(connection, sql::FORGET_JOBS, params![now.saturating_sub(REMEMBERED), FORGOTTEN_AT_ONCE])?;
        if self.lane == Lane::Intake {
            arrivals::unpack(connection)?;
        }
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Claimable { number: row.get(0)?, key: row.get(1)?, kind: row.get(2)?, attempts: row.get(3)? })
        };
        let due = all(connection, sql::CLAIMABLE, params![self.lane.word(), now, integer(self.limit)], read)?;
        let until = now.saturating_add(integer(self.lease.as_micros()));
        let mut claimed = Vec::with_capacity(due.len());
        for job in due {
            claimed.extend(job.claim(connection, until)?);
        }
        Ok(claimed)
    }
}

impl Claimable {
    /// An unreadable job is parked where operators see it: failing the claim
    /// would hold up every job behind it.
    fn claim(self, connection: &Connection, until: i64) -> Stored<Option<ClaimedJob>> {
        let kind: JobKind = match from_json(&self.kind) {
            Ok(kind) => kind,
            Err(error) => {
                tracing::error!(%error, "a stored job cannot be read and was parked");
                change(connection, sql::PARK_UNREADABLE, params![self.number, error.to_string()])?;
                return Ok(None);
            }
        };
        let lease = Lease(SystemIds.nonce());
        change(connection, sql::CLAIM, params![self.number, lease.0, until])?;
        Ok(Some(ClaimedJob { key: self.key, kind, attempts: self.attempts.saturating_add(1), lease }))
    }
}

/// Ends a claim; a lease is void once the job was claimed again.
pub(super) fn settle(
    connection: &Connection,
    key: &str,
    lease: &Lease,
    settlement: &Settlement,
    now: i64,
) -> Stored<()> {
    let lease = &lease.0;
    let changed = match settlement {
        Settlement::Done => change(connection, sql::SETTLE_DONE, params![key, lease, now]),
        Settlement::Again { due_at } => change(connection, sql::SETTLE_AGAIN, params![key, lease, micros(*due_at)]),
        Settlement::Retry { due_at, error } => {
            change(connection, sql::SETTLE_RETRY, params![key, lease, micros(*due_at), error])
        }
        Settlement::Parked { reason } => change(connection, sql::SETTLE_PARKED, params![key, lease, reason]),
    }?;
    must_have_held(changed)
}

pub(super) fn release(connection: &Connection, key: &str, lease: &Lease) -> Stored<()> {
    must_have_held(change(connection, sql::RELEASE, params![key, lease.0])?)
}

const fn must_have_held(changed: usize) -> Stored<()> {
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

pub(super) fn next_due(connection: &Connection, lane: Lane) -> Stored<Option<Timestamp>> {
    let stored = first(connection, sql::NEXT_DUE, [lane.word()], |row| row.get(0))?;
    let arrived = if lane == Lane::Intake { arrivals::next_due(connection)? } else { None };
    stored.into_iter().chain(arrived).min().map(time).transpose()
}

pub(super) fn troubled(connection: &Connection, limit: usize) -> Stored<Vec<TroubledJob>> {
    all(connection, sql::TROUBLED, [integer(limit)], |row| {
        let parked = row.get::<_, String>(1)? == "parked";
        Ok(TroubledJob { key: row.get(0)?, parked, attempts: row.get(2)?, error: row.get(3)? })
    })
}
