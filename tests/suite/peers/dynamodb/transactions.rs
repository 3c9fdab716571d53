//! Transactions.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

fn put(item: Value) -> Value {
    json!({ "Put": { "TableName": TABLE, "Item": item } })
}

fn put_new(item: Value) -> Value {
    json!({ "Put": { "TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(pk)" } })
}

fn delete(key: Value) -> Value {
    json!({ "Delete": { "TableName": TABLE, "Key": key } })
}

fn count(key: Value, by: &str) -> Value {
    json!({ "Update": {
        "TableName": TABLE, "Key": key, "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": { ":n": { "N": by } },
    } })
}

fn must_exist(key: Value) -> Value {
    json!({ "ConditionCheck": { "TableName": TABLE, "Key": key, "ConditionExpression": "attribute_exists(pk)" } })
}

fn transaction(actions: Vec<Value>) -> Value {
    json!({ "TransactItems": actions })
}

async fn kind_of_refusal(account: &Account, actions: Vec<Value>) -> String {
    account.refusal("TransactWriteItems", transaction(actions)).await
}

pub async fn all_actions_take_effect_together(account: &Account) {
    account.make_table().await;
    account.put(with(key("a", "1"), json!({ "n": { "N": "1" } }))).await;
    account.put(key("a", "2")).await;
    account.put(key("a", "3")).await;
    let actions =
        vec![put_new(key("b", "1")), count(key("a", "1"), "2"), delete(key("a", "2")), must_exist(key("a", "3"))];
    account.did("TransactWriteItems", transaction(actions)).await;
    assert_eq!(account.item(key("b", "1")).await, key("b", "1"));
    assert_eq!(account.item(key("a", "1")).await["n"]["N"], "3");
    assert_eq!(account.item(key("a", "2")).await, Value::Null);
    assert_eq!(account.item(key("a", "3")).await, key("a", "3"));
}

