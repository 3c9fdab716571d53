//! Every MUST of every port, run over every adapter.

mod blueprints;
mod dialogue;
mod factory;
mod mail;
mod simulator;
mod store;
