//! For libFuzzer: the hash chain.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::audit(data));
