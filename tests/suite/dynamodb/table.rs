//! The table itself: made, looked at, refused, and the same in `deploy/table.yaml`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use serde_json::{Value, json};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::dynamodb::{self, DynamoStore, Made, TableError};

use crate::cli::run::Vend;
use crate::fakes::aws::dynamodb::PlayedDynamoDb;
use crate::fakes::aws::wire::{Answer, Call, Endpoint, Played};
use crate::fakes::clock::TestClock;

async fn open(connection: &Connection) -> Result<DynamoStore, TableError> {
    DynamoStore::open(connection, "vend", Arc::new(TestClock::default())).await
}

fn refusal(outcome: Result<DynamoStore, TableError>) -> String {
    match outcome {
        Ok(_) => panic!("the table was accepted"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_missing_table_says_how_to_make_it() {
    let (_service, endpoint) = PlayedDynamoDb::start().await;
    let told = refusal(open(&Connection::over(&endpoint.sdk())).await);
    assert!(told.contains("vend store create") && told.contains("deploy/table.yaml"), "{told}");
}

#[tokio::test]
async fn making_it_twice_changes_nothing_the_second_time() {
    let (service, endpoint) = PlayedDynamoDb::start().await;
    let connection = Connection::over(&endpoint.sdk());
    service.take_time_to_create(1);
    let first = dynamodb::create(&connection, "vend").await.unwrap();
    assert!(first.created && first.expiry_turned_on);
    let second = dynamodb::create(&connection, "vend").await.unwrap();
    assert_eq!(second, Made { created: false, expiry_turned_on: false, ..first });
    assert!(dynamodb::faults(&connection, "vend").await.unwrap().is_empty());
    open(&connection).await.map(drop).expect("a fit table");
}

#[tokio::test]
async fn a_table_of_another_shape_is_refused_with_everything_that_differs() {
    let (_service, endpoint) = PlayedDynamoDb::start().await;
    let connection = Connection::over(&endpoint.sdk());
    let client = Client::new(connection.sdk());
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N).build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let call = client.create_table().table_name("vend").billing_mode(BillingMode::PayPerRequest);
    call.attribute_definitions(attribute.unwrap()).key_schema(key.unwrap()).send().await.unwrap();
    for told in [refusal(open(&connection).await), dynamodb::create(&connection, "vend").await.unwrap_err().to_string()]
    {
        assert!(told.contains("its key is id, not `pk` and `sk`"), "{told}");
        assert!(told.contains("its attribute `id` is no string"), "{told}");
        assert!(told.contains("it has no index `waiting`"), "{told}");
    }
}

/// Keeps the body of `CreateTable` and `UpdateTimeToLive`.
struct Heard {
    service: PlayedDynamoDb,
    bodies: Mutex<Vec<(String, Value)>>,
}

#[async_trait]
impl Played for Heard {
    fn name(&self) -> &'static str {
        self.service.name()
    }

    fn content_type(&self) -> &'static str {
        self.service.content_type()
    }

    async fn answer(&self, call: Call) -> Answer {
        self.bodies.lock().unwrap().push((call.target().unwrap().to_owned(), call.json()));
        self.service.answer(call).await
    }
}

#[tokio::test]
async fn the_template_describes_the_table_that_the_command_makes() {
    let heard = Arc::new(Heard { service: PlayedDynamoDb::default(), bodies: Mutex::default() });
    let endpoint = Endpoint::start(Arc::clone(&heard) as Arc<dyn Played>).await;
    dynamodb::create(&Connection::over(&endpoint.sdk()), "vend").await.unwrap();
    let bodies = heard.bodies.lock().unwrap().clone();
    let body = |operation: &str| bodies.iter().find(|(name, _)| name == operation).unwrap().1.clone();
    let (made, expiry) = (body("CreateTable"), body("UpdateTimeToLive"));

    // CloudFormation's short forms are tags, which the parser leaves out.
    let template: Value = serde_saphyr::from_str(include_str!("../../../deploy/table.yaml")).unwrap();
    let resource = &template["Resources"]["Table"];
    let table = &resource["Properties"];
    for same in ["BillingMode", "KeySchema"] {
        assert_eq!(table[same], made[same], "{same}");
    }
    for same in ["AttributeDefinitions", "GlobalSecondaryIndexes"] {
        assert_eq!(in_any_order(&table[same]), in_any_order(&made[same]), "{same}");
    }
    assert_eq!(table["TimeToLiveSpecification"], expiry["TimeToLiveSpecification"]);

    // What only production needs.
    assert_eq!(table["DeletionProtectionEnabled"], json!(true));
    assert_eq!(table["PointInTimeRecoverySpecification"], json!({ "PointInTimeRecoveryEnabled": true }));
    assert_eq!((&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")));
}

fn in_any_order(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(ToString::to_string).collect()
}

/// Somewhere to run `vend`, with this endpoint for AWS.
fn vend(url: &str) -> Vend {
    let region = ("AWS_REGION", "eu-west-1");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDTEST"), ("AWS_SECRET_ACCESS_KEY", "made-up")];
    Vend::new(&[("AWS_ENDPOINT_URL", url), region, keys[0], keys[1], ("VEND_STORE__TABLE", "accounts")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_makes_the_table_and_says_what_is_there_already() {
    let (_service, endpoint) = PlayedDynamoDb::start().await;
    let vend = vend(&endpoint.url);
    tokio::task::spawn_blocking(move || {
        let first = vend.run(&["store", "create"]).with_code(0);
        assert!(first.out.contains("The table accounts was made"), "{first:?}");
        assert!(first.out.contains("was turned on"), "{first:?}");
        let second = vend.run(&["store", "create"]).with_code(0);
        assert!(second.out.contains("is there already"), "{second:?}");
        let third: Value = serde_json::from_str(&vend.run(&["store", "create", "--json"]).with_code(0).out).unwrap();
        assert_eq!((&third["table"], &third["created"]), (&json!("accounts"), &json!(false)));
        let nameless = Vend::new(&[]).run(&["store", "create"]).with_code(2);
        assert!(nameless.err.contains("Set store.table"), "{nameless:?}");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_its_table_does_not_start_and_says_why() {
    let (_service, endpoint) = PlayedDynamoDb::start().await;
    let vend = vend(&endpoint.url).with("VEND_STORE__BACKEND", "dynamodb").with("VEND_SERVER__LISTEN", "127.0.0.1:0");
    let ended = tokio::task::spawn_blocking(move || vend.run(&["serve"]).with_code(1)).await.unwrap();
    assert!(ended.err.contains("no DynamoDB table `accounts`: run `vend store create`"), "{ended:?}");
}
