//! libFuzzer's entry to [`zincmq_fuzz::handshake`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zincmq_fuzz::handshake(data));
