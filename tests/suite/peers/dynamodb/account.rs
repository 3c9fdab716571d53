//! An empty account, spoken to in plain JSON: what is asked here is the service, not the SDK.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::fakes::aws::dynamodb::PlayedDynamoDb;
use crate::fakes::aws::wire::{Endpoint, Played};

/// The table the behaviours are about.
pub const TABLE: &str = "things";

/// Where calls go; each has its own tables.
pub struct Account {
    url: String,
    access_key: String,
    _endpoint: Option<Endpoint>,
}

/// An error answer.
#[derive(Debug)]
pub struct Refused {
    pub kind: String,
    pub body: Value,
}

impl Account {
    pub async fn played() -> Self {
        Self::of(&Arc::new(PlayedDynamoDb::default())).await
    }

    /// Calls made to judge the fake are not our adapters': they are not recorded.
    pub async fn of(service: &Arc<PlayedDynamoDb>) -> Self {
        let endpoint = Endpoint::start_unrecorded(Arc::clone(service) as Arc<dyn Played>).await;
        let access_key = super::super::access_key();
        Self { url: endpoint.url.clone(), access_key, _endpoint: Some(endpoint) }
    }

    pub fn local() -> Self {
        let url = super::super::address("VEND_DYNAMODB_URL");
        Self { url, access_key: super::super::access_key(), _endpoint: None }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn call(&self, operation: &str, body: Value) -> Result<Value, Refused> {
        let scope = "20261121/eu-west-1/dynamodb/aws4_request";
        let signed = format!("Credential={}/{scope}, SignedHeaders=host, Signature=0", self.access_key);
        let request = reqwest::Client::new()
            .post(&self.url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", format!("AWS4-HMAC-SHA256 {signed}"))
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let fine = response.status().is_success();
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        if fine {
            return Ok(body);
        }
        let kind = body["__type"].as_str().unwrap();
        Err(Refused { kind: kind.rsplit('#').next().unwrap().to_owned(), body })
    }

    /// The result; the call must be fine.
    pub async fn did(&self, operation: &str, body: Value) -> Value {
        let shown = body.to_string();
        let shown = shown.get(..300).unwrap_or(&shown);
        self.call(operation, body).await.unwrap_or_else(|refused| panic!("{operation} {shown}: {refused:?}"))
    }

    /// The kind of error; the call must be refused.
    pub async fn refusal(&self, operation: &str, body: Value) -> String {
        let shown = body.to_string();
        let shown = shown.get(..300).unwrap_or(&shown);
        match self.call(operation, body).await {
            Ok(answer) => panic!("{operation} {shown} was answered: {answer}"),
            Err(refused) => refused.kind,
        }
    }

    /// A table with a sort key and two indexes: `by-group` shows all, `groups` only keys.
    pub async fn make_table(&self) {
        self.did("CreateTable", table(TABLE)).await;
    }

    pub async fn put(&self, item: Value) {
        self.did("PutItem", json!({ "TableName": TABLE, "Item": item })).await;
    }

    /// The item as it is now; null when it is not there.
    pub async fn item(&self, key: Value) -> Value {
        let get = json!({ "TableName": TABLE, "Key": key, "ConsistentRead": true });
        self.did("GetItem", get).await["Item"].take()
    }
}

pub fn table(name: &str) -> Value {
    let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "S"), attribute("grp", "S"), attribute("rank", "N")],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "GlobalSecondaryIndexes": [
            { "IndexName": "by-group", "KeySchema": [key("grp", "HASH"), key("rank", "RANGE")],
              "Projection": { "ProjectionType": "ALL" } },
            { "IndexName": "groups", "KeySchema": [key("grp", "HASH")],
              "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["also"] } },
        ],
    })
}

pub fn key(pk: &str, sk: &str) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "S": sk } })
}

/// The item with these attributes too.
pub fn with(mut item: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("attributes are an object") };
    item.as_object_mut().unwrap().extend(more);
    item
}
