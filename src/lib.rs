//! `vend`: `ChatOps` account vending for AWS Control Tower.
//!
//! A map, in reading order:
//! 1. [`domain`]: what a request is and may become. Pure: no I/O, no clock.
//! 2. [`ports`]: what the process talks to but does not own.
//! 3. [`service`]: one verb per file: converse, submit, decide, retry, show.
//! 4. [`worker`]: runs the jobs that were promised in the same write as the state.
//! 5. [`adapters`]: the ports' implementations.
//! 6. [`http`]: REST, Slack intake and web pages; extract, call one verb, render.
//! 7. [`say`]: what people are told about a request; why something is refused is told by the rule that refuses it.
//! 8. [`app`], [`config`], [`cli`], [`telemetry`]: putting it together; [`doctor`] looks whether it stands.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod domain;
pub mod http;
pub mod ports;
pub mod say;
pub mod service;
pub mod telemetry;
pub mod worker;
