//! Deliveries as they arrive: all that one commit takes in are one row, the cheapest thing that
//! can be acknowledged. A claim of the intake lane makes jobs of them, and only then is a known
//! key told from a new one.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::rows::{change, first, from_json, micros, to_json};
use super::statements as sql;
use super::writer::Write;
use crate::domain::job::{Lane, NewJob};
use crate::ports::store::{StoreError, Stored};

/// Bytes of one row, about: a row is read and written as a whole.
const ROOM: usize = 256 * 1024;
const INTAKE: &str = Lane::Intake.word();
/// Jobs after which a claim unpacks no further row, so that no claim takes long.
const UNPACKED_AT_ONCE: usize = 1000;

/// A job as a line of a row.
#[derive(Serialize, Deserialize)]
struct Line<K> {
    key: String,
    due_at: i64,
    kind: K,
}

/// A delivery, as text.
pub(super) struct Arrival {
    line: String,
    due_at: i64,
}

impl Arrival {
    pub(super) fn of(job: NewJob) -> Stored<Self> {
        let due_at = micros(job.due_at);
        let line = to_json(&Line { key: job.key, due_at, kind: job.kind })?;
        Ok(Self { line, due_at })
    }
}

/// The jobs of one row, and who waits for it to be stored.
pub(super) struct Bundle {
    lines: String,
    due_at: i64,
    callers: Vec<oneshot::Sender<Stored<()>>>,
    refused: Option<String>,
}

impl Bundle {
    pub(super) fn of(arrival: Arrival, caller: oneshot::Sender<Stored<()>>) -> Self {
        let Arrival { line, due_at } = arrival;
        Self { lines: line, due_at, callers: vec![caller], refused: None }
    }

    pub(super) fn has_room(&self) -> bool {
        self.lines.len() < ROOM
    }

    pub(super) fn add(&mut self, arrival: &Arrival, caller: oneshot::Sender<Stored<()>>) {
        self.lines.push('\n');
        self.lines.push_str(&arrival.line);
        self.due_at = self.due_at.min(arrival.due_at);
        self.callers.push(caller);
    }
}

impl Write for Bundle {
    fn run(&mut self, connection: &Connection) -> Result<(), String> {
        let stored = change(connection, sql::ARRIVE, params![self.lines, self.due_at]);
        self.refused = stored.err().map(|error| error.to_string());
        self.refused.clone().map_or(Ok(()), Err)
    }

    fn answer(self: Box<Self>, outcome: &Result<(), String>) {
        let refused = outcome.as_ref().err().or(self.refused.as_ref());
        for caller in self.callers {
            let answer = refused.map_or(Ok(()), |why| Err(StoreError::Unavailable(why.clone())));
            // A caller that went away does not want the answer.
            let _ = caller.send(answer);
        }
    }
}

/// Makes jobs of the rows that arrived first; a key that is known already changes nothing.
pub(super) fn unpack(connection: &Connection) -> Stored<()> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let mut jobs = 0;
    while jobs < UNPACKED_AT_ONCE {
        let Some((number, lines)) = first(connection, sql::ARRIVED, (), read)? else { break };
        for line in lines.split('\n') {
            promise(connection, number, line)?;
            jobs += 1;
        }
        change(connection, sql::UNPACKED, [number])?;
    }
    Ok(())
}

/// What cannot be read is parked where operators see it, and holds up nothing behind it.
fn promise(connection: &Connection, number: i64, line: &str) -> Stored<()> {
    match from_json::<Line<Box<RawValue>>>(line) {
        Ok(job) => change(connection, sql::PROMISE, params![job.key, INTAKE, job.kind.get(), job.due_at]),
        Err(error) => {
            tracing::error!(%error, "a delivery cannot be read and was parked");
            change(connection, sql::PARK_ARRIVAL, params![format!("arrival/{number}"), INTAKE, line, error.to_string()])
        }
    }
    .map(drop)
}

/// When the first row is due, in microseconds since 1970.
pub(super) fn next_due(connection: &Connection) -> Stored<Option<i64>> {
    first(connection, sql::ARRIVED_DUE, (), |row| row.get(0))
}
