//! The MUSTs of the dialogue port.
