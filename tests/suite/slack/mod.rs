//! Slack from the outside: cards, deliveries, and whole conversations.

mod cards;
mod decisions;
pub mod house;
mod intake;
mod journeys;
mod manifest;
mod once;
pub mod payloads;
mod over;
mod questions;
mod set_form;
mod trouble;
