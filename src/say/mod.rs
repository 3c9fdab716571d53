//! Every sentence a person can read.

pub mod failures;
pub mod mail;
pub mod moment;
#[cfg(test)]
pub mod sample;
pub mod view;
