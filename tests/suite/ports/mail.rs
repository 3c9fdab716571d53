//! The MUSTs of the mail port.
