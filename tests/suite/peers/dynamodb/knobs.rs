//! What only the played one does on demand, and how the SDK reads it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::{Value, json};

use super::account::{Account, TABLE, key, table, with};
use crate::fakes::aws::dynamodb::PlayedDynamoDb;
use crate::fakes::aws::wire::Endpoint;

async fn world() -> (Arc<PlayedDynamoDb>, Account) {
    let service = Arc::new(PlayedDynamoDb::default());
    let account = Account::of(&service).await;
    account.make_table().await;
    (service, account)
}

fn put(sort: &str) -> Value {
    json!({ "TableName": TABLE, "Item": key("a", sort) })
}

#[tokio::test]
async fn the_next_calls_are_throttled_and_no_more() {
    let (service, account) = world().await;
    service.throttle(2);
    for _ in 0..2 {
        assert_eq!(account.refusal("PutItem", put("1")).await, "ProvisionedThroughputExceededException");
    }
    account.did("PutItem", put("1")).await;
}

#[tokio::test]
async fn a_lost_answer_is_of_a_call_that_took_effect() {
    let (service, account) = world().await;
    service.lose_the_answer("PutItem", "\"2\"");
    account.did("PutItem", put("1")).await;
    let lost = reqwest::Client::new().post(account.url()).header("x-amz-target", "DynamoDB_20120810.PutItem");
    let broken = async { lost.body(put("2").to_string()).send().await?.bytes().await };
    assert!(broken.await.is_err());
    assert_eq!(account.item(key("a", "2")).await, key("a", "2"));
    account.did("PutItem", put("2")).await;
}

#[tokio::test]
async fn a_write_can_meet_another_transaction() {
    let (service, account) = world().await;
    service.conflict(2);
    assert_eq!(account.refusal("PutItem", put("1")).await, "TransactionConflictException");
    let actions = json!({ "TransactItems": [{ "Put": put("1") }, { "Put": put("2") }] });
    let refused = account.call("TransactWriteItems", actions.clone()).await.unwrap_err();
    assert_eq!(refused.body["CancellationReasons"][1]["Code"], "TransactionConflict");
    account.did("TransactWriteItems", actions).await;
}

#[tokio::test]
async fn a_service_that_is_down_refuses_everything_and_keeps_what_it_has() {
    let (service, account) = world().await;
    account.did("PutItem", put("1")).await;
    service.be_down(true);
    assert_eq!(account.refusal("DescribeTable", json!({ "TableName": TABLE })).await, "InternalServerError");
    service.be_down(false);
    assert_eq!(account.item(key("a", "1")).await, key("a", "1"));
}

#[tokio::test]
async fn an_index_and_an_eventual_read_can_be_late() {
    let (service, account) = world().await;
    service.fall_behind();
    account.put(with(key("a", "1"), json!({ "grp": { "S": "g" }, "rank": { "N": "1" } }))).await;
    let query = json!({
        "TableName": TABLE, "IndexName": "by-group", "KeyConditionExpression": "grp = :g",
        "ExpressionAttributeValues": { ":g": { "S": "g" } },
    });
    let eventual = json!({ "TableName": TABLE, "Key": key("a", "1") });
    assert_eq!(account.did("Query", query.clone()).await["Count"], 0);
    assert_eq!(account.did("GetItem", eventual.clone()).await["Item"], Value::Null);
    assert_ne!(account.item(key("a", "1")).await, Value::Null);
    service.catch_up();
    assert_eq!(account.did("Query", query).await["Count"], 1);
    assert_ne!(account.did("GetItem", eventual).await["Item"], Value::Null);
}

#[tokio::test]
async fn a_batch_can_leave_keys_for_later() {
    let (service, account) = world().await;
    account.put(key("a", "1")).await;
    account.put(key("a", "2")).await;
    service.leave_keys_unprocessed(1);
    let batch = json!({ "RequestItems": { TABLE: { "Keys": [key("a", "1"), key("a", "2")] } } });
    let answer = account.did("BatchGetItem", batch).await;
    assert_eq!(answer["Responses"][TABLE].as_array().unwrap().len(), 1);
    let rest = account.did("BatchGetItem", json!({ "RequestItems": answer["UnprocessedKeys"] })).await;
    assert_eq!(rest["Responses"][TABLE], json!([key("a", "2")]));
}

