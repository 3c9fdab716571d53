//! A table's keys and indexes, and what an item must be to fit them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::input::Input;
use super::refusal::{Answered, Refusal};
use super::value::{Attribute, Item, item_size};

const LARGEST_ITEM: usize = 400 * 1024;
const LONGEST_HASH: usize = 2048;
const LONGEST_RANGE: usize = 1024;

/// The attributes that place an item in a table or index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub hash: String,
    pub range: Option<String>,
}

/// Where an item is: its hash and range values.
pub type Place = (Attribute, Option<Attribute>);

#[derive(Debug, Clone)]
pub enum Projection {
    All,
    /// Keys, and these.
    Only(Vec<String>),
}

#[derive(Debug, Clone)]
pub struct Index {
    pub name: String,
    pub keys: Keys,
    pub projection: Projection,
}

#[derive(Debug, Clone)]
pub struct Schema {
    pub keys: Keys,
    pub indexes: Vec<Index>,
    /// The types of the key attributes.
    pub types: BTreeMap<String, String>,
}

impl Keys {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.hash.as_str()).chain(self.range.as_deref())
    }

    /// Where the item is, if it has these keys: without them it is not in the index.
    pub fn place(&self, item: &Item) -> Option<Place> {
        let hash = item.get(&self.hash)?.clone();
        match &self.range {
            Some(range) => Some((hash, Some(item.get(range)?.clone()))),
            None => Some((hash, None)),
        }
    }

    fn read(schema: &[Value]) -> Self {
        let of = |kind: &str| {
            let found: Vec<String> = schema
                .iter()
                .filter(|one| one["KeyType"] == kind)
                .map(|one| one["AttributeName"].as_str().expect("an AttributeName").to_owned())
                .collect();
            assert!(found.len() <= 1, "the played DynamoDB knows one {kind} attribute a key");
            found.into_iter().next()
        };
        Self { hash: of("HASH").expect("a HASH key"), range: of("RANGE") }
    }

    pub fn show(&self) -> Value {
        let range = self.range.iter().map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" }));
        let hash = json!({ "AttributeName": self.hash, "KeyType": "HASH" });
        Value::Array(std::iter::once(hash).chain(range).collect())
    }
}

impl Schema {
    pub fn read(input: &Input) -> Answered<Self> {
        let keys = Keys::read(input.list("KeySchema"));
        let indexes: Vec<Index> = input.list("GlobalSecondaryIndexes").iter().map(Index::read).collect();
        let types: BTreeMap<String, String> = input
            .list("AttributeDefinitions")
            .iter()
            .map(|one| {
                let member = |name: &str| one[name].as_str().expect("a string").to_owned();
                (member("AttributeName"), member("AttributeType"))
            })
            .collect();
        let mut needed: Vec<&str> = keys.names().chain(indexes.iter().flat_map(|index| index.keys.names())).collect();
        needed.sort_unstable();
        needed.dedup();
        if let Some(name) = needed.iter().find(|name| !types.contains_key(**name)) {
            let problem = format!("Some index key attributes are not defined in AttributeDefinitions: [{name}]");
            return Err(Refusal::parameter(problem));
        }
        if needed.len() != types.len() {
            let problem = format!("Some AttributeDefinitions are not used. AttributeDefinitions: {:?}", types.keys());
            return Err(Refusal::parameter(problem));
        }
        Ok(Self { keys, indexes, types })
    }

    pub fn index(&self, name: &str) -> Answered<&Index> {
        let found = self.indexes.iter().find(|index| index.name == name);
        found.ok_or_else(|| Refusal::invalid(format!("The table does not have the specified index: {name}")))
    }

    /// The key of a call, which names the table's keys and nothing else.
    pub fn key(&self, key: &Item) -> Answered<Place> {
        if key.len() != self.keys.names().count() || !self.keys.names().all(|name| key.contains_key(name)) {
            return Err(Refusal::invalid("The provided key element does not match the schema"));
        }
        self.fits_keys(key)?;
        Ok(self.keys.place(key).expect("all keys are there"))
    }

