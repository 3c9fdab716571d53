//! Queries of the table and of its indexes.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

/// The query of one partition, with these members too.
fn query(more: Value) -> Value {
    let base = json!({
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": { ":p": { "S": "p" } },
    });
    with(base, more)
}

fn of_index(index: &str, more: Value) -> Value {
    let base = json!({
        "IndexName": index,
        "KeyConditionExpression": "grp = :g",
        "ExpressionAttributeValues": { ":g": { "S": "g" } },
    });
    query(with(base, more))
}

/// The sort keys of what was found, in order.
fn found(answer: &Value) -> Vec<&str> {
    answer["Items"].as_array().unwrap().iter().map(|item| item["sk"]["S"].as_str().unwrap()).collect()
}

async fn seven(account: &Account) {
    account.make_table().await;
    for n in 0..7 {
        account.put(with(key("p", &format!("s{n}")), json!({ "n": { "N": n.to_string() } }))).await;
    }
    account.put(key("q", "s0")).await;
}

pub async fn a_partition_is_answered_in_the_order_of_its_sort_key(account: &Account) {
    account.make_table().await;
    for sort in ["b", "a", "aa", "Z", "é", "10", "9"] {
        account.put(key("p", sort)).await;
    }
    let order = ["10", "9", "Z", "a", "aa", "b", "é"];
    assert_eq!(found(&account.did("Query", query(json!({}))).await), order);
    let backwards = account.did("Query", query(json!({ "ScanIndexForward": false }))).await;
    assert_eq!(found(&backwards), order.into_iter().rev().collect::<Vec<_>>());
    let none = account.did("Query", query(json!({ "ExpressionAttributeValues": { ":p": { "S": "nobody" } } }))).await;
    assert_eq!((none["Count"].clone(), none["LastEvaluatedKey"].clone()), (json!(0), Value::Null));
}

pub async fn a_range_of_sort_keys_can_be_asked_for(account: &Account) {
    seven(account).await;
    let ranges: [(&str, &[&str]); 8] = [
        ("pk = :p AND sk = :a", &["s2"]),
        ("pk = :p AND sk < :a", &["s0", "s1"]),
        ("pk = :p AND sk <= :a", &["s0", "s1", "s2"]),
        ("pk = :p AND sk > :a", &["s3", "s4", "s5", "s6"]),
        ("sk >= :a AND pk = :p", &["s2", "s3", "s4", "s5", "s6"]),
        ("(pk = :p) AND (sk BETWEEN :a AND :b)", &["s2", "s3", "s4"]),
        ("pk = :p and begins_with(sk, :a)", &["s2"]),
        ("pk = :p AND sk BETWEEN :a AND :b", &["s2", "s3", "s4"]),
    ];
    for (condition, sorts) in ranges {
        let mut values = json!({ ":p": { "S": "p" }, ":a": { "S": "s2" } });
        if condition.contains(":b") {
            values[":b"] = json!({ "S": "s4" });
        }
        let asked = query(json!({ "KeyConditionExpression": condition, "ExpressionAttributeValues": values }));
        assert_eq!(found(&account.did("Query", asked).await), sorts, "{condition}");
    }
}

/// Every page, as lists of sort keys.
async fn pages(account: &Account, mut asked: Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let answer = account.did("Query", asked.clone()).await;
        pages.push(found(&answer).into_iter().map(ToOwned::to_owned).collect());
        match &answer["LastEvaluatedKey"] {
            Value::Null => return pages,
            last => asked["ExclusiveStartKey"] = last.clone(),
        }
        assert!(pages.len() < 100, "the pages have no end");
    }
}

pub async fn pages_follow_each_other_without_gaps_or_repeats(account: &Account) {
    seven(account).await;
    let forwards = pages(account, query(json!({ "Limit": 3 }))).await;
    assert_eq!(forwards, [vec!["s0", "s1", "s2"], vec!["s3", "s4", "s5"], vec!["s6"]]);
    let backwards = pages(account, query(json!({ "Limit": 3, "ScanIndexForward": false }))).await;
    assert_eq!(backwards, [vec!["s6", "s5", "s4"], vec!["s3", "s2", "s1"], vec!["s0"]]);
    // A page that is full knows of no end.
    let full = pages(account, query(json!({ "Limit": 7 }))).await;
    assert_eq!(full.iter().map(Vec::len).collect::<Vec<_>>(), [7, 0]);
    // The key to begin after need not exist.
    let after = query(json!({ "ExclusiveStartKey": key("p", "s45") }));
    assert_eq!(found(&account.did("Query", after).await), ["s5", "s6"]);
}

pub async fn a_limit_counts_before_the_filter(account: &Account) {
    seven(account).await;
    let values = json!({ ":p": { "S": "p" }, ":n": { "N": "4" } });
    let filtered = query(json!({ "Limit": 5, "FilterExpression": "n >= :n", "ExpressionAttributeValues": values }));
    let answer = account.did("Query", filtered.clone()).await;
    assert_eq!((found(&answer), &answer["ScannedCount"], &answer["Count"]), (vec!["s4"], &json!(5), &json!(1)));
    assert_eq!(answer["LastEvaluatedKey"], key("p", "s4"));
    let counted = account.did("Query", with(filtered, json!({ "Select": "COUNT", "Limit": 7 }))).await;
    assert_eq!((counted["Count"].clone(), counted["Items"].clone()), (json!(3), Value::Null));
}

