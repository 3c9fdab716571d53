//! The MUSTs of the store port.
