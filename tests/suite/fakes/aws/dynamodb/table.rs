//! One table: its items, and what its indexes show of them.

use std::collections::BTreeMap;

use super::refusal::{Answered, Refusal};
use super::schema::{Index, Place, Schema};
use super::value::Item;

type Items = BTreeMap<Place, Item>;

#[derive(Debug, Clone)]
pub struct Table {
    pub schema: Schema,
    pub described: serde_json::Value,
    pub time_to_live: Option<String>,
    pub recovers: bool,
    items: Items,
    /// What readers that may be answered late are answered from.
    stale: Option<Items>,
    /// Indexes know what is new already, and not yet what is over.
    lingers: bool,
}

impl Table {
    pub fn new(schema: Schema, described: serde_json::Value) -> Self {
        Self {
            schema,
            described,
            time_to_live: None,
            recovers: false,
            items: Items::new(),
            stale: None,
            lingers: false,
        }
    }

    /// From now on indexes and eventually consistent reads show the items as they are now.
    pub fn fall_behind(&mut self) {
        self.stale = Some(self.items.clone());
    }

    /// From now on an item that moves is in both of its places of an index: it is put into the new one
    /// before it is taken out of the old one.
    pub fn linger(&mut self) {
        self.fall_behind();
        self.lingers = true;
    }

    pub fn catch_up(&mut self) {
        (self.stale, self.lingers) = (None, false);
    }

    pub fn item(&self, place: &Place, consistent: bool) -> Option<&Item> {
        self.seen(consistent).get(place)
    }

    fn seen(&self, consistent: bool) -> &Items {
        match &self.stale {
            Some(stale) if !consistent => stale,
            _ => &self.items,
        }
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Stores or removes; gives what was there.
    pub fn store(&mut self, place: Place, item: Option<Item>) -> Option<Item> {
        match item {
            Some(item) => self.items.insert(place, item),
            None => self.items.remove(&place),
        }
    }

    /// What the base table or an index shows of one partition, in order.
    pub fn partition(&self, index: Option<&Index>, hash: &super::value::Attribute, consistent: bool) -> Vec<Entry> {
        let keys = index.map_or(&self.schema.keys, |index| &index.keys);
        let new = (index.is_some() && self.lingers).then_some(&self.items);
        let mut entries: Vec<Entry> = self
            .seen(consistent)
            .iter()
            .chain(new.into_iter().flatten())
            .filter_map(|(place, item)| {
                let at = keys.place(item).filter(|at| at.0 == *hash)?;
                let item = index.map_or_else(|| Some(item.clone()), |index| index.entry(&self.schema.keys, item))?;
                Some(Entry { at, place: place.clone(), item })
            })
            .collect();
        entries.sort_by(|one, other| one.order().cmp(&other.order()));
        entries.dedup_by(|one, other| one.order() == other.order());
        entries
    }
}

/// An item as the table or an index shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is in what is asked.
    pub at: Place,
    /// Where it is in the table.
    pub place: Place,
    pub item: Item,
}

impl Entry {
    pub const fn order(&self) -> (&Place, &Place) {
        (&self.at, &self.place)
    }
}

/// The tables of the account.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub by_name: BTreeMap<String, Table>,
}

impl Tables {
    pub fn get(&self, name: &str) -> Answered<&Table> {
        self.by_name.get(name).ok_or_else(Refusal::no_table)
    }

    pub fn get_mut(&mut self, name: &str) -> Answered<&mut Table> {
        self.by_name.get_mut(name).ok_or_else(Refusal::no_table)
    }
}
