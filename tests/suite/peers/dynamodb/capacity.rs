//! What calls consume.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

fn units(answer: &Value) -> f64 {
    let consumed = &answer["ConsumedCapacity"];
    let all = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed.clone()]);
    all.iter().map(|one| one["CapacityUnits"].as_f64().unwrap()).sum()
}

async fn cost(account: &Account, operation: &str, call: Value) -> f64 {
    units(&account.did(operation, with(call, json!({ "ReturnConsumedCapacity": "INDEXES" }))).await)
}

fn put(item: Value) -> Value {
    json!({ "TableName": TABLE, "Item": item })
}

pub async fn writes_cost_by_the_kilobyte_and_by_the_index(account: &Account) {
    account.make_table().await;
    let of_size = |bytes: usize| with(key("a", "1"), json!({ "x": { "S": "y".repeat(bytes - "pkask1x".len()) } }));
    let costs = [(1024, 1.0), (1025, 2.0), (10_000, 10.0), (500, 10.0), (500, 1.0)];
    for (bytes, expected) in costs {
        assert!((cost(account, "PutItem", put(of_size(bytes))).await - expected).abs() < 0.01, "{bytes} bytes");
    }
    let indexed = |rank: &str, hidden: &str| {
        let more = json!({ "grp": { "S": "g" }, "rank": { "N": rank }, "hidden": { "S": hidden } });
        put(with(key("b", "1"), more))
    };
    // New in both indexes; the same again; moved in one; changed where only one shows it.
    let writes = [("1", "x", 3.0), ("1", "x", 1.0), ("2", "x", 3.0), ("2", "y", 2.0)];
    for (rank, hidden, expected) in writes {
        let found = cost(account, "PutItem", indexed(rank, hidden)).await;
        assert!((found - expected).abs() < 0.01, "{rank} {hidden}: {found}");
    }
    let delete = json!({ "TableName": TABLE, "Key": key("b", "1") });
    assert!((cost(account, "DeleteItem", delete).await - 3.0).abs() < 0.01);
    let transaction = json!({ "TransactItems": [{ "Put": put(key("c", "1")) }, { "Put": put(key("c", "2")) }] });
    assert!((cost(account, "TransactWriteItems", transaction).await - 4.0).abs() < 0.01);
}

pub async fn reads_cost_by_four_kilobytes_and_consistency(account: &Account) {
    account.make_table().await;
    for n in 0..3 {
        account.put(with(key("a", &n.to_string()), json!({ "x": { "S": "y".repeat(3000) } }))).await;
    }
    let get = |consistent: bool| json!({ "TableName": TABLE, "Key": key("a", "1"), "ConsistentRead": consistent });
    assert!((cost(account, "GetItem", get(true)).await - 1.0).abs() < 0.01);
    assert!((cost(account, "GetItem", get(false)).await - 0.5).abs() < 0.01);
    let missing = json!({ "TableName": TABLE, "Key": key("nobody", "1"), "ConsistentRead": true });
    assert!((cost(account, "GetItem", missing).await - 1.0).abs() < 0.01);
    // A query adds up before it rounds.
    let query = json!({
        "TableName": TABLE, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": { ":p": { "S": "a" } },
        "ConsistentRead": true,
    });
    assert!((cost(account, "Query", query).await - 3.0).abs() < 0.01);
    let transaction = json!({ "TransactItems": [{ "Get": { "TableName": TABLE, "Key": key("a", "1") } }] });
    assert!((cost(account, "TransactGetItems", transaction).await - 2.0).abs() < 0.01);
}
