//! `zmq.h`, `zmq_utils.h` and `zmqx.h` as compilers and existing programs see them. Everything that can be
//! is compared with the original header where the system has one (`/usr/include/zmq.h`).

mod common;

use common::{cargo, own_names, prefix, root, scratch, stable_names, succeed};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DRAFT: &str = "-DZMQ_BUILD_DRAFT_API";
const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-c"];
const ORIGINAL: &str = "/usr/include";

/// A compiler with a language standard and our headers.
fn compiler(standard: &str) -> Command {
    let mut command = Command::new(if standard.starts_with("c++") { "g++" } else { "gcc" });
    command.arg(format!("-std={standard}")).arg("-I").arg(root().join("include"));
    command
}

fn compile_strictly(standard: &str, draft: bool, source: &str, directory: &Path) {
    let extension = if standard.starts_with("c++") { "cpp" } else { "c" };
    let file = directory.join(format!("source.{extension}"));
    fs::write(&file, source).unwrap();
    let mut command = compiler(standard);
    command.args(STRICT).arg(&file).arg("-o").arg(directory.join("source.o"));
    succeed(command.args(draft.then_some(DRAFT)));
}

#[test]
fn the_committed_header_is_what_the_sources_say() {
    succeed(cargo().args(["xtask", "header", "--check"]));
}

#[test]
fn the_headers_compile_alone_and_without_warnings() {
    let directory = scratch("alone");
    for standard in ["c89", "c99", "c11", "c++98", "c++17"] {
        for draft in [false, true] {
            for includes in
                ["<zmq.h>", "<zmq_utils.h>", "<zmqx.h>", "<zmq_utils.h>\n#include <zmq.h>"]
            {
                let source = format!("#include {includes}\n#include {includes}\nint something;\n");
                compile_strictly(standard, draft, &source, &directory);
            }
        }
    }
}

#[test]
fn layouts_are_those_of_the_binary_interface() {
    let directory = scratch("layout");
    let source = fs::read_to_string(root().join("ctests/abi/layout.c")).unwrap();
    for draft in [false, true] {
        compile_strictly("c89", draft, &source, &directory);
    }
}

#[test]
fn cppzmq_compiles_and_works_on_the_header() {
    if !Path::new(ORIGINAL).join("zmq.hpp").exists() {
        return eprintln!("skipped: cppzmq is not installed");
    }
    let directory = scratch("cppzmq");
    let main = directory.join("main.cpp");
    fs::write(&main, "int exchange ();\nint main ()\n{\n    return exchange ();\n}\n").unwrap();
    for standard in ["c++11", "c++17"] {
        let program = directory.join("cppzmq");
        let mut command = compiler(standard);
        command.arg(root().join("ctests/abi/cppzmq.cpp")).arg(&main).arg("-o").arg(&program);
        succeed(command.arg("-L").arg(prefix().join("lib")).arg("-lzmq"));
        succeed(&mut common::program(&program));
    }
}

#[test]
fn exactly_the_stable_functions_are_declared() {
    let declared = common::prototypes(&root().join("include"), "zmq.h", false);
    assert_eq!(declared.keys().map(String::as_str).collect::<Vec<_>>(), stable_names());
}

#[test]
fn our_own_functions_are_declared_in_a_header_of_their_own() {
    let declared = common::prototypes(&root().join("include"), "zmqx.h", false);
    assert_eq!(declared.keys().map(String::as_str).collect::<Vec<_>>(), own_names());
}

/// The directory of the original header, if it is installed.
fn original() -> Option<PathBuf> {
    let found = Path::new(ORIGINAL).join("zmq.h").exists();
    if !found {
        eprintln!("skipped: the original header is not installed");
    }
    found.then(|| ORIGINAL.into())
}

