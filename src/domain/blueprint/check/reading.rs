//! How the rules read a template: text with its references, explained
//! exceptions, and IAM statements wherever they stand.

use serde_json::Value;

/// A value as text, references written as in `!Sub`: `{"Ref": "X"}` is `${X}`.
/// Parts that cannot be told are left out.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(parts) => parts.iter().map(text).collect(),
        Value::Object(map) => match map.iter().next() {
            Some((function, argument)) if function == "Ref" => format!("${{{}}}", text(argument)),
            Some((function, argument)) if function == "Fn::Sub" => text(argument.get(0).unwrap_or(argument)),
            Some((function, argument)) if function == "Fn::Join" => text(&argument[1]),
            Some((function, argument)) if function == "Fn::GetAtt" => format!("${{{}}}", text(argument)),
            _ => String::new(),
        },
        Value::Null | Value::Bool(_) => String::new(),
    }
}

/// The reason a resource gives for an exception, if it gives one.
pub fn explained<'a>(resource: &'a Value, what: &str) -> Option<&'a str> {
    resource["Metadata"]["Explained"][what].as_str().filter(|reason| !reason.trim().is_empty())
}

/// One thing or a list of things, as a list.
pub fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// Both branches of an `!If`, down to the values themselves.
pub fn branches(value: &Value) -> Vec<&Value> {
    match value["Fn::If"].as_array() {
        Some(parts) => parts.iter().skip(1).flat_map(branches).collect(),
        None => vec![value],
    }
}

/// Every IAM statement below a value.
pub fn statements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(map) => {
            let own = map.get("Statement").map(|found| many(found)).unwrap_or_default();
            let below = map.iter().filter(|(key, _)| *key != "Statement").flat_map(|(_, inner)| statements(inner));
            own.into_iter().flat_map(branches).chain(below).collect()
        }
        Value::Array(items) => items.iter().flat_map(statements).collect(),
        _ => Vec::new(),
    }
}

/// The actions a statement names.
pub fn actions(statement: &Value) -> Vec<String> {
    many(&statement["Action"]).into_iter().map(text).collect()
}
