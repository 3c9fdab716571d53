//! Played services beside the real peers of the slower tier: one list of behaviours
//! runs over both, so that a fake that lies is found out. What needs a peer is
//! ignored by `cargo test` and run by `.ci/peers`, which starts it.

mod dynamodb;
mod moto;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

/// `DynamoDB` Local with an account of its own: it keeps the tables of each access key apart.
pub fn dynamodb_local() -> SdkConfig {
    sdk(&address("VEND_DYNAMODB_URL"), &access_key())
}

fn address(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: .ci/peers starts the peer and sets it"))
}

/// An access key nobody else has.
fn access_key() -> String {
    format!("AKID{}", ulid::Ulid::from(rand::random::<u128>()))
}

fn sdk(url: &str, access_key: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key, "made-up", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
