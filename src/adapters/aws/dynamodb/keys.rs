//! Where each thing lives in the table: keys, shards, and the order of times as text.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::items::Item;
use super::shape::{PK, SK};
use crate::domain::ids::RequestId;
use crate::domain::job::Lane;
use crate::domain::request::State;
use crate::ports::store::{StoreError, Stored};

/// Partitions that lists, jobs and locks are spread over. Every reader asks all of
/// them; changing the number hides what was written before.
const SHARDS: u8 = 4;
/// Bytes of a name that becomes part of a sort key (DynamoDB takes 1,024, and we put a time before it).
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const LONGEST_NAME: usize = 960;
/// Sorts behind every event's place and before nothing else that is read with it.
const LAST_PLACE: &str = "99999999999999999999";
/// Digits that hold every count of microseconds and every sequence number.
const DIGITS: usize = 20;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    fn alone(family: &str, name: &str) -> Self {
        Self { pk: format!("{family}#{name}"), sk: family.to_owned() }
    }

    /// The key's two attributes.
    pub(super) fn item(&self) -> Item {
        let text = |text: &String| AttributeValue::S(text.clone());
        Item::from([(PK.to_owned(), text(&self.pk)), (SK.to_owned(), text(&self.sk))])
    }
}

/// Partition of a request and its history.
pub(super) fn request(id: RequestId) -> String {
    format!("request#{id}")
}

/// The request itself.
pub(super) fn head(id: RequestId) -> Key {
    Key { pk: request(id), sk: "head".to_owned() }
}

/// One event of its history.
pub(super) fn event(id: RequestId, seq: u64) -> Key {
    Key { pk: request(id), sk: place(seq) }
}

/// An event's place within its request's partition.
pub(super) fn place(seq: u64) -> String {
    format!("event#{seq:0DIGITS$}")
}

/// Behind every event.
pub(super) fn behind_events() -> String {
    format!("event#{LAST_PLACE}")
}

/// Partition of the requests that wear one short id.
pub(super) fn short(short_key: &str) -> String {
    format!("short#{short_key}")
}

/// A job.
pub(super) fn job(key: &str) -> Stored<Key> {
    Ok(Key::alone("job", bounded("job key", key)?))
}

/// A small value.
pub(super) fn value(key: &str) -> Stored<Key> {
    Ok(Key::alone("value", bounded("name of a value", key)?))
}

/// A lock. Locks of one family (up to the first `/`) live together, so that
/// asking for a prefix asks one partition.
pub(super) fn lock(name: &str) -> Stored<Key> {
    let name = bounded("lock name", name)?;
    let family = name.split_inclusive('/').next().unwrap_or(name);
    Ok(Key { pk: sharded("lock", family), sk: name.to_owned() })
}

/// The partitions where locks with this prefix may be.
pub(super) fn lock_partitions(prefix: &str) -> Vec<String> {
    match prefix.split_once('/') {
        Some((family, _)) => vec![sharded("lock", &format!("{family}/"))],
        None => partitions("lock"),
    }
}

fn bounded<'a>(what: &str, name: &'a str) -> Stored<&'a str> {
    if name.len() <= LONGEST_NAME {
        return Ok(name);
    }
    Err(StoreError::TooLarge(format!("a {what} of {} bytes; {LONGEST_NAME} are the most", name.len())))
}

/// One partition of `family`, always the same for `name`.
pub(super) fn sharded(family: &str, name: &str) -> String {
    format!("{family}#{}", Sha256::digest(name)[0] % SHARDS)
}

/// All partitions of `family`.
pub(super) fn partitions(family: &str) -> Vec<String> {
    (0..SHARDS).map(|shard| format!("{family}#{shard}")).collect()
}

/// Index partitions of all requests.
pub(super) const LISTED: &str = "request";

/// Index partitions of the requests in a state.
pub(super) fn in_state(state: State) -> String {
    format!("request-{}", state.word())
}

/// Index partition of a requester's requests.
pub(super) fn requester(email: &str) -> String {
    format!("requester#{email}")
}

/// Index partition of a requester's requests in a state.
pub(super) fn requester_state(email: &str, state: State) -> String {
    format!("{}#{}", state.word(), requester(email))
}

/// Index partition of the requests in line. One: the line has one order, and is as
/// long as people approve.
pub(super) const LINE: &str = "line";

/// Index partitions of a lane's waiting jobs.
pub(super) fn lane(lane: Lane) -> String {
    format!("job-{}", lane.word())
}

/// Index partitions of jobs that were given up.
pub(super) const PARKED: &str = "job-parked";
/// Index partitions of jobs that are tried again.
pub(super) const FAILING: &str = "job-failing";

/// A time and a name as text that sorts by time, then name.
pub(super) fn since(at: Timestamp, name: &str) -> String {
    format!("{}#{name}", moment(at.as_microsecond()))
}

/// Sorts behind everything that waits since `at` or longer, and before the rest.
pub(super) fn until(at: Timestamp) -> String {
    moment(at.as_microsecond().saturating_add(1))
}

fn moment(micros: i64) -> String {
    format!("{:0DIGITS$}", micros.max(0))
}

/// The time in front of [`since`].
pub(super) fn time(since: &str) -> Stored<Timestamp> {
    let micros = since.get(..DIGITS).and_then(|digits| digits.parse().ok());
    micros
        .and_then(|micros| Timestamp::from_microsecond(micros).ok())
        .ok_or_else(|| StoreError::Corrupt(format!("a time of {} characters", since.len())))
}
