//! The suite's AWS, played for the real binary.
#![allow(dead_code, reason = "the suite asks more of it")]

#[path = "../suite/fakes/aws/dynamodb/mod.rs"]
pub mod dynamodb;
#[path = "../suite/fakes/aws/organizations.rs"]
pub mod organizations;
#[path = "../suite/fakes/aws/service_catalog/mod.rs"]
pub mod service_catalog;
#[path = "../suite/fakes/aws/sts.rs"]
pub mod sts;
#[path = "../suite/fakes/aws/wire.rs"]
pub mod wire;
