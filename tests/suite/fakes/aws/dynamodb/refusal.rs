//! What DynamoDB answers instead of a result.

use serde_json::{Map, Value, json};

use super::super::wire::Answer;
use super::value::{self, Item};

/// An error as the service words it.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
    /// Members beside the message, such as `CancellationReasons`.
    pub more: Map<String, Value>,
}

pub type Answered<T> = Result<T, Refusal>;

impl Refusal {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, kind, message: message.into(), more: Map::new() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// An attribute or key that does not fit the table.
    pub fn parameter(what: impl AsRef<str>) -> Self {
        Self::invalid(format!("One or more parameter values were invalid: {}", what.as_ref()))
    }

    pub fn no_table() -> Self {
        Self::new("ResourceNotFoundException", "Requested resource not found")
    }

    /// `found` where the call asked to see what was there.
    pub fn condition_failed(found: Option<&Item>) -> Self {
        let mut refusal = Self::new("ConditionalCheckFailedException", "The conditional request failed");
        if let Some(item) = found {
            refusal.more.insert("Item".to_owned(), value::show_item(item));
        }
        refusal
    }

    /// A transaction is cancelled whole; one reason an action, in their order.
    pub fn cancelled(reasons: &[Value]) -> Self {
        let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
        let mut refusal = Self::new("TransactionCanceledException", format!("{message} [{}]", codes.join(", ")));
        refusal.more.insert("CancellationReasons".to_owned(), json!(reasons));
        refusal
    }

    /// As one of the reasons of a cancelled transaction; `None` for what refuses the whole call.
    pub fn as_reason(&self) -> Option<Value> {
        let code = match self.kind {
            "ConditionalCheckFailedException" => "ConditionalCheckFailed",
            "ValidationException" => "ValidationError",
            _ => return None,
        };
        let mut reason = self.more.clone();
        reason.insert("Code".to_owned(), json!(code));
        reason.insert("Message".to_owned(), json!(self.message));
        Some(Value::Object(reason))
    }

    pub fn answer(self) -> Answer {
        let mut body = self.more;
        let space = if self.kind == "ValidationException" {
            "com.amazon.coral.validate"
        } else {
            "com.amazonaws.dynamodb.v20120810"
        };
        body.insert("__type".to_owned(), json!(format!("{space}#{}", self.kind)));
        // TransactionCanceledException spells it with a capital, as the service does.
        let key = if self.kind == "TransactionCanceledException" { "Message" } else { "message" };
        body.insert(key.to_owned(), json!(self.message));
        Answer::JsonError { status: self.status, body: Value::Object(body) }
    }
}
