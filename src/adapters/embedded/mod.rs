//! Everything in one process, with no AWS account: production code, not a mock.

pub mod catalogue;
pub mod cfn_lint;
pub mod dialogue;
mod files;
pub mod outbox;
pub mod simulator;
pub mod sqlite;
