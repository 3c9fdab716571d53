//! Every sentence a person can read.

pub mod failures;
pub mod view;
