//! `TransactWriteItems`: all or nothing, judged on the items as they were.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::capacity::Consumed;
use super::input::Input;
use super::refusal::{Answered, Refusal};
use super::table::Tables;
use super::value::item_size;
use super::writing::{Turned, Write};

const MOST_ACTIONS: usize = 100;
const LARGEST: usize = 4 * 1024 * 1024;
const LONGEST_TOKEN: usize = 36;
const TOKEN_LASTS: Duration = Duration::from_mins(10);

/// Tokens of transactions that took effect, with what they did and when.
#[derive(Debug, Default)]
pub struct Tokens {
    seen: BTreeMap<String, (Value, Instant)>,
    /// How much later than it is the tokens believe it to be.
    pub ahead: Duration,
}

impl Tokens {
    /// Whether a call with this token took effect already.
    fn knows(&mut self, token: &str, call: &Value) -> Answered<bool> {
        let now = Instant::now() + self.ahead;
        self.seen.retain(|_, (_, at)| now.duration_since(*at) < TOKEN_LASTS);
        match self.seen.get(token) {
            None => Ok(false),
            Some((known, _)) if known == call => Ok(true),
            Some(_) => Err(Refusal::new("IdempotentParameterMismatchException", "The token was used for another call")),
        }
    }

    fn remember(&mut self, token: &str, call: Value) {
        self.seen.insert(token.to_owned(), (call, Instant::now() + self.ahead));
    }
}

pub fn transact_write_items(tables: &mut Tables, tokens: &mut Tokens, body: &Value) -> Answered<(Value, Consumed)> {
    let known = ["TransactItems", "ClientRequestToken", "ReturnConsumedCapacity"];
    let input = Input::only("TransactWriteItems", body, &known);
    let actions = input.list("TransactItems");
    if !(1..=MOST_ACTIONS).contains(&actions.len()) {
        return Err(Refusal::invalid("Member must have length less than or equal to 100"));
    }
    let token = input.text("ClientRequestToken");
    if token.is_some_and(|token| token.len() > LONGEST_TOKEN) {
        return Err(Refusal::invalid("Member must have length less than or equal to 36"));
    }
    if let Some(token) = token
        && tokens.knows(token, &json!(actions))?
    {
        return Ok((json!({}), Consumed::default()));
    }
    let writes = actions.iter().map(|action| read(tables, action)).collect::<Answered<Vec<_>>>()?;
    if (1..writes.len()).any(|at| writes[..at].iter().any(|one| same_item(one, &writes[at]))) {
        return Err(Refusal::invalid("Transaction request cannot include multiple operations on one item"));
    }
    let turns = work_out(tables, &writes)?;
    let size: usize = turns.iter().filter_map(|turned| turned.after.as_ref()).map(item_size).sum();
    if size > LARGEST {
        return Err(Refusal::invalid(format!("Transaction payload size cannot exceed 4MB. Payload Size: {size}")));
    }
    let mut by_table: BTreeMap<&str, Consumed> = BTreeMap::new();
    for (write, turned) in writes.iter().zip(&turns) {
        by_table.entry(&write.table).or_default().add(&write.consumed(tables, turned, true));
    }
    for (write, turned) in writes.iter().zip(turns) {
        write.carry_out(tables, turned);
    }
    if let Some(token) = token {
        tokens.remember(token, json!(actions));
    }
    Ok(answer(&by_table, input.text("ReturnConsumedCapacity")))
}

fn read(tables: &Tables, action: &Value) -> Answered<Write> {
    let action = action.as_object().expect("an action is an object");
    let mut kinds = action.iter();
    match (kinds.next(), kinds.next()) {
        (Some((kind, body)), None) => Write::read(tables, kind, body, &[]),
        _ => Err(Refusal::invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
    }
}

fn same_item(one: &Write, other: &Write) -> bool {
    one.table == other.table && one.place == other.place
}

/// What each action makes of its item, or the reasons, one an action, in their order.
fn work_out(tables: &Tables, writes: &[Write]) -> Answered<Vec<Turned>> {
    let (mut turns, mut reasons) = (Vec::new(), Vec::new());
    for write in writes {
        match write.work_out(tables) {
            Ok(turned) => {
                turns.push(turned);
                reasons.push(json!({ "Code": "None" }));
            }
            Err(refusal) => reasons.push(refusal.as_reason().ok_or(refusal)?),
        }
    }
    if turns.len() < writes.len() { Err(Refusal::cancelled(&reasons)) } else { Ok(turns) }
}

fn answer(by_table: &BTreeMap<&str, Consumed>, asked: Option<&str>) -> (Value, Consumed) {
    let mut total = Consumed::default();
    for consumed in by_table.values() {
        total.add(consumed);
    }
    let shown: Vec<Value> = by_table.iter().filter_map(|(table, consumed)| consumed.show(table, asked)).collect();
    let answer = if shown.is_empty() { json!({}) } else { json!({ "ConsumedCapacity": shown }) };
    (answer, total)
}
