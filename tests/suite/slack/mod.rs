//! Slack from the outside: cards, deliveries, and whole conversations.

mod cards;
mod intake;
mod payloads;
