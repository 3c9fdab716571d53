//! Proofs: the state machine as a table, decisions that race, faults at every step,
//! random histories, and the rules of the house.

mod auditing;
mod judgements;
mod late;
mod model;
mod purity;
mod racing;
mod ranges;
mod set_steps;
mod stations;
mod steps;
mod transitions;
mod two_workers;
mod who;
