//! Requests, their history and their locks as rows.

use rusqlite::{Connection, params};

use super::jobs::{self, JobRow};
use super::rows::{all, change, first, from_json, id, integer, micros, text, to_json};
use super::statements as sql;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::job::{Lease, Settlement};
use crate::domain::request::Request;
use crate::ports::clock::Clock;
use crate::ports::store::{Commit, Filter, Holder, Lock, Page, StoreError, Stored};

/// Sorts behind every ULID.
const AFTER_ALL_IDS: &str = "~";

/// A commit with everything turned into text already, so that the writing thread only writes.
pub(super) struct CommitRows {
    id: String,
    short_key: String,
    version: i64,
    expected: i64,
    state: &'static str,
    requester: String,
    queued_at: Option<i64>,
    body: String,
    events: Vec<(i64, String)>,
    not_after: Option<i64>,
    acquire: Vec<Lock>,
    release: Vec<String>,
    jobs: Vec<JobRow>,
    settle: Option<(String, Lease, Settlement)>,
}

impl CommitRows {
    pub(super) fn of(commit: Commit) -> Stored<Self> {
        let Commit { request, events, not_after, acquire, release, jobs, settle } = commit;
        let version = request.head.seq;
        let expected = events.first().map_or(version, |event| event.seq.saturating_sub(1));
        Ok(Self {
            id: request.id.to_string(),
            short_key: request.id.short_key(),
            version: integer(version),
            expected: integer(expected),
            state: request.state.word(),
            requester: request.submission.requester.email.trim().to_ascii_lowercase(),
            queued_at: request.queued_at.map(micros),
            body: to_json(&request)?,
            events: events.iter().map(|event| Ok((integer(event.seq), to_json(event)?))).collect::<Stored<_>>()?,
            not_after: not_after.map(micros),
            acquire,
            release,
            jobs: jobs.into_iter().map(JobRow::of).collect::<Stored<_>>()?,
            settle,
        })
    }

    /// Writes all of it; the caller's savepoint undoes it on an error.
    pub(super) fn write(&self, connection: &Connection, clock: &dyn Clock) -> Stored<()> {
        let now = micros(clock.now());
        if let Some((key, lease, settlement)) = &self.settle {
            jobs::settle(connection, key, lease, settlement, now)?;
        }
        self.write_request(connection)?;
        if self.not_after.is_some_and(|deadline| now >= deadline) {
            return Err(StoreError::TooLate);
        }
        self.write_locks(connection)?;
        for (seq, body) in &self.events {
            change(connection, sql::INSERT_EVENT, params![self.id, seq, body])?;
        }
        for job in &self.jobs {
            job.promise(connection)?;
        }
        Ok(())
    }

    fn write_request(&self, connection: &Connection) -> Stored<()> {
        let Self { id, version, expected, state, queued_at, body, .. } = self;
        let changed = if *expected == 0 {
            let row = params![id, version, state, queued_at, body, self.short_key, self.requester];
            change(connection, sql::INSERT_REQUEST, row)?
        } else {
            change(connection, sql::UPDATE_REQUEST, params![id, version, state, queued_at, body, expected])?
        };
        if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    fn write_locks(&self, connection: &Connection) -> Stored<()> {
        for Lock { name, note, takes_over } in &self.acquire {
            let taken = match takes_over {
                None => change(connection, sql::ACQUIRE, params![name, self.id, note])?,
                Some(seen) => change(connection, sql::TAKE_OVER, params![name, self.id, note, seen])?,
            };
            if taken == 0 {
                let holder = holder_of(connection, name)?;
                return Err(StoreError::Held { name: name.clone(), holder });
            }
        }
        for name in &self.release {
            change(connection, sql::GIVE_BACK, params![name, self.id])?;
        }
        Ok(())
    }
}

fn holder_of(connection: &Connection, name: &str) -> Stored<Holder> {
    let row = first(connection, sql::HOLDER, [name], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let (request, note) = row.ok_or(StoreError::Conflict)?;
    Ok(Holder { request: id(&request)?, note })
}

pub(super) fn load(connection: &Connection, id: RequestId) -> Stored<Request> {
    let body = first(connection, sql::REQUEST, [id.to_string()], text)?;
    from_json(&body.ok_or(StoreError::NotFound)?)
}

pub(super) fn resolve(connection: &Connection, short_key: &str) -> Stored<Vec<RequestId>> {
    let found = all(connection, sql::REQUESTS_BY_SHORT_KEY, [short_key], text)?;
    found.iter().map(|text| id(text)).collect()
}

pub(super) fn history(connection: &Connection, id: RequestId, after: u64) -> Stored<Vec<Recorded>> {
    let bodies = all(connection, sql::HISTORY, params![id.to_string(), integer(after)], text)?;
    bodies.iter().map(|body| from_json(body)).collect()
}

pub(super) fn list(connection: &Connection, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page> {
    let before = before.map_or_else(|| AFTER_ALL_IDS.to_owned(), |id| id.to_string());
    // One more than asked for tells whether there is a next page.
    let rows = integer(limit.saturating_add(1));
    let state = filter.state.map(crate::domain::request::State::word);
    let bodies = match (&filter.requester, state) {
        (None, None) => all(connection, sql::LIST, params![before, rows], text),
        (None, Some(state)) => all(connection, sql::LIST_BY_STATE, params![before, rows, state], text),
        (Some(requester), None) => all(connection, sql::LIST_BY_REQUESTER, params![before, rows, requester], text),
        (Some(requester), Some(state)) => {
            all(connection, sql::LIST_BY_BOTH, params![before, rows, requester, state], text)
        }
    }?;
    let requests: Vec<Request> = bodies.iter().take(limit).map(|body| from_json(body)).collect::<Stored<_>>()?;
    let next = if bodies.len() > limit { requests.last().map(|request| request.id) } else { None };
    Ok(Page { requests, next })
}

pub(super) fn queue(connection: &Connection, limit: usize) -> Stored<Vec<RequestId>> {
    let found = all(connection, sql::QUEUE, [integer(limit)], text)?;
    found.iter().map(|text| id(text)).collect()
}

pub(super) fn locks(connection: &Connection, prefix: &str) -> Stored<Vec<(String, Holder)>> {
    let behind = format!("{prefix}{}", char::MAX);
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?));
    let rows: Vec<(String, String, String)> = all(connection, sql::LOCKS, [prefix, &behind], read)?;
    rows.into_iter().map(|(name, request, note)| Ok((name, Holder { request: id(&request)?, note }))).collect()
}
