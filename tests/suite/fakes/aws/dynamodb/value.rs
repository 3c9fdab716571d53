//! Attribute values: read from JSON strictly, shown again, measured.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::number::Number;
use super::refusal::{Answered, Refusal};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    S(String),
    N(Number),
    B(Vec<u8>),
    Bool(bool),
    Null,
    L(Vec<Attribute>),
    M(Item),
    Ss(BTreeSet<String>),
    Ns(BTreeSet<Number>),
    Bs(BTreeSet<Vec<u8>>),
}

pub type Item = BTreeMap<String, Attribute>;

impl Attribute {
    pub fn read(value: &Value) -> Answered<Self> {
        let members = value.as_object().expect("an attribute value is an object");
        let mut members = members.iter();
        let (Some((kind, value)), None) = (members.next(), members.next()) else {
            return Err(Refusal::invalid(
                "Supplied AttributeValue must contain exactly one of the supported datatypes",
            ));
        };
        Ok(match kind.as_str() {
            "S" => Self::S(text(value).to_owned()),
            "N" => Self::N(Number::read(text(value))?),
            "B" => Self::B(BASE64_STANDARD.decode(text(value)).expect("base64")),
            "BOOL" => Self::Bool(value.as_bool().expect("a BOOL is true or false")),
            "NULL" => Self::Null,
            "L" => Self::L(list(value).map(Self::read).collect::<Answered<_>>()?),
            "M" => Self::M(read_item(value)?),
            "SS" => Self::Ss(set(list(value).map(|one| Ok(text(one).to_owned())))?),
            "NS" => Self::Ns(set(list(value).map(|one| Number::read(text(one))))?),
            "BS" => Self::Bs(set(list(value).map(|one| Ok(BASE64_STANDARD.decode(text(one)).expect("base64"))))?),
            other => panic!("there is no attribute type {other}"),
        })
    }

    pub fn show(&self) -> Value {
        match self {
            Self::S(text) => json!({ "S": text }),
            Self::N(number) => json!({ "N": number.to_string() }),
            Self::B(bytes) => json!({ "B": BASE64_STANDARD.encode(bytes) }),
            Self::Bool(truth) => json!({ "BOOL": truth }),
            Self::Null => json!({ "NULL": true }),
            Self::L(list) => json!({ "L": list.iter().map(Self::show).collect::<Vec<_>>() }),
            Self::M(map) => json!({ "M": show_item(map) }),
            Self::Ss(set) => json!({ "SS": set }),
            Self::Ns(set) => json!({ "NS": set.iter().map(ToString::to_string).collect::<Vec<_>>() }),
            Self::Bs(set) => json!({ "BS": set.iter().map(|one| BASE64_STANDARD.encode(one)).collect::<Vec<_>>() }),
        }
    }

    /// The type's short name, as schemas and error texts use it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
            Self::Ss(_) => "SS",
            Self::Ns(_) => "NS",
            Self::Bs(_) => "BS",
        }
    }

    /// Whether `<` means something to it.
    pub const fn has_order(&self) -> bool {
        matches!(self, Self::S(_) | Self::N(_) | Self::B(_))
    }

    /// Bytes, as item sizes count them.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::L(list) => 3 + list.iter().map(|one| one.size() + 1).sum::<usize>(),
            Self::M(map) => 3 + item_size(map) + map.len(),
            Self::Ss(set) => set.iter().map(String::len).sum(),
            Self::Ns(set) => set.iter().map(|one| one.size()).sum(),
            Self::Bs(set) => set.iter().map(Vec::len).sum(),
        }
    }
}

pub fn read_item(value: &Value) -> Answered<Item> {
    let members = value.as_object().expect("an item is an object");
    members.iter().map(|(name, value)| Ok((name.clone(), Attribute::read(value)?))).collect()
}

pub fn show_item(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), value.show())).collect::<Map<_, _>>())
}

pub fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string in an attribute value")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list in an attribute value").iter()
}

fn set<T: Ord>(members: impl Iterator<Item = Answered<T>>) -> Answered<BTreeSet<T>> {
    let mut set = BTreeSet::new();
    for member in members {
        if !set.insert(member?) {
            return Err(Refusal::parameter("Input collection contains duplicates."));
        }
    }
    if set.is_empty() {
        return Err(Refusal::parameter("An string set  may not be empty"));
    }
    Ok(set)
}
