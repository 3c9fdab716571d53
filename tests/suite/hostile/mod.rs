//! What comes from strangers: every route under generated input, Slack bodies with
//! hostile parts, and raw sockets that keep to no protocol or let
//! the server wait.

mod generated;
mod parsers;
mod routes;
mod slack;
mod sockets;
mod waiting;
