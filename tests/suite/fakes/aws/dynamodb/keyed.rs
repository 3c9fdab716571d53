//! Key conditions: one partition, and at most one test of the sort key.

use std::collections::BTreeMap;

use super::condition::{Condition, Operand};
use super::path::{Path, Step};
use super::refusal::{Answered, Refusal};
use super::schema::Keys;
use super::value::{Attribute, Item};

/// What a query wants to see.
pub struct Wanted {
    pub hash: Attribute,
    range: Option<Condition>,
}

impl Wanted {
    pub fn read(condition: Condition, keys: &Keys, types: &BTreeMap<String, String>) -> Answered<Self> {
        let parts = match condition {
            Condition::And(first, second) => vec![*first, *second],
            one => vec![one],
        };
        let (mut hash, mut range) = (None, None);
        for part in parts {
            let (name, values) = tested(&part)?;
            let is_hash = name == keys.hash;
            if !is_hash && keys.range.as_ref() != Some(&name) {
                return Err(Refusal::invalid("Query condition missed key schema element"));
            }
            for value in values {
                fits(&name, value, &types[&name])?;
            }
            match part {
                Condition::Compare(Operand::Path(_), "=", Operand::Value(value))
                | Condition::Compare(Operand::Value(value), "=", Operand::Path(_))
                    if is_hash && hash.is_none() =>
                {
                    hash = Some(value);
                }
                _ if is_hash => return Err(Refusal::invalid("Query key condition not supported")),
                _ if range.is_some() => {
                    return Err(Refusal::invalid("KeyConditionExpressions must only contain one condition per key"));
                }
                part => range = Some(part),
            }
        }
        let missed = || Refusal::invalid("Query condition missed key schema element");
        Ok(Self { hash: hash.ok_or_else(missed)?, range })
    }

    /// Whether a sort key is in the range asked for.
    pub fn fits(&self, value: Option<&Attribute>) -> bool {
        let Some(condition) = &self.range else { return true };
        let name = condition.paths()[0].top().to_owned();
        condition.holds(&value.into_iter().map(|value| (name.clone(), value.clone())).collect::<Item>())
    }
}

/// The key a part tests, and what it is compared with.
fn tested(part: &Condition) -> Answered<(String, Vec<&Attribute>)> {
    let name = |path: &Path| match path.0.as_slice() {
        [Step::Name(name)] => Ok(name.clone()),
        _ => Err(Refusal::invalid("KeyConditionExpressions cannot have conditions on nested attributes")),
    };
    match part {
        Condition::Compare(Operand::Path(path), "=" | "<" | "<=" | ">" | ">=", Operand::Value(value))
        | Condition::Compare(Operand::Value(value), "=", Operand::Path(path))
        | Condition::BeginsWith(Operand::Path(path), Operand::Value(value)) => Ok((name(path)?, vec![value])),
        Condition::Between(Operand::Path(path), Operand::Value(low), Operand::Value(high)) => {
            Ok((name(path)?, vec![low, high]))
        }
        Condition::And(..) => Err(Refusal::invalid("KeyConditionExpressions must only contain one condition per key")),
        other => Err(Refusal::invalid(format!("Invalid operator used in KeyConditionExpression: {other:?}"))),
    }
}

fn fits(name: &str, value: &Attribute, kind: &str) -> Answered<()> {
    if value.kind() != kind {
        return Err(Refusal::parameter("Condition parameter type does not match schema type"));
    }
    if value.size() == 0 {
        return Err(Refusal::invalid(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value. Key: {name}"
        )));
    }
    Ok(())
}