#[tokio::test]
async fn a_table_can_take_its_time() {
    let (service, account) = world().await;
    service.take_time_to_create(1);
    account.did("CreateTable", table("another")).await;
    let look = json!({ "TableName": "another" });
    assert_eq!(account.did("DescribeTable", look.clone()).await["Table"]["TableStatus"], "CREATING");
    assert_eq!(account.did("DescribeTable", look).await["Table"]["TableStatus"], "ACTIVE");
}

#[tokio::test]
async fn recovery_to_a_point_in_time_can_be_switched_on() {
    let (_, account) = world().await;
    let status = |answer: &Value| {
        let described = &answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
        described["PointInTimeRecoveryStatus"].as_str().unwrap().to_owned()
    };
    let look = json!({ "TableName": TABLE });
    assert_eq!(status(&account.did("DescribeContinuousBackups", look.clone()).await), "DISABLED");
    let on = json!({ "TableName": TABLE, "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } });
    account.did("UpdateContinuousBackups", on).await;
    assert_eq!(status(&account.did("DescribeContinuousBackups", look).await), "ENABLED");
}

#[tokio::test]
async fn a_token_is_forgotten_after_ten_minutes() {
    let (service, account) = world().await;
    let count = json!({ "Update": {
        "TableName": TABLE, "Key": key("a", "1"), "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": { ":n": { "N": "1" } },
    } });
    let call = json!({ "TransactItems": [count], "ClientRequestToken": "once" });
    account.did("TransactWriteItems", call.clone()).await;
    service.age_tokens(Duration::from_secs(599));
    account.did("TransactWriteItems", call.clone()).await;
    assert_eq!(account.item(key("a", "1")).await["n"]["N"], "1");
    service.age_tokens(Duration::from_secs(2));
    account.did("TransactWriteItems", call).await;
    assert_eq!(account.item(key("a", "1")).await["n"]["N"], "2");
}

/// `DynamoDB` Local lets an update write a key of the wrong type into an index; the service does not.
#[tokio::test]
async fn an_update_cannot_give_an_index_a_key_of_the_wrong_type() {
    let (_, account) = world().await;
    let update = json!({
        "TableName": TABLE, "Key": key("a", "1"), "UpdateExpression": "SET grp = :n",
        "ExpressionAttributeValues": { ":n": { "N": "1" } },
    });
    assert_eq!(account.refusal("UpdateItem", update).await, "ValidationException");
}

#[tokio::test]
#[should_panic(expected = "somebody scans the table")]
async fn a_scan_fails_the_test_that_made_it() {
    let (_, account) = world().await;
    let request = reqwest::Client::new().post(account.url()).header("x-amz-target", "DynamoDB_20120810.Scan");
    request.body(json!({ "TableName": TABLE }).to_string()).send().await.unwrap();
}

#[tokio::test]
#[should_panic(expected = "does not know Query.QueryFilter")]
async fn a_member_the_fake_does_not_know_fails_the_test_that_sent_it() {
    let (_, account) = world().await;
    let request = reqwest::Client::new().post(account.url()).header("x-amz-target", "DynamoDB_20120810.Query");
    request.body(json!({ "TableName": TABLE, "QueryFilter": {} }).to_string()).send().await.unwrap();
}

#[tokio::test]
async fn the_sdk_reads_the_reasons_of_a_cancelled_transaction() {
    let endpoint = Endpoint::start_unrecorded(Arc::new(PlayedDynamoDb::default())).await;
    the_sdk_reads_reasons(&endpoint.sdk()).await;
}

#[tokio::test]
#[ignore = "needs DynamoDB Local (VEND_DYNAMODB_URL): .ci/peers starts it"]
async fn the_sdk_reads_the_same_reasons_of_dynamodb_local() {
    the_sdk_reads_reasons(&crate::peers::dynamodb_local()).await;
}

async fn the_sdk_reads_reasons(sdk: &aws_config::SdkConfig) {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ReturnValuesOnConditionCheckFailure,
        ScalarAttributeType,
    };
    let client = Client::new(sdk);
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let create = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let put = |pk: &str| {
        let put = Put::builder().table_name(TABLE).item("pk", AttributeValue::S(pk.to_owned()));
        let put = put.condition_expression("attribute_not_exists(pk)");
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    client.transact_write_items().transact_items(put("a")).send().await.unwrap();
    let again = client.transact_write_items().transact_items(put("b")).transact_items(put("a"));
    let error = again.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(error) =
        error
    else {
        panic!("{error:?}")
    };
    let reasons = error.cancellation_reasons();
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[1].item().unwrap()["pk"], AttributeValue::S("a".to_owned()));
}
