/work/main/fuzz/target/release/deps/soak-31fb9c67e73350bb.d: src/bin/soak.rs

/work/main/fuzz/target/release/deps/soak-31fb9c67e73350bb: src/bin/soak.rs

src/bin/soak.rs:

# env-dep:CARGO_MANIFEST_DIR=/work/main/fuzz
