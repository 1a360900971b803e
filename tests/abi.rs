//! The binary interface, compared with that of the original by tools: its symbols, and what its header says of
//! types, layouts and functions. And programs, built in each way that is possible with the two of them.

#[path = "ctests/build.rs"]
#[allow(dead_code, reason = "only the place of the original is asked for")]
mod build;
mod common;

use common::{own_names, prefix, program, prototypes, root, scratch, succeed};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ORIGINAL_HEADER: &str = "/usr/include";

/// Our headers and our library.
fn ours() -> (PathBuf, PathBuf) {
    (prefix().join("include"), prefix().join("lib"))
}

/// The original's.
fn original() -> (PathBuf, PathBuf) {
    (ORIGINAL_HEADER.into(), build::libraries().oracle.clone())
}

/// Compares with `abidiff`, which fails when something was removed or changed.
fn assert_compatible(old: &Path, new: &Path) {
    let mut abidiff = Command::new("abidiff");
    succeed(abidiff.args(["--no-added-syms", "--no-show-locs"]).arg(old).arg(new));
}

#[test]
fn no_symbol_of_the_original_was_removed_or_changed() {
    let [(_, old), (_, new)] = [original(), ours()];
    let [old, new] = [old, new].map(|directory| directory.join("libzmq.so.5"));
    assert_compatible(&old, &new);
    // Only the library's own names were added.
    let mut abidiff = Command::new("abidiff");
    let report = common::run(abidiff.args(["--no-show-locs"]).arg(&old).arg(&new)).stdout;
    let report = String::from_utf8(report).unwrap();
    let added: Vec<_> =
        report.lines().filter_map(|line| line.trim().strip_prefix("[A] ")).collect();
    assert_eq!(added, own_names(), "{report}");
}

/// A library of functions that do nothing, declared as this header has it, with everything that a
/// debugger is told of them.
fn described(name: &str, include: &Path, draft: bool) -> PathBuf {
    let directory = scratch(&format!("described-{name}-{draft}"));
    let mut source = String::from("#include <sys/uio.h>\n#include <zmq.h>\n");
    for prototype in prototypes(include, "zmq.h", draft).values() {
        writeln!(source, "{prototype}\n{{\n    __builtin_trap ();\n}}").unwrap();
    }
    let (file, library) = (directory.join("described.c"), directory.join("libdescribed.so"));
    fs::write(&file, source).unwrap();
    let mut compiler = Command::new("gcc");
    compiler.args(["-std=gnu2x", "-g", "-shared", "-fPIC", "-fno-eliminate-unused-debug-types"]);
    compiler.args(draft.then_some("-DZMQ_BUILD_DRAFT_API")).arg("-I").arg(include);
    succeed(compiler.arg(&file).arg("-o").arg(&library));
    library
}

#[test]
fn the_types_of_the_original_were_not_changed() {
    for draft in [false, true] {
        let old = described("original", &original().0, draft);
        let new = described("ours", &ours().0, draft);
        assert_compatible(&old, &new);
    }
}

/// That `abidiff` would have noticed.
#[test]
fn a_changed_type_is_noticed() {
    let directory = scratch("changed");
    let header = fs::read_to_string(ours().0.join("zmq.h")).unwrap();
    let changed = header.replace("short events;", "long events;");
    assert_ne!(header, changed);
    fs::write(directory.join("zmq.h"), changed).unwrap();
    let mut abidiff = Command::new("abidiff");
    abidiff.arg(described("as-it-is", &ours().0, false));
    abidiff.arg(described("changed", &directory, false));
    let output = common::run(&mut abidiff);
    assert!(!output.status.success() && !output.stdout.is_empty(), "{output:?}");
}

/// Every header with every library at build time, and then with every library at run time.
#[test]
fn programs_of_either_header_run_on_either_library() {
    let directory = scratch("either");
    for (kind, (include, _)) in [("ours", ours()), ("original", original())] {
        for (linked, (_, library)) in [("ours", ours()), ("original", original())] {
            let built = directory.join(format!("{kind}-{linked}"));
            let mut compiler = Command::new("gcc");
            compiler.args(["-Wall", "-Werror", "-I"]).arg(&include);
            compiler.arg(root().join("ctests/abi/either.c")).arg("-o").arg(&built);
            succeed(compiler.arg("-L").arg(&library).arg("-l:libzmq.so.5"));
            let mut said = Vec::new();
            for (_, library) in [ours(), original()] {
                said.push(succeed(program(&built).env("LD_LIBRARY_PATH", library)));
            }
            assert_eq!(said, ["hello 2\n", "hello 2\n"], "{kind} {linked}");
        }
    }
}
