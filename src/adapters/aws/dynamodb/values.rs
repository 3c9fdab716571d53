//! Small values by name as items.

use jiff::{SignedDuration, Timestamp};

use super::expression::{Change, Deed};
use super::items::{count, maybe_count, number, string, text};
use super::keys;
use super::table::Table;
use crate::adapters::system::SystemIds;
use crate::ports::clock::Ids as _;
use crate::ports::store::{NewValue, StoreError, Stored, Versioned};

/// How long an expired value's version lives on, so that a slow writer who read
/// it before it expired never meets its number again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

const PUT_FOR_A_TIME: &str = "SET #value = :value, #version = if_not_exists(#version, :zero) + :one, \
    #expires_at = :expires_at, #gone_at = :gone_at, #by = :by";
const PUT_FOR_EVER: &str = "SET #value = :value, #version = if_not_exists(#version, :zero) + :one, #by = :by \
    REMOVE #expires_at, #gone_at";
const ABSENT: &str = "attribute_not_exists(#pk) OR #expires_at <= :now";
const ALIVE: &str = "#version = :expected AND (attribute_not_exists(#expires_at) OR #expires_at > :now)";

/// The value a health check reads, and writes while writes fail.
const PROBE: &str = "health/probe";

pub(super) async fn get(table: &Table, key: &str, now: Timestamp) -> Stored<Option<Versioned>> {
    let Some(item) = table.get("get", &keys::value(key)?).await? else { return Ok(None) };
    let expired = maybe_count::<i64>(&item, "expires_at").is_some_and(|at| at <= now.as_microsecond());
    if expired {
        return Ok(None);
    }
    Ok(Some(Versioned { value: text(&item, "value")?.to_owned(), version: count(&item, "version")? }))
}

pub(super) async fn put(table: &Table, new: NewValue, now: Timestamp) -> Stored<()> {
    let by = SystemIds.nonce();
    let mut values = vec![
        (":value", string(new.value)),
        (":zero", number(0)),
        (":one", number(1)),
        (":now", number(now.as_microsecond())),
        (":by", string(&by)),
    ];
    let update = match new.expires_at {
        Some(at) => {
            let gone_at = at.saturating_add(REMEMBERED).map_or(i64::MAX, Timestamp::as_second);
            values.extend([(":expires_at", number(at.as_microsecond())), (":gone_at", number(gone_at))]);
            PUT_FOR_A_TIME
        }
        None => PUT_FOR_EVER,
    };
    let condition = match new.expected {
        Some(version) => {
            values.push((":expected", number(version)));
            ALIVE
        }
        None => ABSENT,
    };
    let key = keys::value(&new.key)?;
    let change = Change { key, deed: Deed::Update(update), condition: Some(condition), values }.bounded()?;
    table.update("put", &change, &by).await?.map(drop).ok_or(StoreError::Conflict)
}

/// Reads; after a failed write it really writes, so that it is well again as soon as the trouble is over.
pub(super) async fn probe(table: &Table, now: Timestamp) -> Stored<()> {
    let found = get(table, PROBE, now).await?;
    if !table.is_failing() {
        return Ok(());
    }
    let expected = found.map(|found| found.version);
    match put(table, NewValue { expected, ..NewValue::lasting(PROBE, now.to_string()) }, now).await {
        // Somebody else's probe was written: writing works.
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}
