//! The command line, as the real binary: help, faults, exit codes, conversations.

mod against_a_server;
mod alone;
mod approvers;
mod canaries;
mod doctor;
mod fault_points;
mod manual;
mod parameters;
pub mod run;
mod sets;
mod unwritable;
mod whole;
