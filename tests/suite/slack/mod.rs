//! Slack from the outside: cards, deliveries, and whole conversations.

mod cards;
mod house;
mod intake;
mod journeys;
mod payloads;
