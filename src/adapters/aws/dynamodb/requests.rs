//! Requests, their history and their locks as they are read. What is answered
//! comes from the table itself; indexes only say where to look.

use std::collections::HashMap;

use futures::future::join_all;

use super::failed::Failed;
use super::items::{Item, id, json, maybe, text};
use super::keys::{self, Key};
use super::shape::{ALL, BY_BOTH, BY_REQUESTER, BY_STATE, Index, SK, WAITING};
use super::table::{Ask, Table};
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::request::{Request, State};
use crate::ports::store::{Filter, Holder, MOST_LOCKS, Page, StoreError, Stored};

pub(super) async fn load(table: &Table, id: RequestId) -> Stored<Request> {
    let item = table.get("load", &keys::head(id)).await?.ok_or(StoreError::NotFound)?;
    json(&item, "body")
}

pub(super) async fn resolve(table: &Table, short_key: &str) -> Stored<Vec<RequestId>> {
    let found = table.query("resolve", &Ask::all(&keys::short(short_key))).await?;
    found.iter().map(|item| id(item, SK)).collect()
}

/// A read of many items may meet a transaction half-way through its events: a gap is
/// looked at again, and answered only if it stays.
pub(super) async fn history(table: &Table, id: RequestId, after: u64) -> Stored<Vec<Recorded>> {
    let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
    let mut patience = table.patience();
    loop {
        let (partition, from, to) = (keys::request(id), keys::place(first), keys::behind_events());
        let within = "#sk BETWEEN :from AND :to";
        let ask = Ask { within, from: Some(&from), to: Some(&to), ..Ask::all(&partition) };
        let items = table.query("history", &ask).await?;
        let events: Vec<Recorded> = items.iter().map(|item| json(item, "body")).collect::<Stored<_>>()?;
        let whole = (first..).zip(&events).all(|(seq, event)| event.seq == seq);
        if whole || !patience.another_try(&Failed::Busy("an event is missing".into())).await {
            return Ok(events);
        }
    }
}

pub(super) async fn list(table: &Table, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page> {
    let (index, partitions) = where_to_look(filter);
    // One more than asked for tells whether there is a next page.
    let mut ids = newest(table, index, &partitions, before, limit.saturating_add(1)).await?;
    let next = (ids.len() > limit).then(|| ids.get(limit.saturating_sub(1)).copied()).flatten();
    ids.truncate(limit);
    let keys: Vec<Key> = ids.iter().map(|id| keys::head(*id)).collect();
    let heads = table.batch("list", &keys).await?;
    let mut requests: HashMap<RequestId, Request> = HashMap::with_capacity(heads.len());
    for head in &heads {
        let request: Request = json(head, "body")?;
        requests.insert(request.id, request);
    }
    // The index may not know the newest state yet; the request itself does.
    let fits = |request: &Request| filter.state.is_none_or(|state| request.state == state);
    let requests = ids.iter().filter_map(|id| requests.remove(id)).filter(fits).collect();
    Ok(Page { requests, next })
}

fn where_to_look(filter: &Filter) -> (Index, Vec<String>) {
    match (&filter.requester, filter.state) {
        (None, None) => (ALL, keys::partitions(keys::LISTED)),
        (None, Some(state)) => (BY_STATE, keys::partitions(&keys::in_state(state))),
        (Some(requester), None) => (BY_REQUESTER, vec![keys::requester(requester)]),
        (Some(requester), Some(state)) => (BY_BOTH, vec![keys::requester_state(requester, state)]),
    }
}

/// Ids from several partitions of an index, newest first.
async fn newest(
    table: &Table,
    index: Index,
    partitions: &[String],
    before: Option<RequestId>,
    limit: usize,
) -> Stored<Vec<RequestId>> {
    let before = before.map(|id| id.to_string());
    let (within, to) = if before.is_some() { ("#id < :to", before.as_deref()) } else { ("", None) };
    let asks = partitions.iter().map(|partition| async move {
        let ask = Ask { index: Some(index), within, to, newest_first: true, limit, ..Ask::all(partition) };
        table.query("list", &ask).await
    });
    let mut ids = Vec::new();
    for items in join_all(asks).await {
        ids.extend(items?.iter().map(|item| id(item, "id")).collect::<Stored<Vec<_>>>()?);
    }
    ids.sort_by(|left, right| right.cmp(left));
    ids.truncate(limit);
    Ok(ids)
}

pub(super) async fn queue(table: &Table, limit: usize) -> Stored<Vec<RequestId>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let line = table.query("queue", &Ask { index: Some(WAITING), limit, ..Ask::all(keys::LINE) }).await?;
    let id = |item: &Item| {
        let (_, id) = text(item, WAITING.range)?.split_once('#').unwrap_or_default();
        id.parse().map_err(|_| StoreError::Corrupt("a place in line without a request".to_owned()))
    };
    line.iter().map(id).collect()
}

