/work/main/fuzz/target/release/deps/zincmq_fuzz-26239ccae03cc721.d: src/lib.rs

/work/main/fuzz/target/release/deps/libzincmq_fuzz-26239ccae03cc721.rlib: src/lib.rs

/work/main/fuzz/target/release/deps/libzincmq_fuzz-26239ccae03cc721.rmeta: src/lib.rs

src/lib.rs:
