//! Stateful worlds the tests run against.
#![allow(dead_code, reason = "a fake offers what the next test will need")]

pub mod aws;
pub mod bench;
pub mod captured_log;
pub mod clock;
pub mod faults;
pub mod issuer;
pub mod pages;
pub mod requests;
pub mod slack;
pub mod smtp;
pub mod store;
pub mod world;
