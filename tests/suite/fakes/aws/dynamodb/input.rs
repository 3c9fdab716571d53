//! The members of one call, read strictly: what the fake does not know, it does not pass over.

use serde_json::{Map, Value};

pub struct Input<'a> {
    members: &'a Map<String, Value>,
}

impl<'a> Input<'a> {
    /// Panics on members the fake does not play.
    pub fn only(what: &str, value: &'a Value, known: &[&str]) -> Self {
        let members = value.as_object().unwrap_or_else(|| panic!("{what} is not an object: {value}"));
        for name in members.keys() {
            assert!(known.contains(&name.as_str()), "the played DynamoDB does not know {what}.{name}");
        }
        Self { members }
    }

    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    pub fn required(&self, name: &str) -> &'a Value {
        self.get(name).unwrap_or_else(|| panic!("{name} is missing in {:?}", self.members.keys()))
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name).map(|value| value.as_str().unwrap_or_else(|| panic!("{name} is not a string: {value}")))
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.as_bool().unwrap_or_else(|| panic!("{name} is not a boolean: {value}")))
    }

    pub fn count(&self, name: &str) -> Option<u64> {
        self.get(name).map(|value| value.as_u64().unwrap_or_else(|| panic!("{name} is not a count: {value}")))
    }

    pub fn object(&self, name: &str) -> Option<&'a Map<String, Value>> {
        self.get(name).map(|value| value.as_object().unwrap_or_else(|| panic!("{name} is not an object: {value}")))
    }

    pub fn list(&self, name: &str) -> &'a [Value] {
        self.get(name).map_or(&[], |value| value.as_array().unwrap_or_else(|| panic!("{name} is not a list: {value}")))
    }

    pub fn table(&self) -> &'a str {
        self.text("TableName").expect("a TableName")
    }
}
