//! Between the domain's types and what a column holds, and between SQLite's
//! errors and the port's.

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::RequestId;
use crate::ports::store::{StoreError, Stored};

/// Bytes that most values need as JSON, so that they are written without growing.
const ROOM: usize = 768;

/// What the port calls an error of SQLite's.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    let unreadable = matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
    );
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
        None if unreadable => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Runs a statement that changes rows; answers how many.
pub(super) fn change(connection: &Connection, sql: &str, params: impl Params) -> Stored<usize> {
    let run = || connection.prepare_cached(sql)?.execute(params);
    run().map_err(|error| store_error(&error))
}

/// The first row of a query, if there is one.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Stored<Option<T>> {
    let run = || connection.prepare_cached(sql)?.query_row(params, read).optional();
    run().map_err(|error| store_error(&error))
}

/// All rows of a query.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Stored<Vec<T>> {
    let run = || connection.prepare_cached(sql)?.query_map(params, read)?.collect::<rusqlite::Result<_>>();
    run().map_err(|error| store_error(&error))
}

/// The text of the first column.
pub(super) fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

/// A domain value as JSON.
pub(super) fn to_json(value: &impl Serialize) -> Stored<String> {
    let mut json = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut json, value).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    String::from_utf8(json).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A domain value from JSON. The error says where, never what: bodies are personal.
pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Stored<T> {
    serde_json::from_str(json).map_err(|error| {
        let (category, column) = (error.classify(), error.column());
        StoreError::Corrupt(format!("JSON of {} bytes: {category:?} error at byte {column}", json.len()))
    })
}

/// A request id from its column.
pub(super) fn id(text: &str) -> Stored<RequestId> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("a request id of {} characters", text.len())))
}

/// Microseconds since 1970.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time that was stored as microseconds.
pub(super) fn time(micros: i64) -> Stored<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|_| StoreError::Corrupt("a time out of range".to_owned()))
}

/// A count, version or limit as SQLite keeps it; nothing real comes near the bound.
pub(super) fn integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A count or version from its column.
pub(super) fn number(stored: i64) -> Stored<u64> {
    u64::try_from(stored).map_err(|_| StoreError::Corrupt("a negative count".to_owned()))
}
