//! The MUSTs of the factory port.
