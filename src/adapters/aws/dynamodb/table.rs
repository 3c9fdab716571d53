//! The calls the store makes: each tried again within a bound while that can
//! help, each with its bill. Knows keys, items and expressions, not what they mean.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    Get, KeysAndAttributes, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactGetItem,
    TransactWriteItem,
};

use super::capacity::{Consumed, Meter, Side};
use super::expression::{Change, Deed, names_in};
use super::failed::{Failed, Patience};
use super::items::{Item, maybe, string};
use super::keys::Key;
use super::shape::{Index, PK, SK};
use crate::adapters::aws::connection::{Connection, only_once};
use crate::ports::store::{StoreError, Stored};

/// One try of a call. What is sent now either took effect within this time or
/// is asked about afterwards.
const TRY: Duration = Duration::from_secs(3);
/// All tries of one call begin within this time. With the last try, and with asking what
/// became of it, a call ends within the usual lease of a worker (`worker.lease_seconds`, 15 s).
/// Under a shorter lease a job may be given to somebody else meanwhile, who looks before acting.
const BUDGET: Duration = Duration::from_secs(6);
/// The share of it for asking what became of a write.
const TO_ASK: u32 = 6;
/// Keys one `BatchGetItem` takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const BATCH: usize = 100;
/// The attribute that names the call which wrote an item last. It tells a call that
/// was not answered whether it was the one that took effect.
pub(super) const BY: &str = "by";

/// One table and the client it is reached with.
pub(super) struct Table {
    client: Client,
    pub(super) name: String,
    budget: Duration,
    meter: Meter,
    /// The last write failed, and not because of what it asked for.
    failing: AtomicBool,
}

/// Items in the order of their sort key.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    /// `None`: the table itself, with all its answered writes.
    pub(super) index: Option<Index>,
    pub(super) partition: &'a str,
    /// Only these, as a condition on `#sort` with `:from` and `:to`.
    pub(super) within: &'static str,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) newest_first: bool,
    pub(super) limit: usize,
}

impl<'a> Ask<'a> {
    /// Everything in a partition of the table.
    pub(super) const fn all(partition: &'a str) -> Self {
        let limit = usize::MAX;
        Self { index: None, partition, within: "", from: None, to: None, newest_first: false, limit }
    }
}

