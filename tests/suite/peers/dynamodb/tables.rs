//! Tables.

use serde_json::json;

use super::account::{Account, TABLE, table};

pub async fn a_table_is_made_once_and_described(account: &Account) {
    account.make_table().await;
    assert_eq!(account.refusal("CreateTable", table(TABLE)).await, "ResourceInUseException");
    let described = account.did("DescribeTable", json!({ "TableName": TABLE })).await["Table"].take();
    assert_eq!(described["TableStatus"], "ACTIVE");
    assert_eq!(described["KeySchema"], table(TABLE)["KeySchema"]);
    assert_eq!(described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    let mut indexes: Vec<&str> = described["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["IndexName"].as_str().unwrap())
        .collect();
    indexes.sort_unstable();
    assert_eq!(indexes, ["by-group", "groups"]);
    let missing = json!({ "TableName": "nothing-here" });
    assert_eq!(account.refusal("DescribeTable", missing).await, "ResourceNotFoundException");
}

pub async fn all_key_attributes_are_defined_and_no_others(account: &Account) {
    let mut too_few = table("too-few");
    too_few["AttributeDefinitions"].as_array_mut().unwrap().pop();
    let mut too_many = table("too-many");
    let spare = json!({ "AttributeName": "spare", "AttributeType": "S" });
    too_many["AttributeDefinitions"].as_array_mut().unwrap().push(spare);
    for wrong in [too_few, too_many, table("no")] {
        assert_eq!(account.refusal("CreateTable", wrong).await, "ValidationException");
    }
}

pub async fn time_to_live_is_switched_on_once(account: &Account) {
    account.make_table().await;
    let look = json!({ "TableName": TABLE });
    let before = account.did("DescribeTimeToLive", look.clone()).await;
    assert_eq!(before["TimeToLiveDescription"]["TimeToLiveStatus"], "DISABLED");
    let on = json!({ "TableName": TABLE, "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "gone_at" } });
    account.did("UpdateTimeToLive", on.clone()).await;
    let after = account.did("DescribeTimeToLive", look).await["TimeToLiveDescription"].take();
    assert_eq!(
        (after["TimeToLiveStatus"].clone(), after["AttributeName"].clone()),
        (json!("ENABLED"), json!("gone_at"))
    );
    assert_eq!(account.refusal("UpdateTimeToLive", on).await, "ValidationException");
}
