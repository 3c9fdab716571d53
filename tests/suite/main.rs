//! The promises first: journeys, port suites and proofs in one test binary.
#![allow(missing_docs)]

mod blueprints;
mod fakes;
mod journeys;
mod ports;
mod slack;
