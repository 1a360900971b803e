//! The built libraries from outside: their names and what they export.

mod common;

use common::{own_names, prefix, stable_names, succeed};
use std::process::Command;

/// The names that `nm` lists with these options.
fn exported(options: &[&str], library: &str) -> Vec<String> {
    let file = prefix().join("lib").join(library);
    let mut names: Vec<String> = succeed(Command::new("nm").args(options).arg(file))
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names
}

/// The names that the shared and the static library export.
fn expected() -> Vec<&'static str> {
    let mut names = stable_names();
    names.extend(own_names());
    names
}

#[test]
fn the_shared_library_exports_the_stable_functions_and_nothing_else() {
    assert_eq!(exported(&["-D", "--defined-only"], "libzmq.so"), expected());
}

#[test]
fn the_static_library_exports_the_stable_functions_and_nothing_else() {
    assert_eq!(exported(&["-g", "--defined-only"], "libzmq.a"), expected());
}

#[test]
fn exports_are_functions_without_versions() {
    let table = succeed(Command::new("nm").args(["-D", "--defined-only"]).arg(shared()));
    for line in table.lines() {
        assert!(line.contains(" T ") && !line.contains('@'), "{line}");
    }
}

#[test]
fn programs_will_ask_for_the_name_of_libzmq() {
    let dynamic = succeed(Command::new("readelf").arg("-dW").arg(shared()));
    assert!(dynamic.contains("Library soname: [libzmq.so.5]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

#[test]
fn nothing_is_needed_but_the_c_library() {
    let dynamic = succeed(Command::new("readelf").arg("-dW").arg(shared()));
    for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        let known = ["libc.so.", "libgcc_s.so.", "libm.so.", "ld-linux"];
        assert!(known.iter().any(|name| line.contains(name)), "{line}");
    }
}

fn shared() -> std::path::PathBuf {
    prefix().join("lib/libzmq.so")
}
