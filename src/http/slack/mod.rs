//! Where Slack knocks: verify over raw bytes, store, acknowledge. The work is
//! done from the stored copy, so that what was acknowledged is never lost (P1).

mod edge;
pub mod intake;
pub mod signature;

pub use intake::{SlackIntake, is_signed, routes};
