//! Every MUST of every port, run over every adapter.

mod blueprints;
pub mod cloudformation;
mod cloudformation_troubles;
pub mod dialogue;
mod execution_policies;
pub mod factory;
mod faults;
mod mail;
mod simulator;
pub mod sns;
mod sns_moto;
mod store;
