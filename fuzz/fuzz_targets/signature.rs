//! For libFuzzer: Slack's signature.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::signature(data));