    /// What is refused before anything is looked up, in a transaction too.
    pub fn has_full_keys(&self, item: &Item) -> Answered<()> {
        for name in self.keys.names() {
            match item.get(name) {
                None => return Err(Refusal::parameter(format!("Missing the key {name} in the item"))),
                Some(value) => not_empty(name, value)?,
            }
        }
        for index in &self.indexes {
            for name in index.keys.names() {
                item.get(name).map_or(Ok(()), |value| not_empty(name, value))?;
            }
        }
        if item_size(item) > LARGEST_ITEM {
            return Err(Refusal::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(())
    }

    fn fits_keys(&self, item: &Item) -> Answered<()> {
        for (name, longest) in self.keys.names().zip([LONGEST_HASH, LONGEST_RANGE]) {
            let value = &item[name];
            not_empty(name, value)?;
            if value.kind() != self.types[name] {
                let (expected, actual) = (&self.types[name], value.kind());
                let problem = format!("Type mismatch for key {name} expected: {expected} actual: {actual}");
                return Err(Refusal::parameter(problem));
            }
            if value.size() > longest {
                let problem = format!("Size of key {name} has exceeded the maximum size limit of {longest} bytes");
                return Err(Refusal::parameter(problem));
            }
        }
        Ok(())
    }

    /// Whether an item may be stored as it is.
    pub fn fits(&self, item: &Item) -> Answered<Place> {
        self.has_full_keys(item)?;
        self.fits_keys(item)?;
        for index in &self.indexes {
            for name in index.keys.names() {
                let Some(value) = item.get(name) else { continue };
                let (expected, actual) = (&self.types[name], value.kind());
                if expected != actual {
                    let problem = format!("Type mismatch for Index Key {name} Expected: {expected} Actual: {actual}");
                    return Err(Refusal::parameter(format!("{problem} IndexName: {}", index.name)));
                }
            }
        }
        Ok(self.keys.place(item).expect("all keys are there"))
    }
}

impl Index {
    fn read(value: &Value) -> Self {
        let what = "GlobalSecondaryIndexes[]";
        let known = ["IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput"];
        let input = Input::only(what, value, &known);
        let projection = input.required("Projection");
        let projection = match projection["ProjectionType"].as_str() {
            Some("ALL") => Projection::All,
            Some("KEYS_ONLY") => Projection::Only(Vec::new()),
            Some("INCLUDE") => {
                let names = projection["NonKeyAttributes"].as_array().expect("NonKeyAttributes");
                Projection::Only(names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect())
            }
            other => panic!("there is no projection {other:?}"),
        };
        let name = input.text("IndexName").expect("an IndexName").to_owned();
        Self { name, keys: Keys::read(input.list("KeySchema")), projection }
    }

    /// Whether the index holds this attribute.
    pub fn projects(&self, table: &Keys, name: &str) -> bool {
        match &self.projection {
            Projection::All => true,
            Projection::Only(more) => {
                more.iter().any(|one| one == name) || self.keys.names().chain(table.names()).any(|one| one == name)
            }
        }
    }

    /// The item as the index holds it; `None` when it does not.
    pub fn entry(&self, table: &Keys, item: &Item) -> Option<Item> {
        self.keys.place(item)?;
        let held = item.iter().filter(|(name, _)| self.projects(table, name));
        Some(held.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    pub fn show(&self) -> Value {
        let projection = match &self.projection {
            Projection::All => json!({ "ProjectionType": "ALL" }),
            Projection::Only(more) if more.is_empty() => json!({ "ProjectionType": "KEYS_ONLY" }),
            Projection::Only(more) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": more }),
        };
        json!({
            "IndexName": self.name, "KeySchema": self.keys.show(), "Projection": projection, "IndexStatus": "ACTIVE",
        })
    }
}

fn not_empty(name: &str, value: &Attribute) -> Answered<()> {
    if matches!(value, Attribute::S(text) if text.is_empty())
        || matches!(value, Attribute::B(bytes) if bytes.is_empty())
    {
        return Err(Refusal::invalid(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an \
             empty string value. Key: {name}"
        )));
    }
    Ok(())
}
