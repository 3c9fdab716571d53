//! Writes of one item, alone or as an action of a transaction.

use serde_json::{Value, json};

use super::capacity::Consumed;
use super::condition::Condition;
use super::input::Input;
use super::placeholders::Placeholders;
use super::refusal::{Answered, Refusal};
use super::schema::Place;
use super::table::Tables;
use super::update::Update;
use super::value::{self, Item, item_size};

const LARGEST_ITEM: usize = 400 * 1024;
const EXPRESSIONS: [&str; 2] = ["ConditionExpression", "UpdateExpression"];
const MEMBERS: [&str; 5] = [
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
];

#[derive(Debug, Clone)]
enum Effect {
    Put(Item),
    Update(Update),
    Delete,
    Nothing,
}

/// One write with its condition, read and found to be well formed.
#[derive(Debug, Clone)]
pub struct Write {
    pub table: String,
    pub place: Place,
    key: Item,
    effect: Effect,
    condition: Option<Condition>,
    shows_what_it_found: bool,
}

/// An item before and after a write.
#[derive(Debug, Clone)]
pub struct Turned {
    pub before: Option<Item>,
    pub after: Option<Item>,
}

impl Write {
    /// `kind` is `Put`, `Update`, `Delete` or `ConditionCheck`; `more` are members beside those of a transaction's action.
    pub fn read(tables: &Tables, kind: &str, body: &Value, more: &[&str]) -> Answered<Self> {
        let own: &[&str] = match kind {
            "Put" => &["Item"],
            "Update" => &["Key", "UpdateExpression"],
            _ => &["Key"],
        };
        let input = Input::only(kind, body, &[&MEMBERS, own, more].concat());
        let mut placeholders = Placeholders::read(&input, &EXPRESSIONS)?;
        let effect = match kind {
            "Put" => Effect::Put(value::read_item(input.required("Item"))?),
            "Update" => Effect::Update(match input.text("UpdateExpression") {
                Some(text) => Update::parse(text, &mut placeholders)?,
                None => Update::default(),
            }),
            "Delete" => Effect::Delete,
            "ConditionCheck" => Effect::Nothing,
            other => panic!("there is no write {other}"),
        };
        let condition = input.text("ConditionExpression");
        assert!(kind != "ConditionCheck" || condition.is_some(), "a ConditionCheck without a ConditionExpression");
        let condition =
            condition.map(|text| Condition::parse("ConditionExpression", text, &mut placeholders)).transpose()?;
        placeholders.all_used()?;
        let schema = &tables.get(input.table())?.schema;
        let (place, key) = if let Effect::Put(item) = &effect {
            schema.has_full_keys(item)?;
            (schema.keys.place(item).expect("all keys are there"), item.clone())
        } else {
            let key = value::read_item(input.required("Key"))?;
            (schema.key(&key)?, key)
        };
        let shows_what_it_found = match input.text("ReturnValuesOnConditionCheckFailure") {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some(other) => panic!("ReturnValuesOnConditionCheckFailure is not {other}"),
        };
        Ok(Self { table: input.table().to_owned(), place, key, effect, condition, shows_what_it_found })
    }

    /// What it would make of the item; nothing is written yet.
    pub fn work_out(&self, tables: &Tables) -> Answered<Turned> {
        let table = tables.get(&self.table)?;
        let before = table.item(&self.place, true).cloned();
        let nothing = Item::new();
        if let Some(condition) = &self.condition
            && !condition.holds(before.as_ref().unwrap_or(&nothing))
        {
            return Err(Refusal::condition_failed(before.as_ref().filter(|_| self.shows_what_it_found)));
        }
        let after = match &self.effect {
            Effect::Put(item) => Some(item.clone()),
            Effect::Update(update) => {
                if let Some(name) = update.touched().find(|name| table.schema.keys.names().any(|key| key == *name)) {
                    let problem = format!("Cannot update attribute {name}. This attribute is part of the key");
                    return Err(Refusal::parameter(problem));
                }
                let after = update.apply(before.as_ref().unwrap_or(&self.key))?;
                if item_size(&after) > LARGEST_ITEM {
                    return Err(Refusal::invalid("Item size to update has exceeded the maximum allowed size"));
                }
                Some(after)
            }
            Effect::Delete => None,
            Effect::Nothing => before.clone(),
        };
        if let Some(item) = &after {
            table.schema.fits(item)?;
        }
        Ok(Turned { before, after })
    }

    pub fn consumed(&self, tables: &Tables, turned: &Turned, in_transaction: bool) -> Consumed {
        let schema = &tables.by_name[&self.table].schema;
        Consumed::written(schema, turned.before.as_ref(), turned.after.as_ref(), in_transaction)
    }

    pub fn carry_out(&self, tables: &mut Tables, turned: Turned) {
        let table = tables.by_name.get_mut(&self.table).expect("it was read");
        table.store(self.place.clone(), turned.after);
    }
}

/// `PutItem`, `UpdateItem` or `DeleteItem`.
pub fn write_item(tables: &mut Tables, kind: &str, body: &Value) -> Answered<(Value, Consumed)> {
    let write = Write::read(tables, kind, body, &["ReturnValues", "ReturnConsumedCapacity"])?;
    let wanted = body["ReturnValues"].as_str().unwrap_or("NONE");
    if wanted == "ALL_NEW" && kind != "Update" {
        return Err(Refusal::invalid("Return values set to invalid value"));
    }
    let turned = write.work_out(tables)?;
    let consumed = write.consumed(tables, &turned, false);
    let shown = match wanted {
        "NONE" => None,
        "ALL_OLD" => turned.before.as_ref(),
        "ALL_NEW" => turned.after.as_ref(),
        other => panic!("the played DynamoDB does not return {other}"),
    };
    let mut answer = json!({});
    if let Some(item) = shown {
        answer["Attributes"] = value::show_item(item);
    }
    if let Some(units) = consumed.show(&write.table, body["ReturnConsumedCapacity"].as_str()) {
        answer["ConsumedCapacity"] = units;
    }
    write.carry_out(tables, turned);
    Ok((answer, consumed))
}
