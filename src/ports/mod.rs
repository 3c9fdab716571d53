//! What the process talks to but does not own. A port speaks domain types; each
//! method lists what an implementation MUST do. The tests of these are in
//! `tests/suite/ports/` and run against every adapter.

pub mod blueprints;
pub mod chat;
pub mod clock;
pub mod dialogue;
pub mod factory;
pub mod issuer;
pub mod mail;
pub mod store;
