//! `libzmq.a` by `pkg-config --static`: in programs in C, C++ and Rust, and beside another static library
//! that is made with Rust.

mod common;

use common::{prefix, program, root, run, scratch, succeed};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The flags of pkg-config; the archive is named in full, since the shared library is there too.
fn flags() -> Vec<String> {
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.args(["--static", "--cflags", "--libs", "libzmq"]);
    pkg_config.env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"));
    let flags = succeed(&mut pkg_config);
    flags.split_whitespace().map(|flag| flag.replace("-lzmq", "-l:libzmq.a")).collect()
}

fn source(name: &str) -> PathBuf {
    root().join("ctests").join(name)
}

/// The output of the program, which needs no libzmq.
fn printed(built: &Path) -> String {
    let dynamic = succeed(Command::new("readelf").arg("-dW").arg(built));
    assert!(!dynamic.contains("libzmq"), "{dynamic}");
    succeed(program(built).env_remove("LD_LIBRARY_PATH"))
}

#[test]
fn a_program_in_c_that_needs_no_library_at_all() {
    let built = scratch("c").join("program");
    let mut compiler = Command::new("gcc");
    compiler.arg("-static").arg(source("consumer-pkgconfig/main.c")).arg("-o").arg(&built);
    succeed(compiler.args(flags()));
    assert_eq!(printed(&built), "4.3.5 hello\n");
}

#[test]
fn a_program_in_cpp() {
    let directory = scratch("cpp");
    let (main, built) = (directory.join("main.cpp"), directory.join("program"));
    std::fs::write(&main, "int exchange ();\nint main ()\n{\n    return exchange ();\n}\n")
        .unwrap();
    let mut compiler = Command::new("g++");
    compiler.arg("-std=c++17").arg(&main).arg(source("abi/cppzmq.cpp")).arg("-o").arg(&built);
    succeed(compiler.args(flags()));
    assert_eq!(printed(&built), "");
}

/// The other library, by the compiler that has made ours.
fn other_library(directory: &Path) -> PathBuf {
    let archive = directory.join("libother.a");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=staticlib", "-Copt-level=2", "-o"]).arg(&archive);
    succeed(rustc.arg(source("static/other.rs")));
    archive
}

#[test]
fn beside_another_static_library_that_is_made_with_rust() {
    let directory = scratch("both");
    let other = other_library(&directory);
    for first in ["ours", "other"] {
        let built = directory.join(first);
        let mut compiler = Command::new("gcc");
        compiler.arg(source("static/both.c")).arg("-o").arg(&built);
        match first {
            "ours" => compiler.args(flags()).arg(&other),
            _ => compiler.arg(&other).args(flags()),
        };
        succeed(&mut compiler);
        let output = run(&mut program(&built));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello 14\n", "{first}: {output:?}");
    }
}

#[test]
fn in_a_program_in_rust() {
    let built = scratch("rust").join("program");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-L"]).arg(prefix().join("lib"));
    succeed(rustc.arg(source("static/main.rs")).arg("-o").arg(&built));
    assert_eq!(printed(&built), "hello\n");
}
