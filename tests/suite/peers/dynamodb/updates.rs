//! Update expressions.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

fn update(key: Value, expression: &str, values: Value) -> Value {
    let mut update =
        json!({ "TableName": TABLE, "Key": key, "UpdateExpression": expression, "ReturnValues": "ALL_NEW" });
    if !values.is_null() {
        update["ExpressionAttributeValues"] = values;
    }
    update
}

fn thing() -> Value {
    with(
        key("a", "1"),
        json!({ "n": { "N": "5" }, "word": { "S": "w" }, "map": { "M": { "x": { "S": "y" } } }, "tags": { "SS": ["x", "y"] } }),
    )
}

pub async fn an_update_makes_of_an_item_what_it_says(account: &Account) {
    account.make_table().await;
    let three = json!({ ":v": { "N": "3" } });
    let text = json!({ ":v": { "S": "new" } });
    let cases = [
        ("SET word = :v", &text, "word", json!({ "S": "new" })),
        ("SET spare = :v", &text, "spare", json!({ "S": "new" })),
        ("SET n = n + :v", &three, "n", json!({ "N": "8" })),
        ("SET n = n - :v", &three, "n", json!({ "N": "2" })),
        ("SET m = if_not_exists(m, :v)", &three, "m", json!({ "N": "3" })),
        ("SET n = if_not_exists(n, :v) + :v", &three, "n", json!({ "N": "8" })),
        ("SET word = n, n = word", &Value::Null, "word", json!({ "N": "5" })),
        ("SET #m.z = :v", &text, "map", json!({ "M": { "x": { "S": "y" }, "z": { "S": "new" } } })),
        ("REMOVE word", &Value::Null, "word", Value::Null),
        ("REMOVE nowhere, #m.x", &Value::Null, "map", json!({ "M": {} })),
        ("ADD n :v", &three, "n", json!({ "N": "8" })),
        ("add fresh :v", &three, "fresh", json!({ "N": "3" })),
        ("ADD tags :v", &json!({ ":v": { "SS": ["z"] } }), "tags", json!({ "SS": ["x", "y", "z"] })),
        ("DELETE tags :v", &json!({ ":v": { "SS": ["x", "q"] } }), "tags", json!({ "SS": ["y"] })),
        ("DELETE tags :v", &json!({ ":v": { "SS": ["x", "y"] } }), "tags", Value::Null),
        (
            "SET l = list_append(if_not_exists(l, :v), :v)",
            &json!({ ":v": { "L": [{ "N": "1" }] } }),
            "l",
            json!({ "L": [{ "N": "1" }, { "N": "1" }] }),
        ),
        ("SET word = :v REMOVE n", &text, "n", Value::Null),
    ];
    for (expression, values, attribute, expected) in cases {
        account.put(thing()).await;
        let mut update = update(key("a", "1"), expression, values.clone());
        if expression.contains("#m") {
            update["ExpressionAttributeNames"] = json!({ "#m": "map" });
        }
        let answer = account.did("UpdateItem", update).await;
        assert_eq!(answer["Attributes"][attribute], expected, "{expression}");
        assert_eq!(account.item(key("a", "1")).await[attribute], expected, "{expression}");
    }
}

pub async fn an_update_makes_an_item_that_is_not_there(account: &Account) {
    account.make_table().await;
    account.did("UpdateItem", update(key("b", "1"), "SET word = :v", json!({ ":v": { "S": "x" } }))).await;
    assert_eq!(account.item(key("b", "1")).await, with(key("b", "1"), json!({ "word": { "S": "x" } })));
    account.did("UpdateItem", update(key("b", "2"), "REMOVE word", Value::Null)).await;
    assert_eq!(account.item(key("b", "2")).await, key("b", "2"));
    let mut guarded = update(key("b", "3"), "SET word = :v", json!({ ":v": { "S": "x" } }));
    guarded["ConditionExpression"] = json!("attribute_exists(pk)");
    assert_eq!(account.refusal("UpdateItem", guarded).await, "ConditionalCheckFailedException");
    assert_eq!(account.item(key("b", "3")).await, Value::Null);
}

pub async fn an_update_that_makes_no_sense_is_refused(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    let three = json!({ ":v": { "N": "3" } });
    let text = json!({ ":v": { "S": "new" } });
    let wrong = [
        ("", &Value::Null),
        ("SET", &Value::Null),
        ("SET word", &Value::Null),
        ("SET word :v", &text),
        ("SET word = :v SET spare = :v", &text),
        ("SET word = :v, word = :v", &text),
        ("SET word = :v REMOVE word", &text),
        ("SET word = nowhere", &Value::Null),
        ("SET m = nowhere + :v", &three),
        ("SET m = word + :v", &three),
        ("ADD word :v", &three),
        ("ADD n :v", &text),
        ("DELETE tags :v", &three),
        ("SET pk = :v", &text),
        ("REMOVE sk", &Value::Null),
        ("SET nowhere.x = :v", &text),
        ("SET grp = :v", &json!({ ":v": { "S": "" } })),
        ("SET name = :v", &text),
        ("SET word = :v", &Value::Null),
        ("SET word = :v", &json!({ ":v": { "S": "a" }, ":w": { "S": "b" } })),
        ("CHANGE word = :v", &text),
    ];
    for (expression, values) in wrong {
        let kind = account.refusal("UpdateItem", update(key("a", "1"), expression, values.clone())).await;
        assert_eq!(kind, "ValidationException", "{expression}");
    }
}

pub async fn a_refused_update_changes_nothing(account: &Account) {
    account.make_table().await;
    account.put(thing()).await;
    let half = update(key("a", "1"), "SET spare = :v, m = nowhere", json!({ ":v": { "S": "x" } }));
    assert_eq!(account.refusal("UpdateItem", half).await, "ValidationException");
    assert_eq!(account.item(key("a", "1")).await, thing());
}
