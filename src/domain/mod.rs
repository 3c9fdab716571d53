//! What a request is and may become. Pure: no I/O, no clock, no randomness, no
//! SDK, no HTTP; a test keeps it so.

pub mod blueprint;
pub mod causes;
pub mod cdk_app;
pub mod check;
pub mod command;
pub mod dialogue;
pub mod event;
pub mod failures;
pub mod ids;
pub mod job;
pub mod link;
pub mod locks;
pub mod observed;
pub mod person;
pub mod policy;
pub mod preflight;
pub mod request;
pub mod said;
pub mod seal;
pub mod set;
pub mod set_artefacts;
pub mod spec;
pub mod state;
pub mod text;
pub mod validate;
pub mod vending;
mod yaml;
