//! The blueprint catalogue's model: metadata, parameters and their rules.