/// Locks as of every answered commit.
pub(super) async fn locks(table: &Table, prefix: &str) -> Stored<Vec<(String, Holder)>> {
    let within = if prefix.is_empty() { "" } else { "begins_with(#sk, :from)" };
    let from = (!prefix.is_empty()).then_some(prefix);
    let partitions = keys::lock_partitions(prefix);
    let asks = partitions.iter().map(|partition| async move {
        let ask = Ask { within, from, limit: MOST_LOCKS, ..Ask::all(partition) };
        table.query("locks", &ask).await
    });
    let mut found = Vec::new();
    for items in join_all(asks).await {
        found.extend(items?);
    }
    if let [only] = &found[..] {
        settled(table, only).await?;
    }
    let lock = |item: &Item| Ok((text(item, SK)?.to_owned(), holder(item)?));
    let mut locks: Vec<(String, Holder)> = found.iter().map(lock).collect::<Stored<_>>()?;
    locks.sort_by(|(left, _), (right, _)| left.cmp(right));
    locks.truncate(MOST_LOCKS);
    Ok(locks)
}

/// Who reads a lock by name acts on what else its holder took with it (a turn: the
/// ranges). All of that must be there to be read before the lock is answered.
async fn settled(table: &Table, lock: &Item) -> Stored<()> {
    if maybe(lock, BESIDE).is_none() {
        return Ok(());
    }
    let beside: Vec<String> = json(lock, BESIDE)?;
    let keys = beside.iter().map(|name| keys::lock(name)).collect::<Stored<Vec<_>>>()?;
    table.settled("locks", &keys).await
}

/// The names of the locks that were taken in the same commit as this one.
pub(super) const BESIDE: &str = "beside";

/// Who holds a lock.
pub(super) fn holder(item: &Item) -> Stored<Holder> {
    Ok(Holder { request: id(item, "request")?, note: text(item, "note")?.to_owned() })
}

/// The attributes that put a request into the indexes, by name.
pub(super) fn index_keys(request: &Request) -> Vec<(&'static str, String)> {
    let (id, email) = (request.id.to_string(), request.submission.requester.email.trim().to_ascii_lowercase());
    let mut keys = vec![
        (ALL.hash, keys::sharded(keys::LISTED, &id)),
        (BY_STATE.hash, keys::sharded(&keys::in_state(request.state), &id)),
        (BY_REQUESTER.hash, keys::requester(&email)),
        (BY_BOTH.hash, keys::requester_state(&email, request.state)),
    ];
    if let (State::Queued, Some(at)) = (request.state, request.queued_at) {
        keys.extend([(WAITING.hash, keys::LINE.to_owned()), (WAITING.range, keys::since(at, &id))]);
    }
    keys.push((ALL.range, id));
    keys
}

/// A pointer from the short id to the request, so that a short id is never answered from an index.
pub(super) fn short_id(id: RequestId) -> Key {
    Key { pk: keys::short(&id.short_key()), sk: id.to_string() }
}
