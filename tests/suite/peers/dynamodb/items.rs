//! Items, one by one.

use serde_json::{Value, json};

use super::account::{Account, TABLE, key, with};

pub async fn an_item_is_read_back_as_it_was_written(account: &Account) {
    account.make_table().await;
    let item = with(
        key("a", "1"),
        json!({
            "text": { "S": "grüezi" }, "nothing": { "S": "" }, "bytes": { "B": "AAEC" }, "yes": { "BOOL": true },
            "void": { "NULL": true }, "list": { "L": [{ "S": "x" }, { "N": "1" }] },
            "map": { "M": { "deep": { "M": { "deeper": { "N": "-3" } } } } }, "words": { "SS": ["a", "b"] },
        }),
    );
    account.put(item.clone()).await;
    assert_eq!(account.item(key("a", "1")).await, item);
    assert_eq!(account.item(key("a", "2")).await, Value::Null);
    // Numbers come back in one form.
    let forms =
        [("1.50E3", "1500"), ("-0.00100", "-0.001"), ("+7", "7"), ("0.0", "0"), ("1E20", "100000000000000000000")];
    for (written, read) in forms {
        account.put(with(key("a", "2"), json!({ "number": { "N": written } }))).await;
        assert_eq!(account.item(key("a", "2")).await["number"]["N"], read);
    }
}

pub async fn what_cannot_be_stored_is_refused(account: &Account) {
    account.make_table().await;
    let long = "x".repeat(2049);
    let wrong = [
        json!({ "pk": { "S": "a" } }),
        json!({ "pk": { "S": "" }, "sk": { "S": "1" } }),
        json!({ "pk": { "S": "a" }, "sk": { "S": "" } }),
        json!({ "pk": { "N": "1" }, "sk": { "S": "1" } }),
        key(&long, "1"),
        key("a", &long[..1025]),
        with(key("a", "1"), json!({ "grp": { "S": "" } })),
        with(key("a", "1"), json!({ "grp": { "NULL": true } })),
        with(key("a", "1"), json!({ "rank": { "S": "first" } })),
        with(key("a", "1"), json!({ "set": { "SS": [] } })),
        with(key("a", "1"), json!({ "set": { "SS": ["a", "a"] } })),
        with(key("a", "1"), json!({ "set": { "NS": ["1", "1.0"] } })),
        with(key("a", "1"), json!({ "number": { "N": "abc" } })),
        with(key("a", "1"), json!({ "number": { "N": "" } })),
        with(key("a", "1"), json!({ "number": { "N": "1E126" } })),
        with(key("a", "1"), json!({ "number": { "N": "1".repeat(39) } })),
        with(key("a", "1"), json!({ "two": { "S": "a", "N": "1" } })),
        with(key("a", "1"), json!({ "none": {} })),
    ];
    for item in wrong {
        let put = json!({ "TableName": TABLE, "Item": item });
        assert_eq!(account.refusal("PutItem", put).await, "ValidationException");
    }
    let elsewhere = json!({ "TableName": "nothing-here", "Item": key("a", "1") });
    assert_eq!(account.refusal("PutItem", elsewhere).await, "ResourceNotFoundException");
}

pub async fn the_largest_item_fits_and_a_larger_one_does_not(account: &Account) {
    account.make_table().await;
    // 400 KB with the names: pk, a, sk, 1 and x.
    let room = 400 * 1024 - "pkask1x".len();
    account.put(with(key("a", "1"), json!({ "x": { "S": "y".repeat(room) } }))).await;
    let larger =
        json!({ "TableName": TABLE, "Item": with(key("a", "1"), json!({ "x": { "S": "y".repeat(room + 1) } })) });
    assert_eq!(account.refusal("PutItem", larger).await, "ValidationException");
    let grow = json!({
        "TableName": TABLE, "Key": key("a", "1"), "UpdateExpression": "SET z = :z",
        "ExpressionAttributeValues": { ":z": { "S": "z" } },
    });
    assert_eq!(account.refusal("UpdateItem", grow).await, "ValidationException");
}

pub async fn a_key_has_all_its_attributes_and_no_more(account: &Account) {
    account.make_table().await;
    let wrong = [
        json!({ "pk": { "S": "a" } }),
        json!({ "pk": { "S": "a" }, "other": { "S": "1" } }),
        json!({ "pk": { "S": "a" }, "sk": { "N": "1" } }),
        json!({ "pk": { "S": "a" }, "sk": { "S": "" } }),
        with(key("a", "1"), json!({ "more": { "S": "1" } })),
    ];
    for key in wrong {
        for operation in ["GetItem", "DeleteItem", "UpdateItem"] {
            let call = json!({ "TableName": TABLE, "Key": key });
            assert_eq!(account.refusal(operation, call).await, "ValidationException", "{operation} {key}");
        }
    }
}

pub async fn a_read_shows_what_it_projects(account: &Account) {
    account.make_table().await;
    let map = json!({ "M": { "x": { "S": "1" }, "y": { "S": "2" } } });
    account.put(with(key("a", "1"), json!({ "n": { "N": "1" }, "map": map, "name": { "S": "ada" } }))).await;
    let get = |projection: &str| {
        let mut get = json!({ "TableName": TABLE, "Key": key("a", "1"), "ProjectionExpression": projection });
        if projection.contains('#') {
            get["ExpressionAttributeNames"] = json!({ "#m": "map" });
        }
        get
    };
    let shown = account.did("GetItem", get("n, #m.x, nowhere")).await;
    assert_eq!(shown["Item"], json!({ "n": { "N": "1" }, "map": { "M": { "x": { "S": "1" } } } }));
    assert_eq!(account.did("GetItem", get("nowhere")).await["Item"], json!({}));
    for wrong in ["name", "n, n", "#m.x, #m", "n,", "#other", ""] {
        assert_eq!(account.refusal("GetItem", get(wrong)).await, "ValidationException", "{wrong}");
    }
}

pub async fn a_deleted_item_is_gone_and_can_be_shown(account: &Account) {
    account.make_table().await;
    account.put(with(key("a", "1"), json!({ "n": { "N": "1" } }))).await;
    let delete = json!({ "TableName": TABLE, "Key": key("a", "1"), "ReturnValues": "ALL_OLD" });
    let shown = account.did("DeleteItem", delete.clone()).await;
    assert_eq!(shown["Attributes"], with(key("a", "1"), json!({ "n": { "N": "1" } })));
    assert_eq!(account.item(key("a", "1")).await, Value::Null);
    assert_eq!(account.did("DeleteItem", delete).await["Attributes"], Value::Null);
}

pub async fn a_batch_finds_what_is_there(account: &Account) {
    account.make_table().await;
    account.put(key("a", "1")).await;
    account.put(key("b", "1")).await;
    let batch = |keys: Vec<Value>| json!({ "RequestItems": { TABLE: { "Keys": keys, "ConsistentRead": true } } });
    let answer = account.did("BatchGetItem", batch(vec![key("a", "1"), key("c", "1"), key("b", "1")])).await;
    let mut found: Vec<&str> =
        answer["Responses"][TABLE].as_array().unwrap().iter().map(|item| item["pk"]["S"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["a", "b"]);
    assert_eq!(answer["UnprocessedKeys"], json!({}));
    let many = (0..101).map(|n| key("a", &n.to_string())).collect();
    for wrong in [vec![key("a", "1"), key("a", "1")], vec![], many] {
        assert_eq!(account.refusal("BatchGetItem", batch(wrong)).await, "ValidationException");
    }
}
