//! For libFuzzer: a cursor, an id, an idempotency key.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::cursors(data));