#[test]
fn every_prototype_of_the_original_is_compatible_with_ours() {
    let Some(original) = original() else { return };
    let directory = scratch("prototypes");
    for draft in [false, true] {
        let theirs = common::prototypes(&original, "zmq.h", draft);
        let ours = common::prototypes(&root().join("include"), "zmq.h", draft);
        let missing: Vec<_> = theirs.keys().filter(|name| !ours.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        // C accepts a second declaration only if its type is compatible with the first.
        let mut source = String::from("#include <zmq.h>\n");
        for prototype in theirs.values() {
            writeln!(source, "{prototype};").unwrap();
        }
        compile_strictly("c99", draft, &source, &directory);
    }
}

/// The macros that a header defines itself: names (with parameters, if any) and bodies.
fn macros(include: &Path) -> BTreeMap<String, String> {
    let list = |headers: &[&str]| -> BTreeMap<String, String> {
        let mut command = Command::new("gcc");
        command.args(["-E", "-dM", DRAFT, "-x", "c", "/dev/null", "-I"]).arg(include);
        let text = succeed(command.args(headers.iter().flat_map(|header| ["-include", header])));
        let definitions = text.lines().filter_map(|line| line.strip_prefix("#define "));
        definitions
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(name, body)| (name.to_owned(), body.to_owned()))
            .collect()
    };
    let system = list(&["errno.h", "stddef.h", "stdio.h", "stdint.h", "signal.h", "sys/select.h"]);
    let mut own = list(&["zmq.h"]);
    own.retain(|name, _| !system.contains_key(name));
    own
}

/// The values of all macros that have one, as a program prints them.
fn values(include: &Path, directory: &Path) -> BTreeMap<String, String> {
    let mut source = String::from(
        "#include <zmq.h>\n#include <stdio.h>\n\
         static void number (const char *n, long long v) { printf (\"%s %lld\\n\", n, v); }\n\
         static void text (const char *n, const char *v) { printf (\"%s %s\\n\", n, v); }\n\
         #define SHOW(m) _Generic ((0, m), char *: text, default: number) (#m, m);\n\
         int main (void)\n{\n",
    );
    for (name, body) in macros(include) {
        if !body.is_empty() && !name.contains('(') {
            writeln!(source, "    SHOW ({name})").unwrap();
        }
    }
    source.push_str("    return 0;\n}\n");
    let (file, program) = (directory.join("values.c"), directory.join("values"));
    fs::write(&file, source).unwrap();
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-w", DRAFT, "-I"]).arg(include).arg(&file).arg("-o").arg(&program);
    succeed(&mut command);
    let printed = succeed(&mut Command::new(&program));
    let lines = printed.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Where 4.3.5 differs from 4.3.4, which may be the one that is installed.
const CHANGED_SINCE_4_3_4: [&str; 3] =
    ["ZMQ_VERSION_PATCH", "ZMQ_VERSION", "ZMQ_RECONNECT_STOP_AFTER_DISCONNECT"];
const NEW_SINCE_4_3_4: [&str; 17] = [
    "ZMQ_BUSY_POLL",
    "ZMQ_HICCUP_MSG",
    "ZMQ_NORM_BLOCK_SIZE",
    "ZMQ_NORM_BUFFER_SIZE",
    "ZMQ_NORM_CC",
    "ZMQ_NORM_CCE",
    "ZMQ_NORM_CCE_ECNONLY",
    "ZMQ_NORM_CCL",
    "ZMQ_NORM_FIXED",
    "ZMQ_NORM_MODE",
    "ZMQ_NORM_NUM_AUTOPARITY",
    "ZMQ_NORM_NUM_PARITY",
    "ZMQ_NORM_PUSH",
    "ZMQ_NORM_SEGMENT_SIZE",
    "ZMQ_NORM_UNICAST_NACK",
    "ZMQ_TOPICS_COUNT",
    "ZMQ_XSUB_VERBOSE_UNSUBSCRIBE",
];

#[test]
fn every_macro_of_the_original_is_ours_and_no_other() {
    let Some(original) = original() else { return };
    let theirs: BTreeSet<String> = macros(&original).into_keys().collect();
    let ours: BTreeSet<String> = macros(&root().join("include")).into_keys().collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
    let added = ours.difference(&theirs).filter(|name| !NEW_SINCE_4_3_4.contains(&name.as_str()));
    let added: Vec<_> = added.collect();
    assert!(added.is_empty(), "added: {added:?}");
}

#[test]
fn macros_have_the_values_of_the_original() {
    let Some(original) = original() else { return };
    let directory = scratch("values");
    let ours = values(&root().join("include"), &directory);
    let theirs = values(&original, &directory);
    for (name, value) in theirs {
        if !CHANGED_SINCE_4_3_4.contains(&name.as_str()) {
            assert_eq!(ours.get(&name), Some(&value), "{name}");
        }
    }
    assert_eq!(ours.get("ZMQ_VERSION").map(String::as_str), Some("40305"));
    assert_eq!(ours.get("ZMQ_RECONNECT_STOP_AFTER_DISCONNECT").map(String::as_str), Some("4"));
}
