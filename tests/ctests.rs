//! Runs the C programs of `ctests/` on two libraries and compares the results.
//!
//! Each program is compiled and linked once, against our header and our
//! library. This binary then runs with our library and with the
//! system's libzmq (the oracle). Exit status and standard output have to be
//! equal, and the status has to be 0. Programs that show a deliberate
//! improvement (see `docs/compat.md`) run on ours only.
//!
//! Environment:
//! - `ZINCMQ_INCLUDE`: directory of `zmq.h` (default: `include/`, and the
//!   system's header as long as that does not exist);
//! - `ZINCMQ_LIB`: directory of our `libzmq.so.5` (default: a release build
//!   made by this test in `target/ctests`);
//! - `ZINCMQ_ORACLE`: directory of the oracle's `libzmq.so.5` (default: the
//!   system's library directories);
//! - `ZINCMQ_CTEST_TIMEOUT`: seconds for one run of one program (default 120);
//! - `ZINCMQ_CTEST_ONLY`: `ours` or `oracle` runs the programs on one library;
//! - `ZINCMQ_CTEST_UNDER`: a tool and its arguments to run the programs in.
#![forbid(unsafe_code)]

#[path = "ctests/build.rs"]
mod build;
#[path = "ctests/interop.rs"]
mod interop;
#[path = "ctests/run.rs"]
mod run;

/// Declares one test for each C program: `group { both|ours name, ... }` is
/// the file `ctests/group/name.c`.
macro_rules! programs {
    ($($group:ident { $($kind:ident $name:ident,)* })*) => {
        $(mod $group {
            $(#[test]
            fn $name() {
                crate::run::$kind(stringify!($group), stringify!($name));
            })*
        })*

        const LISTED: &[(&str, &str)] = &[$($((stringify!($group), stringify!($name)),)*)*];
    };
}

include!("ctests/programs.rs");

/// The programs of `ctests/gssapi`, in the realm that `scripts/gssapi` makes.
#[cfg(feature = "gssapi")]
mod gssapi {
    #[test]
    #[ignore = "needs a realm: scripts/gssapi"]
    fn security() {
        crate::run::both("gssapi", "security");
    }

    #[test]
    #[ignore = "needs a realm: scripts/gssapi"]
    fn refusals() {
        crate::run::ours("gssapi", "refusals");
    }
}

/// A program that is not listed would never run.
#[test]
fn every_program_is_listed() {
    let root = build::repository().join("ctests");
    let mut missing = Vec::new();
    for group in std::fs::read_dir(&root).expect("ctests/ is readable").flatten() {
        let group_name = group.file_name().to_string_lossy().into_owned();
        if ["interop", "gssapi", "multicast", "fair"].contains(&group_name.as_str())
            || !group.path().is_dir()
        {
            continue;
        }
        for file in std::fs::read_dir(group.path()).expect("a readable group").flatten() {
            let path = file.path();
            let stem =
                path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            // Other tests keep C files here too; a program of ours has the helpers.
            let is_program = std::fs::read_to_string(&path)
                .is_ok_and(|text| text.contains("#include \"check.h\""));
            if is_program && !LISTED.contains(&(group_name.as_str(), stem.as_str())) {
                missing.push(format!("{group_name}/{stem}"));
            }
        }
    }
    assert!(missing.is_empty(), "not listed in tests/ctests/programs.rs: {missing:?}");
}
