//! What a call consumes, as the service counts it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::schema::Schema;
use super::value::{Item, item_size};

const READ_UNIT: usize = 4 * 1024;
const WRITE_UNIT: usize = 1024;

/// How a read is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Eventual,
    Consistent,
    InTransaction,
}

/// Units, of the table and of each index.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consumed {
    pub table: f64,
    pub indexes: BTreeMap<String, f64>,
}

impl Consumed {
    /// By a read of so many bytes.
    pub fn read(bytes: usize, reading: Reading) -> f64 {
        let units = whole(bytes.div_ceil(READ_UNIT).max(1));
        match reading {
            Reading::Eventual => units / 2.0,
            Reading::Consistent => units,
            Reading::InTransaction => units * 2.0,
        }
    }

    /// By a write that turns one into the other. A transaction writes the table twice
    /// (prepare and commit), its indexes once.
    pub fn written(schema: &Schema, before: Option<&Item>, after: Option<&Item>, in_transaction: bool) -> Self {
        let size = |item: Option<&Item>| item.map_or(0, item_size);
        let units = |bytes: usize| whole(bytes.div_ceil(WRITE_UNIT).max(1));
        let mut indexes = BTreeMap::new();
        for index in &schema.indexes {
            let entry = |item: Option<&Item>| item.and_then(|item| index.entry(&schema.keys, item));
            let (old, new) = (entry(before), entry(after));
            let cost = match (&old, &new) {
                _ if old == new => 0.0,
                (Some(old), Some(new)) if index.keys.place(old) != index.keys.place(new) => {
                    units(item_size(old)) + units(item_size(new))
                }
                _ => units(size(old.as_ref()).max(size(new.as_ref()))),
            };
            if cost > 0.0 {
                indexes.insert(index.name.clone(), cost);
            }
        }
        let times = if in_transaction { 2.0 } else { 1.0 };
        Self { table: units(size(before).max(size(after))) * times, indexes }
    }

    pub fn add(&mut self, other: &Self) {
        self.table += other.table;
        for (name, units) in &other.indexes {
            *self.indexes.entry(name.clone()).or_default() += units;
        }
    }

    pub fn total(&self) -> f64 {
        self.table + self.indexes.values().sum::<f64>()
    }

    /// As `ReturnConsumedCapacity` asks for it.
    pub fn show(&self, table: &str, asked: Option<&str>) -> Option<Value> {
        let total = json!({ "TableName": table, "CapacityUnits": self.total() });
        match asked {
            None | Some("NONE") => None,
            Some("TOTAL") => Some(total),
            Some("INDEXES") => {
                let mut all = total;
                all["Table"] = json!({ "CapacityUnits": self.table });
                for (name, units) in &self.indexes {
                    all["GlobalSecondaryIndexes"][name] = json!({ "CapacityUnits": units });
                }
                Some(all)
            }
            Some(other) => panic!("ReturnConsumedCapacity is not {other}"),
        }
    }
}

fn whole(units: usize) -> f64 {
    f64::from(u32::try_from(units).unwrap())
}
