//! The store in one DynamoDB table (ADR 9).
//!
//! `shape` says what the table is made of, `keys` where each thing lives in it,
//! `table` makes the calls and `failed` reads every error; what an item means is in
//! `requests`, `transaction`, `jobs` and `values`. Decides nothing: the rules are the port's.

mod capacity;
mod commit;
mod expression;
mod failed;
mod items;
mod jobs;
mod keys;
mod requests;
mod setup;
mod shape;
mod table;
mod transaction;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use self::capacity::Consumed;
pub use self::setup::{Made, TableError, create, faults};
pub use self::shape::{EXPIRY, INDEXES, Index, key_attributes};
use self::table::Table;
use crate::adapters::aws::connection::Connection;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use crate::domain::request::Request;
use crate::ports::clock::Clock;
use crate::ports::store::{
    Commit, Filter, Holder, JobStore, KeyValue, NewValue, Page, RequestStore, Stored, TroubledJob, Versioned,
};

/// Requests, jobs, locks and values in one DynamoDB table. Any number of processes
/// may use one table; none of them keeps anything in memory.
pub struct DynamoStore {
    table: Table,
    clock: Arc<dyn Clock>,
}

impl DynamoStore {
    /// Over a table that exists; asks nothing.
    #[must_use]
    pub fn over(connection: &Connection, table: &str, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(connection, table), clock }
    }

    /// The same, with tries of one call only within this time.
    #[must_use]
    pub fn trying_for(self, budget: Duration) -> Self {
        Self { table: self.table.trying_for(budget), ..self }
    }

    /// Over a table that is looked at first.
    ///
    /// # Errors
    /// When it is missing or of another shape, with what to do.
    pub async fn open(connection: &Connection, table: &str, clock: Arc<dyn Clock>) -> Result<Self, TableError> {
        setup::refuse_if_unfit(connection, table).await?;
        Ok(Self::over(connection, table, clock))
    }

    /// What was consumed so far, by operation of the ports (`commit`, `claim`, …).
    #[must_use]
    pub fn consumed(&self) -> BTreeMap<&'static str, Consumed> {
        self.table.consumed()
    }
}

#[async_trait]
impl RequestStore for DynamoStore {
    async fn commit(&self, commit: Commit) -> Stored<()> {
        commit::commit(&self.table, &self.clock, &commit).await
    }

    async fn load(&self, id: RequestId) -> Stored<Request> {
        requests::load(&self.table, id).await
    }

    async fn resolve(&self, short_key: &str) -> Stored<Vec<RequestId>> {
        requests::resolve(&self.table, &short_key.to_ascii_lowercase()).await
    }

    async fn history(&self, id: RequestId, after: u64) -> Stored<Vec<Recorded>> {
        requests::history(&self.table, id, after).await
    }

    async fn list(&self, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page> {
        requests::list(&self.table, filter, before, limit).await
    }

    async fn queue(&self, limit: usize) -> Stored<Vec<RequestId>> {
        requests::queue(&self.table, limit).await
    }

    async fn locks(&self, prefix: &str) -> Stored<Vec<(String, Holder)>> {
        requests::locks(&self.table, prefix).await
    }
}

#[async_trait]
impl JobStore for DynamoStore {
    async fn promise(&self, job: NewJob) -> Stored<()> {
        jobs::promise(&self.table, &job).await
    }

    async fn claim(&self, lane: Lane, now: Timestamp, lease: Duration, limit: usize) -> Stored<Vec<ClaimedJob>> {
        jobs::Claim { lane, now, lease, limit }.run(&self.table).await
    }

    async fn settle(&self, key: &str, lease: &Lease, settlement: Settlement) -> Stored<()> {
        jobs::settle(&self.table, key, lease, &settlement, self.clock.now()).await
    }

    async fn release(&self, key: &str, lease: &Lease) -> Stored<()> {
        jobs::release(&self.table, key, lease).await
    }

    async fn next_due(&self, lane: Lane) -> Stored<Option<Timestamp>> {
        jobs::next_due(&self.table, lane).await
    }

    async fn troubled(&self, limit: usize) -> Stored<Vec<TroubledJob>> {
        jobs::troubled(&self.table, limit).await
    }
}

#[async_trait]
impl KeyValue for DynamoStore {
    async fn get(&self, key: &str, now: Timestamp) -> Stored<Option<Versioned>> {
        values::get(&self.table, key, now).await
    }

    async fn put(&self, value: NewValue, now: Timestamp) -> Stored<()> {
        values::put(&self.table, value, now).await
    }

    async fn ready(&self, now: Timestamp) -> Stored<()> {
        values::probe(&self.table, now).await
    }
}
