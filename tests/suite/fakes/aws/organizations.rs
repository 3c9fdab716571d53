//! AWS Organizations over the played Control Tower's accounts: lists in pages, `State` and no more `Status`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::service_catalog::UNITS;
use super::service_catalog::world::{ACCOUNT_TAKES, Account, State};
use super::wire::Answer;

/// Accounts a page (AWS's own limit).
const PAGE: usize = 20;

/// Answers one call.
pub fn answer(state: &State, operation: &str, body: &Value, now: Timestamp) -> Answer {
    match operation {
        "ListAccounts" => accounts(state, body, now),
        "ListRoots" => Answer::Json(json!({ "Roots": [{ "Id": "r-ab12", "Name": "Root" }] })),
        "ListOrganizationalUnitsForParent" => units(body),
        "TagResource" => tag(state, body),
        other => panic!("our adapters never send {other}"),
    }
}

/// Only accounts there are can be tagged.
fn tag(state: &State, body: &Value) -> Answer {
    if state.accounts.iter().any(|account| body["ResourceId"] == account.id.as_str()) {
        return Answer::Json(json!({}));
    }
    Answer::refused("TargetNotFoundException", "You specified a target that doesn't exist.")
}

fn accounts(state: &State, body: &Value, now: Timestamp) -> Answer {
    let known: Vec<&Account> = state.accounts.iter().filter(|account| account.made_at <= now).collect();
    let from = body["NextToken"].as_str().map_or(0, |token| token.parse().expect("our own token"));
    let shown = known.iter().skip(from).take(PAGE);
    let late = SignedDuration::try_from(state.mood.id_late).expect("a short time") + ACCOUNT_TAKES / 2;
    let stands = |one: &Account| {
        let young = !one.product_name.is_empty() && now.duration_since(one.made_at) < late;
        if young { "PENDING_ACTIVATION" } else { one.state }
    };
    let page: Vec<Value> =
        shown.map(|one| json!({ "Id": one.id, "Email": one.email, "Name": one.name, "State": stands(one) })).collect();
    let mut answer = json!({ "Accounts": page });
    if from + PAGE < known.len() {
        answer["NextToken"] = json!((from + PAGE).to_string());
    }
    Answer::Json(answer)
}

/// The first two units below the root, the third below the first.
fn units(body: &Value) -> Answer {
    let split = |text: &str| {
        let (name, id) = text.trim_end_matches(')').split_once(" (").expect("a full form");
        json!({ "Name": name, "Id": id })
    };
    let below: Vec<Value> = match body["ParentId"].as_str().expect("a parent") {
        "r-ab12" => UNITS[..2].iter().map(|unit| split(unit)).collect(),
        "ou-ab12-3c4d5e6f" => vec![split(UNITS[2])],
        _ => vec![],
    };
    Answer::Json(json!({ "OrganizationalUnits": below }))
}
