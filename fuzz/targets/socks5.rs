//! libFuzzer's entry to [`zincmq_fuzz::socks5`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| zincmq_fuzz::socks5(data));
