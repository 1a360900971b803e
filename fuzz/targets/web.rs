//! libFuzzer's entry to [`zincmq_fuzz::web`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zincmq_fuzz::web(data));
