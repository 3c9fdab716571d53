//! Stateful worlds the tests run against.
#![allow(dead_code, reason = "a fake offers what the next test will need")]

pub mod captured_log;
pub mod clock;
pub mod requests;
pub mod smtp;
pub mod store;
