//! Syntax rules for e-mail addresses and account names.
