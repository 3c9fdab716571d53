//! A fresh table in DynamoDB Local, which `.ci/peers` starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::dynamodb::{self, DynamoStore};

use crate::fakes::clock::TestClock;

/// Where DynamoDB Local listens.
pub const URL: &str = "VEND_DYNAMODB_URL";

/// A store on a table of its own.
pub struct LocalTable {
    pub store: Arc<DynamoStore>,
    pub clock: TestClock,
    pub connection: Connection,
    pub name: String,
}

impl LocalTable {
    /// Makes the table as `vend store create` does.
    pub async fn new() -> Self {
        let (connection, name) = (connection(), unused_name());
        dynamodb::create(&connection, &name).await.expect("a new table");
        let clock = TestClock::default();
        let store = DynamoStore::open(&connection, &name, Arc::new(clock.clone())).await.expect("a fit table");
        Self { store: Arc::new(store), clock, connection, name }
    }

    /// One more process on the same table.
    pub fn another(&self) -> Arc<DynamoStore> {
        Arc::new(DynamoStore::over(&self.connection, &self.name, Arc::new(self.clock.clone())))
    }
}

/// To DynamoDB Local; fails where none is named.
pub fn connection() -> Connection {
    let url = std::env::var(URL).unwrap_or_else(|_| panic!("{URL} names no DynamoDB Local"));
    let credentials = Credentials::new("AKIDTEST", "made-up", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Connection::over(&sdk)
}

/// A table name that no other test has.
pub fn unused_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("vend-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst))
}
