//! Attributes by hand: what is absent is absent, never a `NULL`, because an index
//! holds exactly the items that have its key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::Key;
use crate::domain::ids::RequestId;
use crate::ports::store::{StoreError, Stored};

/// An item, or some of its attributes.
pub(super) type Item = HashMap<String, AttributeValue>;

/// DynamoDB's limit for one item, 400 KB with its names, less what our estimate may miss.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
pub(super) const LARGEST: usize = 400 * 1024 - 2048;

/// An item that is being put together.
#[derive(Debug, Clone)]
pub(super) struct Draft(Item);

impl Draft {
    pub(super) fn at(key: &Key) -> Self {
        Self(key.item())
    }

    pub(super) fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    pub(super) fn number(mut self, name: &str, value: impl Into<i128>) -> Self {
        self.0.insert(name.to_owned(), number(value));
        self
    }

    /// The item, if DynamoDB can take it.
    pub(super) fn finish(self) -> Stored<Item> {
        let size = size(&self.0);
        if size <= LARGEST { Ok(self.0) } else { Err(too_large(size)) }
    }
}

pub(super) fn too_large(size: usize) -> StoreError {
    StoreError::TooLarge(format!("an item of {size} bytes; DynamoDB takes {LARGEST}"))
}

/// About how many bytes DynamoDB counts.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + weight(value)).sum()
}

pub(super) fn weight(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits a byte, and some more: never above this for 64 bits.
        _ => 21,
    }
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(super) fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A text attribute that may be absent.
pub(super) fn maybe<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A text attribute.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Stored<&'a str> {
    maybe(item, name).ok_or_else(|| lacks(name))
}

/// A number that may be absent.
pub(super) fn maybe_count<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A number attribute.
pub(super) fn count<T: std::str::FromStr>(item: &Item, name: &str) -> Stored<T> {
    maybe_count(item, name).ok_or_else(|| lacks(name))
}

/// A domain value from its JSON attribute. The error says where, never what: bodies are personal.
pub(super) fn json<T: DeserializeOwned>(item: &Item, name: &str) -> Stored<T> {
    let json = text(item, name)?;
    serde_json::from_str(json).map_err(|error| {
        let (category, column) = (error.classify(), error.column());
        StoreError::Corrupt(format!("JSON of {} bytes: {category:?} error at byte {column}", json.len()))
    })
}

/// A request id from its attribute.
pub(super) fn id(item: &Item, name: &str) -> Stored<RequestId> {
    text(item, name)?.parse().map_err(|_| lacks(name))
}

/// A domain value as JSON.
pub(super) fn to_json(value: &impl Serialize) -> Stored<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn lacks(name: &str) -> StoreError {
    StoreError::Corrupt(format!("an item whose `{name}` is missing or of another kind"))
}
