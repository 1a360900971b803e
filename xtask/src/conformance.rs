//! `docs/conformance.md`: a test of the library makes it, because it asks the library and its tables.
#![forbid(unsafe_code)]

use crate::project::{self, Outcome};

/// Writes the committed document anew.
pub fn write() -> Outcome {
    run("write")
}

/// Fails if [`write()`] would change the committed document.
pub fn check() -> Outcome {
    run("check")
}

fn run(what: &str) -> Outcome {
    let mut cargo = project::cargo();
    cargo.args(["test", "--quiet", "--package", "zincmq", "--test", "conformance"]);
    project::run(cargo.env("ZINCMQ_CONFORMANCE", what))
}
