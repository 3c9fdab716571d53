//! Jobs as items: promised, claimed under a lease, settled, forgotten.
//!
//! While a job waits it is in the index `waiting` under the time from which it may
//! be claimed. The index may lag; what decides is a condition on the job itself.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::expression::{Change, Deed};
use super::items::{Item, count, json, maybe, number, string, text, to_json};
use super::keys::{self, Key};
use super::shape::{BY_STATE, WAITING};
use super::table::{Ask, Table};
use crate::adapters::system::SystemIds;
use crate::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use crate::ports::clock::Ids as _;
use crate::ports::store::{StoreError, Stored, TroubledJob};

/// How long the key of a done job is remembered: twice the 24 h that the port asks for.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

const PROMISE: &str = "SET #key = :key, #kind = :kind, #status = :waiting, #attempts = :none, #waits = :waits, \
    #since = :since, #due_since = :since, #by = :by";
const UNKNOWN: &str = "attribute_not_exists(#pk)";

const CLAIM: &str = "SET #lease = :by, #since = :since, #attempts = #attempts + :one, #by = :by";
const CLAIMABLE: &str = "#status = :waiting AND #since < :until";

const HELD: &str = "#status = :waiting AND #lease = :lease";
// A done job is kept for its key alone.
const DONE: &str = "SET #status = :done, #gone_at = :gone_at, #by = :by \
    REMOVE #lease, #error, #kind, #waits, #since, #due_since, #in_state, #id";
const AGAIN: &str = "SET #attempts = :none, #since = :since, #due_since = :since, #by = :by \
    REMOVE #lease, #error, #in_state, #id";
const RETRY: &str = "SET #error = :error, #in_state = :in_state, #id = :key, #since = :since, #due_since = :since, \
    #by = :by REMOVE #lease";
const PARK: &str = "SET #status = :parked, #error = :error, #in_state = :in_state, #id = :key, #by = :by \
    REMOVE #lease, #waits, #since, #due_since";
const RELEASE: &str = "SET #attempts = #attempts - :one, #since = #due_since, #by = :by REMOVE #lease";

/// What makes a job known.
pub(super) fn promise_of(job: &NewJob, by: &str) -> Stored<Change> {
    let values = vec![
        (":key", string(&job.key)),
        (":kind", string(to_json(&job.kind)?)),
        (":waiting", string("waiting")),
        (":none", number(0)),
        (":waits", string(keys::sharded(&keys::lane(job.kind.lane()), &job.key))),
        (":since", string(keys::since(job.due_at, &job.key))),
        (":by", string(by)),
    ];
    Change { key: keys::job(&job.key)?, deed: Deed::Update(PROMISE), condition: Some(UNKNOWN), values }.bounded()
}

/// What ends a claim; a lease is void once the job was claimed again.
pub(super) fn settlement_of(
    key: &str,
    lease: &Lease,
    settlement: &Settlement,
    (now, by): (Timestamp, &str),
) -> Stored<Change> {
    let waits_until = |at: Timestamp| (":since", string(keys::since(at, key)));
    let trouble = |kind: &str, error: &str| {
        vec![(":error", string(error)), (":in_state", string(keys::sharded(kind, key))), (":key", string(key))]
    };
    let (update, mut values) = match settlement {
        Settlement::Done => (DONE, vec![(":done", string("done")), (":gone_at", number(gone_at(now)))]),
        Settlement::Again { due_at } => (AGAIN, vec![(":none", number(0)), waits_until(*due_at)]),
        Settlement::Retry { due_at, error } => {
            (RETRY, [trouble(keys::FAILING, error), vec![waits_until(*due_at)]].concat())
        }
        Settlement::Parked { reason } => {
            (PARK, [trouble(keys::PARKED, reason), vec![(":parked", string("parked"))]].concat())
        }
    };
    values.extend([(":waiting", string("waiting")), (":lease", string(&lease.0)), (":by", string(by))]);
    Change { key: keys::job(key)?, deed: Deed::Update(update), condition: Some(HELD), values }.bounded()
}

fn gone_at(now: Timestamp) -> i64 {
    now.saturating_add(REMEMBERED).map_or(i64::MAX, Timestamp::as_second)
}

/// A known key changes nothing.
pub(super) async fn promise(table: &Table, job: &NewJob) -> Stored<()> {
    let by = SystemIds.nonce();
    table.update("promise", &promise_of(job, &by)?, &by).await.map(drop)
}

pub(super) async fn settle(
    table: &Table,
    key: &str,
    lease: &Lease,
    settlement: &Settlement,
    now: Timestamp,
) -> Stored<()> {
    let by = SystemIds.nonce();
    let change = settlement_of(key, lease, settlement, (now, &by))?;
    must_have_held(table.update("settle", &change, &by).await?)
}

pub(super) async fn release(table: &Table, key: &str, lease: &Lease) -> Stored<()> {
    let by = SystemIds.nonce();
    let values =
        vec![(":one", number(1)), (":waiting", string("waiting")), (":lease", string(&lease.0)), (":by", string(&by))];
    let change = Change { key: keys::job(key)?, deed: Deed::Update(RELEASE), condition: Some(HELD), values };
    must_have_held(table.update("release", &change, &by).await?)
}

fn must_have_held(written: Option<Item>) -> Stored<()> {
    written.map(drop).ok_or(StoreError::LeaseLost)
}

/// What a claim asks for.
pub(super) struct Claim {
    pub(super) lane: Lane,
    pub(super) now: Timestamp,
    pub(super) lease: Duration,
    pub(super) limit: usize,
}

