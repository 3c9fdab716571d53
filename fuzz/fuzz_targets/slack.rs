//! For libFuzzer: a body at one of the three Slack addresses.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::slack(data));
