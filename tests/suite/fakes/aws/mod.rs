//! AWS services played on loopback: real sockets, so that the real SDK and the
//! real binary talk to them. Each answers only what our adapters send and fails
//! loudly on anything else.

pub mod delivery;
pub mod dynamodb;
pub mod iam;
pub mod lex;
pub mod looks;
pub mod organizations;
pub mod service_catalog;
pub mod sns;
pub mod ssm;
pub mod sts;
pub mod wire;
