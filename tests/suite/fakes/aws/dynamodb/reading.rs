//! `GetItem`, `BatchGetItem` and the reads of a transaction.

use serde_json::{Value, json};

use super::capacity::{Consumed, Reading};
use super::input::Input;
use super::projection::Shown;
use super::refusal::{Answered, Refusal};
use super::schema::Place;
use super::table::Tables;
use super::value::{self, Item, item_size};

const MOST_KEYS: usize = 100;

pub fn get_item(tables: &Tables, body: &Value) -> Answered<(Value, Consumed)> {
    let known = [
        "TableName",
        "Key",
        "ConsistentRead",
        "ProjectionExpression",
        "ExpressionAttributeNames",
        "ReturnConsumedCapacity",
    ];
    let input = Input::only("GetItem", body, &known);
    let shown = Shown::read(&input)?;
    let table = tables.get(input.table())?;
    let place = table.schema.key(&value::read_item(input.required("Key"))?)?;
    let consistent = input.flag("ConsistentRead").unwrap_or_default();
    let item = table.item(&place, consistent);
    let consumed = Consumed { table: cost(item, reading(consistent)), ..Consumed::default() };
    let mut answer = json!({});
    if let Some(item) = item {
        answer["Item"] = value::show_item(&shown.of(item));
    }
    if let Some(units) = consumed.show(input.table(), input.text("ReturnConsumedCapacity")) {
        answer["ConsumedCapacity"] = units;
    }
    Ok((answer, consumed))
}

/// `only` is how many keys are worked on; the others come back as `UnprocessedKeys`.
pub fn batch_get_item(tables: &Tables, body: &Value, only: usize) -> Answered<(Value, Consumed)> {
    let input = Input::only("BatchGetItem", body, &["RequestItems", "ReturnConsumedCapacity"]);
    let mut answer = json!({ "Responses": {}, "UnprocessedKeys": {} });
    let (mut total, mut capacities) = (Consumed::default(), Vec::new());
    let (mut asked, mut left) = (0, only);
    for (name, wanted) in input.object("RequestItems").expect("RequestItems") {
        let known = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];
        let wanted = Input::only("RequestItems", wanted, &known);
        let shown = Shown::read(&wanted)?;
        let table = tables.get(name)?;
        let keys = wanted.list("Keys");
        asked += keys.len();
        different(&keys.iter().map(|key| table.schema.key(&value::read_item(key)?)).collect::<Answered<Vec<_>>>()?)?;
        let consistent = wanted.flag("ConsistentRead").unwrap_or_default();
        let (worked_on, put_off) = keys.split_at(left.min(keys.len()));
        left -= worked_on.len();
        let (mut items, mut consumed) = (Vec::new(), Consumed::default());
        for key in worked_on {
            let item = table.item(&table.schema.key(&value::read_item(key)?)?, consistent);
            consumed.table += cost(item, reading(consistent));
            items.extend(item.map(|item| value::show_item(&shown.of(item))));
        }
        answer["Responses"][name] = json!(items);
        if !put_off.is_empty() {
            let mut again = input.required("RequestItems")[name].clone();
            again["Keys"] = json!(put_off);
            answer["UnprocessedKeys"][name] = again;
        }
        capacities.extend(consumed.show(name, input.text("ReturnConsumedCapacity")));
        total.add(&consumed);
    }
    if !(1..=MOST_KEYS).contains(&asked) {
        return Err(Refusal::invalid("Too many items requested for the BatchGetItem call"));
    }
    if !capacities.is_empty() {
        answer["ConsumedCapacity"] = json!(capacities);
    }
    Ok((answer, total))
}

pub fn transact_get_items(tables: &Tables, body: &Value) -> Answered<(Value, Consumed)> {
    let input = Input::only("TransactGetItems", body, &["TransactItems", "ReturnConsumedCapacity"]);
    let gets = input.list("TransactItems");
    if !(1..=MOST_KEYS).contains(&gets.len()) {
        return Err(Refusal::invalid("Member must have length less than or equal to 100"));
    }
    let (mut responses, mut places, mut consumed) = (Vec::new(), Vec::new(), Consumed::default());
    for get in gets {
        let get = Input::only("TransactItems[]", get, &["Get"]).required("Get");
        let known = ["TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames"];
        let get = Input::only("Get", get, &known);
        let shown = Shown::read(&get)?;
        let table = tables.get(get.table())?;
        let place = table.schema.key(&value::read_item(get.required("Key"))?)?;
        let item = table.item(&place, true);
        consumed.table += cost(item, Reading::InTransaction);
        responses.push(item.map_or_else(|| json!({}), |item| json!({ "Item": value::show_item(&shown.of(item)) })));
        places.push((get.table(), place));
    }
    if (1..places.len()).any(|at| places[..at].contains(&places[at])) {
        return Err(Refusal::invalid("Transaction request cannot include multiple operations on one item"));
    }
    let mut answer = json!({ "Responses": responses });
    if let Some(units) = consumed.show(places[0].0, input.text("ReturnConsumedCapacity")) {
        answer["ConsumedCapacity"] = json!([units]);
    }
    Ok((answer, consumed))
}

pub const fn reading(consistent: bool) -> Reading {
    if consistent { Reading::Consistent } else { Reading::Eventual }
}

fn cost(item: Option<&Item>, reading: Reading) -> f64 {
    Consumed::read(item.map_or(0, item_size), reading)
}

fn different(places: &[Place]) -> Answered<()> {
    if (1..places.len()).any(|at| places[..at].contains(&places[at])) {
        return Err(Refusal::invalid("Provided list of item keys contains duplicates"));
    }
    Ok(())
}
