//! Configuration: vend.toml and VEND_* variables, all faults reported at once.
