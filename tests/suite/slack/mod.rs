//! Slack from the outside: cards, deliveries, and whole conversations.

mod cards;
mod commands;
mod decisions;
pub mod house;
mod intake;
mod journeys;
mod manifest;
mod once;
mod over;
pub mod payloads;
mod questions;
mod set_form;
mod trouble;
