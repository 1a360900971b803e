//! libFuzzer's entry to [`zincmq_fuzz::mechanisms`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zincmq_fuzz::mechanisms(data));
