//! The small Slack of the suite.
#![allow(dead_code, reason = "the suite asks more of it")]

#[path = "../suite/fakes/slack/mod.rs"]
pub mod slack;