impl Claim {
    /// Walks what is due, oldest first, until enough was got. Somebody else's job is
    /// passed over: the index may not know yet, or they were faster.
    pub(super) async fn run(&self, table: &Table) -> Stored<Vec<ClaimedJob>> {
        let mut claimed = Vec::new();
        let mut after = None;
        while claimed.len() < self.limit {
            let missing = self.limit - claimed.len();
            let due = due(table, self.lane, after.as_deref(), Some(&keys::until(self.now)), missing).await?;
            let Some((last, _)) = due.last() else { break };
            after = Some(last.clone());
            let tries = join_all(due.iter().map(|(_, key)| self.try_one(table, key))).await;
            let (got, failed): (Vec<_>, Vec<_>) = tries.into_iter().partition(Result::is_ok);
            claimed.extend(got.into_iter().filter_map(Result::ok).flatten());
            if let Some(Err(error)) = failed.into_iter().next() {
                // Those that were claimed are ours now: they must be run.
                return if claimed.is_empty() { Err(error) } else { Ok(claimed) };
            }
        }
        Ok(claimed)
    }

    async fn try_one(&self, table: &Table, key: &Key) -> Stored<Option<ClaimedJob>> {
        let lease = SystemIds.nonce();
        let name = key.pk.split_once('#').map_or("", |(_, name)| name);
        let until = self.now.saturating_add(self.lease).unwrap_or(Timestamp::MAX);
        let values = vec![
            (":one", number(1)),
            (":waiting", string("waiting")),
            (":until", string(keys::until(self.now))),
            (":since", string(keys::since(until, name))),
            (":by", string(&lease)),
        ];
        let change = Change { key: key.clone(), deed: Deed::Update(CLAIM), condition: Some(CLAIMABLE), values };
        match table.update("claim", &change, &lease).await? {
            Some(item) => self.claimed(table, name, Lease(lease), &item).await,
            None => Ok(None),
        }
    }

    /// An unreadable job is parked where operators see it: failing the claim
    /// would hold up every job behind it.
    async fn claimed(&self, table: &Table, key: &str, lease: Lease, item: &Item) -> Stored<Option<ClaimedJob>> {
        let read = || Ok((json(item, "kind")?, count(item, "attempts")?));
        let error: StoreError = match read() {
            Ok((kind, attempts)) => return Ok(Some(ClaimedJob { key: key.to_owned(), kind, attempts, lease })),
            Err(error) => error,
        };
        tracing::error!(%error, "a stored job cannot be read and was parked");
        settle(table, key, &lease, &Settlement::Parked { reason: error.to_string() }, self.now).await?;
        Ok(None)
    }
}

/// The waiting jobs of a lane, oldest first: their times and keys.
async fn due(
    table: &Table,
    lane: Lane,
    after: Option<&str>,
    until: Option<&str>,
    limit: usize,
) -> Stored<Vec<(String, Key)>> {
    let shards = keys::partitions(&keys::lane(lane));
    let asks = shards.iter().map(|partition| {
        // BETWEEN takes its bounds in: one more, and `after` itself is left out below.
        let (within, limit) =
            if until.is_some() { ("#since BETWEEN :from AND :to", limit.saturating_add(1)) } else { ("", limit) };
        let from = until.map(|_| after.unwrap_or("0"));
        let ask = Ask { index: Some(WAITING), within, from, to: until, limit, ..Ask::all(partition) };
        async move { table.query(if until.is_some() { "claim" } else { "next_due" }, &ask).await }
    });
    let mut found = Vec::new();
    for items in join_all(asks).await {
        for item in items? {
            let since = text(&item, WAITING.range)?;
            if Some(since) != after {
                found.push((since.to_owned(), key_of(&item)?));
            }
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    found.truncate(limit);
    Ok(found)
}

fn key_of(item: &Item) -> Stored<Key> {
    Ok(Key { pk: text(item, "pk")?.to_owned(), sk: text(item, "sk")?.to_owned() })
}

pub(super) async fn next_due(table: &Table, lane: Lane) -> Stored<Option<Timestamp>> {
    let first = due(table, lane, None, None, 1).await?;
    first.first().map(|(since, _)| keys::time(since)).transpose()
}

/// Parked ones first, then those that are tried again, by key.
pub(super) async fn troubled(table: &Table, limit: usize) -> Stored<Vec<TroubledJob>> {
    let shards = [keys::PARKED, keys::FAILING].map(keys::partitions).concat();
    let asks = shards.iter().map(|partition| async move {
        let ask = Ask { index: Some(BY_STATE), limit, ..Ask::all(partition) };
        table.query("troubled", &ask).await
    });
    // A job that is given up moves in the index: for a moment both places may hold it, and
    // DynamoDB refuses a batch that names an item twice.
    let mut keys = HashSet::new();
    for items in join_all(asks).await {
        keys.extend(items?.iter().map(key_of).collect::<Stored<Vec<_>>>()?);
    }
    let keys: Vec<Key> = keys.into_iter().collect();
    let items = table.batch("troubled", &keys).await?;
    let mut jobs = items.iter().filter_map(|item| troubled_job(item).transpose()).collect::<Stored<Vec<_>>>()?;
    jobs.sort_by(|left, right| (!left.parked, &left.key).cmp(&(!right.parked, &right.key)));
    jobs.truncate(limit);
    Ok(jobs)
}

/// `None` for one that is well again: the index did not know yet.
fn troubled_job(item: &Item) -> Stored<Option<TroubledJob>> {
    let Some(error) = maybe(item, "error") else { return Ok(None) };
    let parked = text(item, "status")? == "parked";
    let (key, error) = (text(item, "key")?.to_owned(), error.to_owned());
    Ok(Some(TroubledJob { key, parked, attempts: count(item, "attempts")?, error }))
}
