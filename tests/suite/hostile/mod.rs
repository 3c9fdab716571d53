//! What comes from strangers: every route under generated input, Slack bodies with
//! hostile parts, and raw sockets that keep to no protocol or let
//! the server wait.

mod generated;
mod parsers;
#[path = "../../../fuzz/src/lib.rs"]
mod properties;
mod routes;
mod samples;
mod slack;
mod sockets;
mod waiting;