impl Table {
    pub(super) fn new(connection: &Connection, name: &str) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TRY).operation_timeout(TRY).build();
        let config = aws_sdk_dynamodb::config::Builder::from(connection.sdk())
            // Tried again here, where it is known what a try may have done.
            .retry_config(only_once())
            .timeout_config(timeouts)
            .build();
        Self {
            client: Client::from_conf(config),
            name: name.to_owned(),
            budget: BUDGET,
            meter: Meter::default(),
            failing: AtomicBool::new(false),
        }
    }

    pub(super) fn trying_for(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }

    /// Whether the last write failed for want of rights, room or an answer.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    fn remember<T>(&self, outcome: Result<T, Failed>) -> Result<T, Failed> {
        let answered = matches!(outcome, Ok(_) | Err(Failed::Refused(_) | Failed::Cancelled(_)));
        self.failing.store(!answered, Ordering::Relaxed);
        outcome
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::of(self.budget)
    }

    pub(super) fn consumed(&self) -> BTreeMap<&'static str, Consumed> {
        self.meter.totals()
    }

    /// An item as of every answered write.
    pub(super) async fn get(&self, operation: &'static str, key: &Key) -> Stored<Option<Item>> {
        self.get_within(self.budget, operation, key).await
    }

    /// The item, or what is known of it, where a write was not answered.
    pub(super) async fn ask(&self, operation: &'static str, key: &Key) -> Stored<Option<Item>> {
        self.get_within(self.budget / TO_ASK, operation, key).await
    }

    async fn get_within(&self, budget: Duration, operation: &'static str, key: &Key) -> Stored<Option<Item>> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key.item())).consistent_read(true);
        let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = patiently(budget, || call.clone().send()).await?;
        self.meter.add(operation, Side::Read, answer.consumed_capacity.as_slice());
        Ok(answer.item)
    }

    /// The items of one partition, page by page until the limit.
    pub(super) async fn query(&self, operation: &'static str, ask: &Ask<'_>) -> Stored<Vec<Item>> {
        let (hash, range) = ask.index.map_or((PK, SK), |index| (index.hash, index.range));
        let mut expression = "#hash = :hash".to_owned();
        let mut names = vec![("#hash".to_owned(), hash.to_owned())];
        if !ask.within.is_empty() {
            expression = format!("{expression} AND {}", ask.within);
            names.extend(names_in(ask.within).into_iter().map(|(place, _)| (place, range.to_owned())));
        }
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(ask.index.map(|index| index.name.to_owned()))
            .set_consistent_read(ask.index.is_none().then_some(true))
            .key_condition_expression(expression)
            .set_expression_attribute_names(Some(names.into_iter().collect()))
            .expression_attribute_values(":hash", string(ask.partition))
            .scan_index_forward(!ask.newest_first)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        for (place, bound) in [(":from", ask.from), (":to", ask.to)] {
            if let Some(bound) = bound {
                call = call.expression_attribute_values(place, string(bound));
            }
        }
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let missing = ask.limit.saturating_sub(found.len());
            let page = call.clone().set_exclusive_start_key(start);
            let page = page.set_limit(i32::try_from(missing).ok());
            let answer = patiently(self.budget, || page.clone().send()).await?;
            self.meter.add(operation, Side::Read, answer.consumed_capacity.as_slice());
            found.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= ask.limit {
                return Ok(found);
            }
        }
    }

    /// The items that exist, as of every answered write, in any order.
    pub(super) async fn batch(&self, operation: &'static str, keys: &[Key]) -> Stored<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let mut missing: Vec<Item> = keys.iter().map(Key::item).collect();
            let mut patience = self.patience();
            while !missing.is_empty() {
                let before = missing.len();
                missing = self.batch_once(operation, missing, &mut found).await?;
                let slow = Failed::Busy("DynamoDB leaves reads of a batch undone".into());
                if missing.len() == before && !patience.another_try(&slow).await {
                    return Err(slow.into_stored());
                }
            }
        }
        Ok(found)
    }

    /// Reads some; answers the keys that were left out.
    async fn batch_once(&self, operation: &'static str, keys: Vec<Item>, found: &mut Vec<Item>) -> Stored<Vec<Item>> {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let wanted = wanted.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let call = self.client.batch_get_item().request_items(&self.name, wanted);
        let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = patiently(self.budget, || call.clone().send()).await?;
        self.meter.add(operation, Side::Read, &answer.consumed_capacity.unwrap_or_default());
        found.extend(answer.responses.unwrap_or_default().into_values().flatten());
        Ok(answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect())
    }

    /// Comes back when no transaction is half-way through any of these items.
    /// A query may see one item of a transaction before another; this read may not.
    pub(super) async fn settled(&self, operation: &'static str, keys: &[Key]) -> Stored<()> {
        for keys in keys.chunks(BATCH) {
            let get = |key: &Key| {
                let get = Get::builder().table_name(&self.name).set_key(Some(key.item())).projection_expression("#pk");
                let get = get.expression_attribute_names("#pk", PK).build();
                get.map(|get| TransactGetItem::builder().get(get).build())
            };
            let gets = keys.iter().map(get).collect::<Result<Vec<_>, _>>();
            let gets = gets.map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let call = self.client.transact_get_items().set_transact_items(Some(gets));
            let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = patiently(self.budget, || call.clone().send()).await?;
            self.meter.add(operation, Side::Read, &answer.consumed_capacity.unwrap_or_default());
        }
        Ok(())
    }

    /// Updates one item if its condition holds: the item as it is then. `by` is in the
    /// values as `:by`, and the update sets it, so that a try whose answer was lost
    /// is known again. `None`: the condition does not hold.
    pub(super) async fn update(&self, operation: &'static str, change: &Change, by: &str) -> Stored<Option<Item>> {
        let ours = |item: &Item| maybe(item, BY) == Some(by);
        let mut patience = self.patience();
        loop {
            let failed = match self.update_once(operation, change).await {
                Ok(item) => return Ok(Some(item)),
                Err(Failed::Refused(item)) => return Ok(item.filter(ours)),
                Err(failed) => failed,
            };
            if patience.another_try(&failed).await {
                continue;
            }
            let written = if patience.unsure { self.ask(operation, &change.key).await? } else { None };
            return written.filter(ours).map(Some).ok_or_else(|| failed.into_stored());
        }
    }

    async fn update_once(&self, operation: &'static str, change: &Change) -> Result<Item, Failed> {
        let Deed::Update(update) = change.deed else {
            return Err(Failed::Final(StoreError::Corrupt("a change that is no update".into())));
        };
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(change.key.item()))
            .update_expression(update)
            .set_condition_expression(change.condition.map(str::to_owned))
            .set_expression_attribute_names(change.names())
            .set_expression_attribute_values(change.values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = self.remember(call.send().await.map_err(Failed::from))?;
        self.meter.add(operation, Side::Write, answer.consumed_capacity.as_slice());
        Ok(answer.attributes.unwrap_or_default())
    }

    /// One try of a transaction.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        actions: Vec<TransactWriteItem>,
        token: &str,
    ) -> Result<(), Failed> {
        let call = self.client.transact_write_items().set_transact_items(Some(actions)).client_request_token(token);
        let answer = call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let answer = self.remember(answer.map_err(Failed::from))?;
        self.meter.add(operation, Side::Write, &answer.consumed_capacity.unwrap_or_default());
        Ok(())
    }
}

/// Repeats a read while that can help.
async fn patiently<T, E, F>(budget: Duration, call: impl Fn() -> F) -> Stored<T>
where
    F: Future<Output = Result<T, E>>,
    Failed: From<E>,
{
    let mut patience = Patience::of(budget);
    loop {
        let failed = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => Failed::from(error),
        };
        if !patience.another_try(&failed).await {
            return Err(failed.into_stored());
        }
    }
}
