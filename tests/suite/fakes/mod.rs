//! Stateful worlds the tests run against.
