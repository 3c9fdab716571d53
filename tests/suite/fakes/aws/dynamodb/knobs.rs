//! What goes wrong on demand.

use serde_json::{Value, json};

use super::refusal::Refusal;

#[derive(Debug, Default)]
pub struct Knobs {
    pub throttled: u32,
    pub conflicts: u32,
    pub lost: Vec<(&'static str, String)>,
    pub down: bool,
    pub failing: u32,
    pub partial_batches: u32,
    pub creating: u32,
}

/// What becomes of a call.
pub enum Verdict {
    Refuse(Refusal),
    Perform { lose_the_answer: bool },
}

impl Knobs {
    pub fn verdict(&mut self, operation: &str, body: &Value) -> Verdict {
        if self.down || take(&mut self.failing) {
            let mut refusal = Refusal::new("InternalServerError", "The request processing has failed");
            refusal.status = 500;
            return Verdict::Refuse(refusal);
        }
        if take(&mut self.throttled) {
            let kind = "ProvisionedThroughputExceededException";
            return Verdict::Refuse(Refusal::new(kind, "The level of configured throughput was exceeded"));
        }
        let transaction = operation == "TransactWriteItems";
        let writes = transaction || ["PutItem", "UpdateItem", "DeleteItem"].contains(&operation);
        if writes && take(&mut self.conflicts) {
            return Verdict::Refuse(if transaction { cancelled_by_another(body) } else { in_conflict() });
        }
        let text = body.to_string();
        let lost = self.lost.iter().position(|(name, part)| *name == operation && text.contains(part));
        if let Some(place) = lost {
            self.lost.remove(place);
        }
        Verdict::Perform { lose_the_answer: lost.is_some() }
    }
}

/// Counts down; whether there was something left.
pub fn take(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

fn in_conflict() -> Refusal {
    Refusal::new("TransactionConflictException", "Transaction is ongoing for the item")
}

/// The last action's item is in another transaction.
fn cancelled_by_another(body: &Value) -> Refusal {
    let actions = body["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({ "Code": "None" }); actions];
    reasons[actions - 1] = json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
    Refusal::cancelled(&reasons)
}
