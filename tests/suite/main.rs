//! The promises first: journeys, port suites and proofs in one test binary.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::unused_async, reason = "a world is built and restarted like the real one, which waits")]

mod api;
mod blueprints;
mod cdk_app;
mod cli;
mod config;
mod docs;
mod dynamodb;
mod fakes;
mod hostile;
mod journeys;
mod lex;
mod oidc;
mod peers;
mod ports;
mod promises;
mod proofs;
mod roles;
mod service_catalog;
mod slack;
mod sqlite;
mod telemetry;
mod web;
