# The Rust crate `zmq`, built by pkg-config with the development files of the small Debian.
# packages: libzmq3-dev
# build: PKG_CONFIG_LIBDIR=$(echo $ROOT/usr/lib/*/pkgconfig) PKG_CONFIG_SYSROOT_DIR=$ROOT RUSTFLAGS="-C link-arg=-Wl,--allow-shlib-undefined" cargo build --quiet --release --manifest-path rust/Cargo.toml --target-dir $OUT/../real-programs-rust && cp $OUT/../real-programs-rust/release/exchange $OUT/exchange-rust
# run: ./exchange-rust
# quick: yes
