//! For libFuzzer: people's words in a mail.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::mail(data));