pub async fn one_failed_condition_cancels_all_and_reasons_are_in_order(account: &Account) {
    account.make_table().await;
    account.put(with(key("a", "1"), json!({ "n": { "N": "1" } }))).await;
    let mut telling = put_new(key("a", "1"));
    telling["Put"]["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let actions = vec![count(key("c", "1"), "1"), telling, put(key("b", "1")), must_exist(key("b", "2"))];
    let refused = account.call("TransactWriteItems", transaction(actions)).await.unwrap_err();
    assert_eq!(refused.kind, "TransactionCanceledException");
    let reasons = refused.body["CancellationReasons"].as_array().unwrap();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason["Code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1]["Item"]["n"]["N"], "1");
    assert_eq!(reasons[3]["Item"], Value::Null);
    let words = refused.body["Message"].as_str().unwrap();
    assert!(words.ends_with("[None, ConditionalCheckFailed, None, ConditionalCheckFailed]"), "{words}");
    for untouched in [key("c", "1"), key("b", "1")] {
        assert_eq!(account.item(untouched).await, Value::Null);
    }
}

pub async fn an_item_that_does_not_fit_is_a_reason(account: &Account) {
    account.make_table().await;
    let wrong = [
        put(json!({ "pk": { "N": "1" }, "sk": { "S": "1" } })),
        put(with(key("b", "1"), json!({ "rank": { "S": "first" } }))),
    ];
    for action in wrong {
        let refused =
            account.call("TransactWriteItems", transaction(vec![put(key("a", "1")), action])).await.unwrap_err();
        assert_eq!(refused.kind, "TransactionCanceledException");
        let reasons = &refused.body["CancellationReasons"];
        assert_eq!((&reasons[0]["Code"], &reasons[1]["Code"]), (&json!("None"), &json!("ValidationError")));
    }
    // DynamoDB Local gives one reason only here.
    let moved = json!({ "Update": {
        "TableName": TABLE, "Key": key("b", "1"), "UpdateExpression": "SET pk = :x",
        "ExpressionAttributeValues": { ":x": { "S": "x" } },
    } });
    let kind = kind_of_refusal(account, vec![put(key("a", "1")), moved]).await;
    assert_eq!(kind, "TransactionCanceledException");
    assert_eq!(account.item(key("a", "1")).await, Value::Null);
}

pub async fn a_malformed_transaction_is_refused_whole(account: &Account) {
    account.make_table().await;
    let wrong = [
        vec![],
        vec![put(key("a", "1")), delete(key("a", "1"))],
        vec![put(key("a", "1")), must_exist(key("a", "1"))],
        vec![put(json!({ "pk": { "S": "a" } }))],
        vec![put(key("", "1"))],
        vec![delete(key("a", ""))],
        vec![put(with(key("a", "1"), json!({ "x": { "S": "x".repeat(410_000) } })))],
        vec![json!({ "ConditionCheck": { "TableName": TABLE, "Key": key("a", "1"), "ConditionExpression": "= =" } })],
        vec![with(put(key("a", "1")), delete(key("b", "1")))],
        vec![json!({ "Put": {
            "TableName": TABLE, "Item": key("a", "1"), "ExpressionAttributeValues": { ":x": { "S": "x" } },
        } })],
    ];
    for actions in wrong {
        let shown = json!(actions).to_string();
        let kind = kind_of_refusal(account, actions).await;
        assert_eq!(kind, "ValidationException", "{}", shown.get(..200).unwrap_or(&shown));
    }
    let elsewhere = vec![json!({ "Put": { "TableName": "nothing-here", "Item": key("a", "1") } })];
    assert_eq!(kind_of_refusal(account, elsewhere).await, "ResourceNotFoundException");
}

pub async fn a_hundred_actions_are_the_most(account: &Account) {
    account.make_table().await;
    let actions = |many: usize| (0..many).map(|n| put(key("a", &n.to_string()))).collect::<Vec<_>>();
    account.did("TransactWriteItems", transaction(actions(100))).await;
    assert_eq!(kind_of_refusal(account, actions(101)).await, "ValidationException");
}

pub async fn four_megabytes_are_the_most(account: &Account) {
    account.make_table().await;
    let large = "x".repeat(390 * 1024);
    let actions =
        |many: usize| (0..many).map(|n| put(with(key("a", &n.to_string()), json!({ "x": { "S": large } })))).collect();
    account.did("TransactWriteItems", transaction(actions(10))).await;
    assert_eq!(kind_of_refusal(account, actions(11)).await, "ValidationException");
}

pub async fn a_token_makes_a_repetition_harmless(account: &Account) {
    account.make_table().await;
    let with_token =
        |by: &str, token: &str| json!({ "TransactItems": [count(key("a", "1"), by)], "ClientRequestToken": token });
    for _ in 0..3 {
        account.did("TransactWriteItems", with_token("1", "first")).await;
    }
    assert_eq!(account.item(key("a", "1")).await["n"]["N"], "1");
    account.did("TransactWriteItems", with_token("1", "second")).await;
    assert_eq!(account.item(key("a", "1")).await["n"]["N"], "2");
    let other = account.refusal("TransactWriteItems", with_token("2", "first")).await;
    assert_eq!(other, "IdempotentParameterMismatchException");
    let long = account.refusal("TransactWriteItems", with_token("1", &"t".repeat(37))).await;
    assert_eq!(long, "ValidationException");
}

pub async fn a_cancelled_transaction_leaves_its_token_free(account: &Account) {
    account.make_table().await;
    account.put(key("a", "1")).await;
    let create = json!({ "TransactItems": [put_new(key("a", "1"))], "ClientRequestToken": "again" });
    assert_eq!(account.refusal("TransactWriteItems", create.clone()).await, "TransactionCanceledException");
    account.did("DeleteItem", json!({ "TableName": TABLE, "Key": key("a", "1") })).await;
    account.did("TransactWriteItems", create).await;
    assert_eq!(account.item(key("a", "1")).await, key("a", "1"));
}

pub async fn several_items_are_read_at_once(account: &Account) {
    account.make_table().await;
    account.put(with(key("a", "1"), json!({ "n": { "N": "1" }, "m": { "N": "2" } }))).await;
    let get = |pk: &str| json!({ "Get": { "TableName": TABLE, "Key": key(pk, "1") } });
    let mut projected = get("a");
    projected["Get"]["ProjectionExpression"] = json!("n");
    let answer = account.did("TransactGetItems", transaction(vec![get("b"), projected])).await;
    assert_eq!(answer["Responses"], json!([{}, { "Item": { "n": { "N": "1" } } }]));
    let twice = account.refusal("TransactGetItems", transaction(vec![get("a"), get("a")])).await;
    assert_eq!(twice, "ValidationException");
}
