//! A played DynamoDB: tables, conditions, indexes and transactions, as far as a store
//! needs them and as strict as the real one. Behaviours are told in `tests/suite/peers`,
//! where the same list runs over DynamoDB Local. It panics on `Scan` and on whatever else
//! it does not know.

mod administration;
mod capacity;
mod condition;
mod input;
mod judging;
mod keyed;
mod knobs;
mod number;
mod parser;
mod path;
mod placeholders;
mod projection;
mod query;
mod reading;
mod refusal;
mod reserved;
mod schema;
mod table;
mod tokens;
mod transact;
mod update;
mod value;
mod writing;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::wire::{Answer, Call, Endpoint, Played};
use capacity::Consumed;
use knobs::{Knobs, Verdict};
use refusal::Answered;
use table::Tables;
use transact::Tokens;

/// The service. Everything it holds is one lock: calls happen one after another.
#[derive(Default)]
pub struct PlayedDynamoDb {
    world: Mutex<World>,
}

#[derive(Default)]
struct World {
    tables: Tables,
    tokens: Tokens,
    knobs: Knobs,
    made: Vec<Made>,
}

/// A call that was answered with a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// Like `Query`.
    pub operation: String,
    /// The read or write units it took, indexes included.
    pub units: f64,
}

impl PlayedDynamoDb {
    /// An empty account, and where it is reached.
    pub async fn start() -> (Arc<Self>, Endpoint) {
        let service = Arc::new(Self::default());
        let endpoint = Endpoint::start(Arc::clone(&service) as Arc<dyn Played>).await;
        (service, endpoint)
    }

    /// The next so many calls are refused as throttled. The SDK's own retries are calls too.
    pub fn throttle(&self, calls: u32) {
        self.world().knobs.throttled = calls;
    }

    /// The next so many writes meet another transaction on their items.
    pub fn conflict(&self, writes: u32) {
        self.world().knobs.conflicts = writes;
    }

    /// The next call of this operation whose body contains the text takes effect, but its answer is lost.
    pub fn lose_the_answer(&self, operation: &'static str, containing: &str) {
        self.world().knobs.lost.push((operation, containing.to_owned()));
    }

    /// Whether every call is refused.
    pub fn be_down(&self, down: bool) {
        self.world().knobs.down = down;
    }

    /// The next so many calls end in an error of the service's own.
    pub fn fail(&self, calls: u32) {
        self.world().knobs.failing = calls;
    }

    /// The next so many `BatchGetItem` work on one key only.
    pub fn leave_keys_unprocessed(&self, calls: u32) {
        self.world().knobs.partial_batches = calls;
    }

    /// The next so many `DescribeTable` find the table still being made.
    pub fn take_time_to_create(&self, looks: u32) {
        self.world().knobs.creating = looks;
    }

    /// Indexes and eventually consistent reads show the items as they are now, until [`Self::catch_up`].
    pub fn fall_behind(&self) {
        self.world().tables.by_name.values_mut().for_each(table::Table::fall_behind);
    }

    /// Indexes show an item that moves in its old place and in its new one, until [`Self::catch_up`].
    pub fn linger(&self) {
        self.world().tables.by_name.values_mut().for_each(table::Table::linger);
    }

    pub fn catch_up(&self) {
        self.world().tables.by_name.values_mut().for_each(table::Table::catch_up);
    }

    /// Request tokens age by this much; they are known for ten minutes.
    pub fn age_tokens(&self, by: Duration) {
        self.world().tokens.ahead += by;
    }

    /// Every item of a table, as JSON of the wire, ordered by key.
    pub fn items(&self, table: &str) -> Vec<Value> {
        self.world().tables.by_name.get(table).iter().flat_map(|table| table.items()).map(value::show_item).collect()
    }

    /// What was done since the beginning or the last look.
    pub fn made(&self) -> Vec<Made> {
        std::mem::take(&mut self.world().made)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // A call the fake does not know panics while it holds the lock; the test that made it fails anyway.
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Played for PlayedDynamoDb {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn content_type(&self) -> &'static str {
        "application/x-amz-json-1.0"
    }

    async fn answer(&self, call: Call) -> Answer {
        let operation = call.target().expect("x-amz-target").to_owned();
        let body = call.json();
        let mut world = self.world();
        match world.knobs.verdict(&operation, &body) {
            Verdict::Refuse(refusal) => refusal.answer(),
            Verdict::Perform { lose_the_answer } => {
                let answer = world.perform(&operation, &body);
                if lose_the_answer { Answer::Dropped } else { answer }
            }
        }
    }
}

impl World {
    fn perform(&mut self, operation: &str, body: &Value) -> Answer {
        match self.result(operation, body) {
            Err(refusal) => refusal.answer(),
            Ok((answer, consumed)) => {
                self.made.push(Made { operation: operation.to_owned(), units: consumed.total() });
                Answer::Json(answer)
            }
        }
    }

    fn result(&mut self, operation: &str, body: &Value) -> Answered<(Value, Consumed)> {
        let tables = &mut self.tables;
        let free = |answer| (answer, Consumed::default());
        match operation {
            "GetItem" => reading::get_item(tables, body),
            "BatchGetItem" => {
                let only = if knobs::take(&mut self.knobs.partial_batches) { 1 } else { usize::MAX };
                reading::batch_get_item(tables, body, only)
            }
            "TransactGetItems" => reading::transact_get_items(tables, body),
            "Query" => query::query(tables, body),
            "PutItem" => writing::write_item(tables, "Put", body),
            "UpdateItem" => writing::write_item(tables, "Update", body),
            "DeleteItem" => writing::write_item(tables, "Delete", body),
            "TransactWriteItems" => transact::transact_write_items(tables, &mut self.tokens, body),
            "CreateTable" => administration::create_table(tables, body).map(free),
            "DescribeTable" => {
                let still = || knobs::take(&mut self.knobs.creating);
                administration::describe_table(tables, body, still).map(free)
            }
            "UpdateTimeToLive" => administration::update_time_to_live(tables, body).map(free),
            "DescribeTimeToLive" => administration::describe_time_to_live(tables, body).map(free),
            "UpdateContinuousBackups" => administration::update_continuous_backups(tables, body).map(free),
            "DescribeContinuousBackups" => administration::describe_continuous_backups(tables, body).map(free),
            "Scan" => panic!("somebody scans the table"),
            other => panic!("the played DynamoDB does not know {other}"),
        }
    }
}
