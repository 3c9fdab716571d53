//! For libFuzzer: a token of an approver's link.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::links(data));
