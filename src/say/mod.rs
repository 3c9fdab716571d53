//! Every sentence a person can read.

pub mod view;
