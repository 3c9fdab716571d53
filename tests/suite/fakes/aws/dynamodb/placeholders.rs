//! `#names` and `:values` of a call: each must be defined, and each used.

use std::collections::{BTreeMap, BTreeSet};

use super::input::Input;
use super::refusal::{Answered, Refusal};
use super::value::Attribute;

#[derive(Debug, Default)]
pub struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Attribute>,
    used: BTreeSet<String>,
}

impl Placeholders {
    /// Those of a call whose expressions stand under these members.
    pub fn read(input: &Input, expressions: &[&str]) -> Answered<Self> {
        let mut these = Self::default();
        let any = expressions.iter().any(|name| input.has(name));
        for member in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
            let Some(map) = input.object(member) else { continue };
            if !any {
                let message = format!("{member} can only be specified when using expressions");
                return Err(Refusal::invalid(message));
            }
            if map.is_empty() {
                return Err(Refusal::invalid(format!("{member} must not be empty")));
            }
            for (key, value) in map {
                match value.as_str() {
                    Some(name) if key.starts_with('#') => drop(these.names.insert(key.clone(), name.to_owned())),
                    _ if key.starts_with(':') => drop(these.values.insert(key.clone(), Attribute::read(value)?)),
                    _ => return Err(Refusal::invalid(format!("{member} contains invalid key: \"{key}\""))),
                }
            }
        }
        Ok(these)
    }

    pub fn name(&mut self, what: &str, key: &str) -> Answered<String> {
        self.used.insert(key.to_owned());
        self.names.get(key).cloned().ok_or_else(|| {
            let problem = "An expression attribute name used in the document path is not defined";
            Refusal::invalid(format!("Invalid {what}: {problem}; attribute name: {key}"))
        })
    }

    pub fn value(&mut self, what: &str, key: &str) -> Answered<Attribute> {
        self.used.insert(key.to_owned());
        self.values.get(key).cloned().ok_or_else(|| {
            let problem = "An expression attribute value used in expression is not defined";
            Refusal::invalid(format!("Invalid {what}: {problem}; attribute value: {key}"))
        })
    }

    /// To be asked when every expression is parsed.
    pub fn all_used(&self) -> Answered<()> {
        let unused = |keys: Vec<&String>, member: &str| {
            let left: Vec<&str> =
                keys.into_iter().filter(|key| !self.used.contains(*key)).map(String::as_str).collect();
            if left.is_empty() {
                return Ok(());
            }
            let message = format!("Value provided in {member} unused in expressions: keys: {{{}}}", left.join(", "));
            Err(Refusal::invalid(message))
        };
        unused(self.names.keys().collect(), "ExpressionAttributeNames")?;
        unused(self.values.keys().collect(), "ExpressionAttributeValues")
    }
}
