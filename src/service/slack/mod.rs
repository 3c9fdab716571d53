//! What Slack users say, click and send, turned into the same verbs every other
//! channel uses. Must not know signatures, HTTP or Block Kit.

pub mod command;
pub mod incoming;
pub mod words;
