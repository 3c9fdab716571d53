//! The store in one SQLite file, with group commit.
//!
//! One thread writes (`writer`), a few connections read (`readers`); what a
//! row means is in `requests`, `jobs` and `values`, every statement in
//! `statements`. Decides nothing: the rules are the port's.

mod arrivals;
mod jobs;
mod migrations;
mod open;
mod readers;
mod requests;
mod rows;
mod statements;
mod values;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use self::arrivals::Arrival;
pub use self::open::OpenError;
use self::readers::Readers;
use self::requests::CommitRows;
use self::writer::Writer;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use crate::domain::request::Request;
use crate::ports::clock::Clock;
use crate::ports::store::{
    Commit, Filter, Holder, JobStore, KeyValue, NewValue, Page, RequestStore, StoreError, Stored, TroubledJob,
    Versioned,
};

/// How long a health check waits before it calls the disk stuck.
const PATIENCE: Duration = Duration::from_secs(2);

/// The value a health check writes.
const PROBE: &str = "health/probe";

/// Requests, jobs, locks and values in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the file, makes it (mode 0600) when it is missing, and brings its schema up to date.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let writer = Writer::start(open::writing(path)?)?;
        Ok(Self { writer, readers: Readers::new(path.to_owned()), clock })
    }

    /// Copies the log into the database file.
    pub async fn checkpoint(&self) -> Stored<()> {
        self.writer.checkpoint(false).await
    }

    /// Writes what waits, copies the log into the file and refuses everything from now on.
    pub async fn close(&self) -> Stored<()> {
        self.readers.close();
        self.writer.checkpoint(true).await
    }

    /// Whether a write would be answered now. After a failed transaction it
    /// really writes, so that it turns true again as soon as the trouble is over.
    pub async fn is_healthy(&self) -> bool {
        let probe = async {
            if self.writer.is_failing() {
                let now = self.clock.now();
                let expected = self.get(PROBE, now).await?.map(|found| found.version);
                return self.put(NewValue { expected, ..NewValue::lasting(PROBE, now.to_string()) }, now).await;
            }
            self.writer.single(|_| Ok(())).await
        };
        matches!(tokio::time::timeout(PATIENCE, probe).await, Ok(Ok(())))
    }

    /// How many transactions were committed since the start.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }
}

#[async_trait]
impl RequestStore for SqliteStore {
    async fn commit(&self, commit: Commit) -> Stored<()> {
        let rows = CommitRows::of(commit)?;
        let clock = Arc::clone(&self.clock);
        self.writer.together(move |connection| rows.write(connection, &*clock)).await
    }

    async fn load(&self, id: RequestId) -> Stored<Request> {
        self.readers.read(move |connection| requests::load(connection, id)).await
    }

    async fn resolve(&self, short_key: &str) -> Stored<Vec<RequestId>> {
        let short_key = short_key.to_ascii_lowercase();
        self.readers.read(move |connection| requests::resolve(connection, &short_key)).await
    }

    async fn history(&self, id: RequestId, after: u64) -> Stored<Vec<Recorded>> {
        self.readers.read(move |connection| requests::history(connection, id, after)).await
    }

    async fn list(&self, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page> {
        let filter = filter.clone();
        self.readers.read(move |connection| requests::list(connection, &filter, before, limit)).await
    }

    async fn queue(&self, limit: usize) -> Stored<Vec<RequestId>> {
        self.readers.read(move |connection| requests::queue(connection, limit)).await
    }

    async fn locks(&self, prefix: &str) -> Stored<Vec<(String, Holder)>> {
        let prefix = prefix.to_owned();
        self.readers.read(move |connection| requests::locks(connection, &prefix)).await
    }
}

#[async_trait]
impl JobStore for SqliteStore {
    async fn promise(&self, job: NewJob) -> Stored<()> {
        if job.kind.lane() == Lane::Intake {
            return self.writer.arrive(Arrival::of(job)?).await;
        }
        let row = jobs::JobRow::of(job)?;
        self.writer.single(move |connection| row.promise(connection)).await
    }

    async fn claim(&self, lane: Lane, now: Timestamp, lease: Duration, limit: usize) -> Stored<Vec<ClaimedJob>> {
        let claim = jobs::Claim { lane, now, lease, limit };
        self.writer.together(move |connection| claim.run(connection)).await
    }

    async fn settle(&self, key: &str, lease: &Lease, settlement: Settlement) -> Stored<()> {
        let (key, lease, now) = (key.to_owned(), lease.clone(), rows::micros(self.clock.now()));
        self.writer.single(move |connection| jobs::settle(connection, &key, &lease, &settlement, now)).await
    }

    async fn release(&self, key: &str, lease: &Lease) -> Stored<()> {
        let (key, lease) = (key.to_owned(), lease.clone());
        self.writer.single(move |connection| jobs::release(connection, &key, &lease)).await
    }

    async fn next_due(&self, lane: Lane) -> Stored<Option<Timestamp>> {
        self.readers.read(move |connection| jobs::next_due(connection, lane)).await
    }

    async fn troubled(&self, limit: usize) -> Stored<Vec<TroubledJob>> {
        self.readers.read(move |connection| jobs::troubled(connection, limit)).await
    }
}

#[async_trait]
impl KeyValue for SqliteStore {
    async fn get(&self, key: &str, now: Timestamp) -> Stored<Option<Versioned>> {
        let key = key.to_owned();
        self.readers.read(move |connection| values::get(connection, &key, now)).await
    }

    async fn put(&self, value: NewValue, now: Timestamp) -> Stored<()> {
        self.writer.together(move |connection| values::put(connection, &value, now)).await
    }

    async fn ready(&self, now: Timestamp) -> Stored<()> {
        self.get(PROBE, now).await?;
        if self.is_healthy().await { Ok(()) } else { Err(StoreError::Unavailable("writes fail".to_owned())) }
    }
}
