//! Condition expressions.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

/// What conditions are asked of.
fn thing() -> Value {
    with(
        key("a", "1"),
        json!({
            "n": { "N": "9" }, "word": { "S": "walnut" }, "yes": { "BOOL": true }, "tags": { "SS": ["x", "y"] },
            "seq": { "L": [{ "S": "p" }, { "N": "2" }] }, "nest": { "M": { "core": { "S": "deep" } } },
            "nil": { "NULL": true },
        }),
    )
}

/// A write that changes nothing and holds under this condition.
fn checked(condition: &str, names: &Value, values: &Value) -> Value {
    let mut put = json!({ "TableName": TABLE, "Item": thing(), "ConditionExpression": condition });
    if !names.is_null() {
        put["ExpressionAttributeNames"] = names.clone();
    }
    if !values.is_null() {
        put["ExpressionAttributeValues"] = values.clone();
    }
    put
}

/// All values a condition names, out of these.
fn used(condition: &str) -> Value {
    let all = json!({
        ":ten": { "N": "10" }, ":nine": { "N": "9.0" }, ":two": { "N": "2" }, ":s9": { "S": "9" }, ":w": { "S": "walnut" },
        ":wal": { "S": "wal" }, ":x": { "S": "x" }, ":p": { "S": "p" }, ":t": { "BOOL": true }, ":d": { "S": "deep" },
        ":six": { "N": "6" }, ":kind": { "S": "NULL" },
    });
    let all = all.as_object().unwrap().clone();
    let words: Vec<&str> = condition.split(|c: char| !(c.is_alphanumeric() || c == ':')).collect();
    let used: serde_json::Map<_, _> = all.into_iter().filter(|(name, _)| words.contains(&name.as_str())).collect();
    if used.is_empty() { Value::Null } else { Value::Object(used) }
}

/// Conditions that hold of the thing.
const HOLD: &[&str] = &[
    "n = :nine",
    "n < :ten",
    "n <= :nine",
    "n > :two",
    "n >= :nine",
    "n <> :ten",
    "n <> :s9",
    "word = :w",
    "nowhere <> :w",
    "NOT nowhere = :w",
    "attribute_exists(pk)",
    "attribute_not_exists(nowhere)",
    "attribute_type(nil, :kind)",
    "begins_with(word, :wal)",
    "contains(word, :wal)",
    "contains(tags, :x)",
    "contains(seq, :p)",
    "contains(seq, :two)",
    "size(word) = :six",
    "size(tags) = :two",
    "n BETWEEN :two AND :ten",
    "n IN (:two, :nine)",
    "nest.core = :d",
    "seq[1] = :two",
    "yes = :t",
    "n = :two OR n = :nine AND word = :w",
    "(n = :two OR n = :nine) AND word = :w",
    "not n = :two and word = :w",
    "attribute_exists (pk)",
    "attribute_exists(nil)",
    ":nine = n",
    "word > :wal",
];

/// Conditions that do not.
const FAIL: &[&str] = &[
    "n = :ten",
    "n > :ten",
    "n < :s9",
    "n = :s9",
    "nowhere = :w",
    "nowhere < :ten",
    "attribute_exists(nowhere)",
    "attribute_not_exists(pk)",
    "begins_with(word, :x)",
    "begins_with(n, :s9)",
    "contains(tags, :w)",
    "n BETWEEN :ten AND :ten",
    "n IN (:two, :ten)",
    "nowhere IN (:two)",
    "nest.nowhere = :d",
    "seq[7] = :two",
    "size(nowhere) = :two",
    "size(n) = :two",
    "NOT n = :nine",
    "n = :two AND n = :nine OR word = :d",
    "nowhere BETWEEN :two AND :ten",
    "yes > :two",
];

pub async fn a_condition_holds_or_does_not(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    for condition in HOLD {
        account.did("PutItem", checked(condition, &Value::Null, &used(condition))).await;
    }
    for condition in FAIL {
        let kind = account.refusal("PutItem", checked(condition, &Value::Null, &used(condition))).await;
        assert_eq!(kind, "ConditionalCheckFailedException", "{condition}");
    }
}

pub async fn a_malformed_condition_is_refused(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    let wrong = [
        "",
        "n",
        "n =",
        "n = = :ten",
        "n = 1",
        "= n",
        "(n = :ten",
        "n = :ten)",
        "((n = :ten))",
        "n = n",
        "state = :w",
        "Name = :w",
        "_n = :w",
        "a-b = :w",
        "n < :t",
        "begins_with(n, :two)",
        "foo(n)",
        "BEGINS_WITH(word, :wal)",
        "attribute_exists(:w)",
        "attribute_exists(n, word)",
        "n BETWEEN :ten AND :two",
        "n BETWEEN :two AND :s9",
        "n IN ()",
        "n AND word = :w",
        "n = :ten AND",
        "NOT",
        "n = :ten; n = :nine",
        "seq[x] = :two",
        "nest. = :d",
    ];
    for condition in wrong {
        let kind = account.refusal("PutItem", checked(condition, &Value::Null, &used(condition))).await;
        assert_eq!(kind, "ValidationException", "{condition}");
    }
}

pub async fn placeholders_are_defined_and_used(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    let (name, value) = (json!({ "#n": "n" }), json!({ ":v": { "N": "9" } }));
    account.did("PutItem", checked("#n = :v", &name, &value)).await;
    let none = Value::Null;
    let two = json!({ ":v": { "N": "9" }, ":unused": { "N": "9" } });
    let wrong = [
        ("#n = :v", &none, &value),
        ("#n = :v", &name, &none),
        ("n = :v", &name, &value),
        ("#n = :v", &name, &two),
        ("attribute_exists(n)", &none, &json!({})),
        ("attribute_exists(n)", &json!({}), &none),
        ("#other = :v", &name, &value),
    ];
    for (condition, names, values) in wrong {
        let kind = account.refusal("PutItem", checked(condition, names, values)).await;
        assert_eq!(kind, "ValidationException", "{condition} {names} {values}");
    }
    let without_expression = json!({ "TableName": TABLE, "Item": thing(), "ExpressionAttributeValues": value });
    assert_eq!(account.refusal("PutItem", without_expression).await, "ValidationException");
}

pub async fn a_failed_condition_shows_what_it_found_when_asked(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    let mut put = checked("attribute_not_exists(pk)", &Value::Null, &Value::Null);
    let silent = account.call("PutItem", put.clone()).await.unwrap_err();
    assert_eq!(silent.body["Item"], Value::Null);
    put["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let telling = account.call("PutItem", put).await.unwrap_err();
    assert_eq!(telling.body["Item"]["word"], json!({ "S": "walnut" }));
}
