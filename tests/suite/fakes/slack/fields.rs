//! What a form-encoded call carries, as JSON.

use serde_json::Value;

pub fn form(body: &str) -> Value {
    url::form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
