//! Slack from the outside: cards, deliveries, and whole conversations.

mod cards;
mod decisions;
mod house;
mod intake;
mod journeys;
mod manifest;
mod once;
mod payloads;
mod questions;
mod trouble;
