//! `Query`, of the table or an index: one partition, in order, page by page.

use serde_json::{Value, json};

use super::capacity::Consumed;
use super::condition::Condition;
use super::input::Input;
use super::keyed::Wanted;
use super::path::Path;
use super::placeholders::Placeholders;
use super::projection::Shown;
use super::reading::reading;
use super::refusal::{Answered, Refusal};
use super::schema::{Index, Place, Projection};
use super::table::{Entry, Table, Tables};
use super::value::{self, Item, item_size};

const LARGEST_PAGE: usize = 1024 * 1024;
const MEMBERS: [&str; 13] = [
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ExclusiveStartKey",
    "Limit",
    "ScanIndexForward",
    "ConsistentRead",
    "Select",
    "ReturnConsumedCapacity",
];

pub fn query(tables: &Tables, body: &Value) -> Answered<(Value, Consumed)> {
    let input = Input::only("Query", body, &MEMBERS);
    let table = tables.get(input.table())?;
    let question = Question::read(&input, table)?;
    let page = question.page(table)?;
    let items: Vec<&Item> = page.entries.iter().map(|entry| &entry.item).filter(|item| question.keeps(item)).collect();
    let bytes = page.entries.iter().map(|entry| item_size(&entry.item)).sum();
    let units = Consumed::read(bytes, reading(question.consistent));
    let consumed = match question.index {
        None => Consumed { table: units, ..Consumed::default() },
        Some(index) => Consumed { table: 0.0, indexes: [(index.name.clone(), units)].into() },
    };
    let mut answer = json!({ "Count": items.len(), "ScannedCount": page.entries.len() });
    if !question.counts_only {
        answer["Items"] = items.iter().map(|item| value::show_item(&question.shown.of(item))).collect();
    }
    if let Some(last) = page.entries.last().filter(|_| page.is_cut) {
        answer["LastEvaluatedKey"] = value::show_item(&question.key_of(table, &last.item));
    }
    if let Some(units) = consumed.show(input.table(), input.text("ReturnConsumedCapacity")) {
        answer["ConsumedCapacity"] = units;
    }
    Ok((answer, consumed))
}

struct Question<'t> {
    index: Option<&'t Index>,
    wanted: Wanted,
    filter: Option<Condition>,
    shown: Shown,
    start: Option<Item>,
    limit: usize,
    forward: bool,
    consistent: bool,
    counts_only: bool,
}

struct Page {
    entries: Vec<Entry>,
    is_cut: bool,
}

impl<'t> Question<'t> {
    fn read(input: &Input, table: &'t Table) -> Answered<Self> {
        let expressions = ["KeyConditionExpression", "FilterExpression", "ProjectionExpression"];
        let mut placeholders = Placeholders::read(input, &expressions)?;
        let parsed = |member, placeholders: &mut Placeholders| {
            input.text(member).map(|text| Condition::parse(member, text, placeholders)).transpose()
        };
        let condition = parsed("KeyConditionExpression", &mut placeholders)?.expect("a KeyConditionExpression");
        let filter = parsed("FilterExpression", &mut placeholders)?;
        let shown = Shown::parse(input, &mut placeholders)?;
        placeholders.all_used()?;
        let index = input.text("IndexName").map(|name| table.schema.index(name)).transpose()?;
        let keys = index.map_or(&table.schema.keys, |index| &index.keys);
        let limit = input.count("Limit").unwrap_or(u64::MAX);
        if limit == 0 {
            return Err(Refusal::invalid("Limit must be greater than or equal to 1"));
        }
        let question = Self {
            index,
            wanted: Wanted::read(condition, keys, &table.schema.types)?,
            filter,
            shown,
            start: input.get("ExclusiveStartKey").map(value::read_item).transpose()?,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            forward: input.flag("ScanIndexForward").unwrap_or(true),
            consistent: input.flag("ConsistentRead").unwrap_or_default(),
            counts_only: input.text("Select") == Some("COUNT"),
        };
        question.is_sensible(input, table)?;
        Ok(question)
    }

    fn is_sensible(&self, input: &Input, table: &Table) -> Answered<()> {
        let keys = self.index.map_or(&table.schema.keys, |index| &index.keys);
        let filtered: Vec<&str> = self.filter.iter().flat_map(Condition::paths).map(Path::top).collect();
        if let Some(key) = keys.names().find(|key| filtered.contains(key)) {
            let problem = "Filter Expression can only contain non-primary key attributes: Primary key attribute";
            return Err(Refusal::invalid(format!("{problem}: {key}")));
        }
        let Some(index) = self.index else { return Ok(()) };
        if self.consistent {
            return Err(Refusal::invalid("Consistent reads are not supported on global secondary indexes"));
        }
        if input.text("Select") == Some("ALL_ATTRIBUTES") && !matches!(index.projection, Projection::All) {
            let problem = "Select type ALL_ATTRIBUTES is not supported for global secondary index";
            return Err(Refusal::parameter(format!("{problem} {}", index.name)));
        }
        let shown = self.shown.paths.iter().flatten().map(Path::top);
        if let Some(name) = shown.chain(filtered).find(|name| !index.projects(&table.schema.keys, name)) {
            let problem = format!("Global secondary index {} does not project [{name}]", index.name);
            return Err(Refusal::parameter(problem));
        }
        Ok(())
    }

    fn keeps(&self, item: &Item) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.holds(item))
    }

    fn page(&self, table: &Table) -> Answered<Page> {
        let mut entries = table.partition(self.index, &self.wanted.hash, self.consistent);
        entries.retain(|entry| self.wanted.fits(entry.at.1.as_ref()));
        if !self.forward {
            entries.reverse();
        }
        if let Some(start) = &self.start {
            let start = self.start_place(table, start)?;
            entries.retain(|entry| {
                let order = entry.order().cmp(&(&start.0, &start.1));
                if self.forward { order.is_gt() } else { order.is_lt() }
            });
        }
        let mut bytes = 0;
        let fits = entries.iter().take(self.limit).take_while(|entry| {
            let before = bytes;
            bytes += item_size(&entry.item);
            before < LARGEST_PAGE
        });
        let length = fits.count();
        // A page that ends exactly at the limit has a next one, even if that is empty.
        let is_cut = length < entries.len() || length == self.limit;
        entries.truncate(length);
        Ok(Page { entries, is_cut })
    }

    fn start_place(&self, table: &Table, start: &Item) -> Answered<(Place, Place)> {
        let keys = self.index.map_or(&table.schema.keys, |index| &index.keys);
        let mut names: Vec<&str> = keys.names().chain(table.schema.keys.names()).collect();
        names.sort_unstable();
        names.dedup();
        if !names.iter().copied().eq(start.keys().map(String::as_str)) {
            return Err(Refusal::invalid("The provided starting key is invalid"));
        }
        let at = keys.place(start).expect("all keys are there");
        if at.0 != self.wanted.hash || !self.wanted.fits(at.1.as_ref()) {
            let problem = "The provided starting key is outside query boundaries based on provided conditions";
            return Err(Refusal::invalid(problem));
        }
        Ok((at, table.schema.keys.place(start).expect("all keys are there")))
    }

    fn key_of(&self, table: &Table, item: &Item) -> Item {
        let own = self.index.iter().flat_map(|index| index.keys.names());
        own.chain(table.schema.keys.names()).map(|name| (name.to_owned(), item[name].clone())).collect()
    }
}
