//! The embedded dialogue engine behind its port; sessions live in the store.
