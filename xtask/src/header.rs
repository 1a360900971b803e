//! `include/zmq.h`: the build script of the library writes it when the feature `header` is on.
#![forbid(unsafe_code)]

use std::path::Path;

use crate::project::{self, Outcome};

/// Writes the committed header anew.
pub fn write() -> Outcome {
    generate_into(&project::root().join("include"))
}

/// Fails if [`write`] would change the committed header.
pub fn check() -> Outcome {
    let directory = project::output("header")?;
    generate_into(&directory)?;
    let committed = project::read(&project::root().join("include/zmq.h"))?;
    if project::read(&directory.join("zmq.h"))? == committed {
        return Ok(());
    }
    Err("include/zmq.h is not what src/capi says: run `cargo xtask header`".into())
}

fn generate_into(directory: &Path) -> Outcome {
    project::create_directory(directory)?;
    let mut cargo = project::cargo();
    cargo.args(["check", "--quiet", "--lib", "--package", "zincmq", "--features", "header"]);
    project::run(cargo.env("ZINCMQ_HEADER_DIR", directory))
}
