//! The MUSTs of the blueprints port.
