//! The ports on AWS: thin translations through the AWS SDK. How calls are made
//! (credentials, regions, retries, timeouts) is [`connection`]'s business alone.

pub mod cloudformation;
pub mod connection;
pub mod dynamodb;
pub mod iam;
pub mod lex;
pub mod permissions;
pub mod service_catalog;
pub mod sns;
pub mod ssm;
