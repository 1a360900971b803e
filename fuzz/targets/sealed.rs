//! libFuzzer's entry to [`zincmq_fuzz::sealed`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zincmq_fuzz::sealed(data));