pub async fn an_index_holds_only_items_with_its_keys(account: &Account) {
    account.make_table().await;
    let in_group = |rank: &str| json!({ "grp": { "S": "g" }, "rank": { "N": rank } });
    account.put(with(key("p", "ten"), in_group("10"))).await;
    account.put(with(key("p", "nine"), in_group("9"))).await;
    account.put(with(key("q", "minus"), in_group("-1"))).await;
    account.put(with(key("q", "no rank"), json!({ "grp": { "S": "g" } }))).await;
    account.put(with(key("q", "no group"), json!({ "rank": { "N": "1" } }))).await;
    assert_eq!(found(&account.did("Query", of_index("by-group", json!({}))).await), ["minus", "nine", "ten"]);
    let update = json!({ "TableName": TABLE, "Key": key("p", "nine"), "UpdateExpression": "REMOVE grp" });
    account.did("UpdateItem", update).await;
    assert_eq!(found(&account.did("Query", of_index("by-group", json!({}))).await), ["minus", "ten"]);
    assert_eq!(account.did("Query", of_index("groups", json!({}))).await["Count"], 3);
}

pub async fn an_index_shows_only_what_it_projects(account: &Account) {
    account.make_table().await;
    let more = json!({ "grp": { "S": "g" }, "also": { "S": "shown" }, "hidden": { "S": "not" } });
    account.put(with(key("p", "1"), more)).await;
    let shown = account.did("Query", of_index("groups", json!({}))).await["Items"][0].take();
    assert_eq!(shown, with(key("p", "1"), json!({ "grp": { "S": "g" }, "also": { "S": "shown" } })));
    let values = json!({ ":g": { "S": "g" }, ":x": { "S": "x" } });
    let wrong = [
        json!({ "ProjectionExpression": "hidden" }),
        json!({ "FilterExpression": "hidden = :x", "ExpressionAttributeValues": values }),
        json!({ "FilterExpression": "grp = :x", "ExpressionAttributeValues": values }),
        json!({ "Select": "ALL_ATTRIBUTES" }),
        json!({ "ConsistentRead": true }),
    ];
    for more in wrong {
        assert_eq!(account.refusal("Query", of_index("groups", more)).await, "ValidationException");
    }
}

pub async fn an_index_can_be_paged_though_its_keys_repeat(account: &Account) {
    account.make_table().await;
    for n in 0..7 {
        let more = json!({ "grp": { "S": "g" }, "rank": { "N": "1" } });
        account.put(with(key(&format!("p{}", n % 3), &format!("s{n}")), more)).await;
    }
    for forward in [true, false] {
        let asked = of_index("by-group", json!({ "Limit": 2, "ScanIndexForward": forward }));
        let mut all: Vec<String> = pages(account, asked).await.concat();
        all.sort_unstable();
        assert_eq!(all, ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]);
    }
    let start = json!({ "ExclusiveStartKey": key("p0", "s0") });
    assert_eq!(account.refusal("Query", of_index("by-group", start)).await, "ValidationException");
}

pub async fn a_large_partition_is_cut_at_a_megabyte(account: &Account) {
    account.make_table().await;
    for n in 0..4 {
        let x = "x".repeat(390 * 1024);
        account.put(with(key("p", &format!("s{n}")), json!({ "x": { "S": x } }))).await;
    }
    let answer = account.did("Query", query(json!({}))).await;
    assert_eq!(found(&answer), ["s0", "s1", "s2"]);
    assert_eq!(answer["LastEvaluatedKey"], key("p", "s2"));
}

pub async fn a_query_that_makes_no_sense_is_refused(account: &Account) {
    seven(account).await;
    let condition = |text: &str| json!({ "KeyConditionExpression": text });
    let wrong = [
        condition("sk = :p"),
        condition("pk <> :p"),
        condition("pk < :p"),
        condition("begins_with(pk, :p)"),
        condition("pk = :p OR sk = :p"),
        condition("NOT pk = :p"),
        condition("pk = :p AND n = :p"),
        condition("pk = :p AND sk <> :p"),
        condition("pk = :p AND contains(sk, :p)"),
        condition("pk = :p AND sk > :p AND sk < :p"),
        condition("pk = :p AND pk = :p"),
        condition("pk IN (:p)"),
        condition("pk = :p AND"),
        json!({ "ExpressionAttributeValues": { ":p": { "N": "1" } } }),
        json!({ "ExpressionAttributeValues": { ":p": { "S": "" } } }),
        json!({ "ExpressionAttributeValues": { ":p": { "S": "p" }, ":unused": { "S": "p" } } }),
        json!({ "IndexName": "nowhere" }),
        json!({ "Limit": 0 }),
        json!({ "FilterExpression": "sk = :p" }),
        json!({ "ExclusiveStartKey": { "pk": { "S": "p" } } }),
        json!({ "ExclusiveStartKey": key("q", "s0") }),
    ];
    for more in wrong {
        let shown = more.to_string();
        assert_eq!(account.refusal("Query", query(more)).await, "ValidationException", "{shown}");
    }
    let elsewhere = query(json!({ "TableName": "nothing-here" }));
    assert_eq!(account.refusal("Query", elsewhere).await, "ResourceNotFoundException");
}
