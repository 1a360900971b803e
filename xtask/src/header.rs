//! `include/zmq.h` and `zmqx.h`: the build script of the library writes them when the feature
//! `header` is on.
#![forbid(unsafe_code)]

use std::path::Path;

use crate::project::{self, Outcome};

/// Writes the committed headers anew.
pub fn write() -> Outcome {
    generate_into(&project::root().join("include"))
}

/// Fails if [`write()`] would change a committed header.
pub fn check() -> Outcome {
    let directory = project::output("header")?;
    generate_into(&directory)?;
    for header in ["zmq.h", "zmqx.h"] {
        let committed = project::read(&project::root().join("include").join(header))?;
        if project::read(&directory.join(header))? != committed {
            return Err(format!(
                "include/{header} is not what src/capi says: run `cargo xtask header`"
            ));
        }
    }
    Ok(())
}

fn generate_into(directory: &Path) -> Outcome {
    project::create_directory(directory)?;
    let mut cargo = project::cargo();
    cargo.args(["check", "--quiet", "--lib", "--package", "zincmq", "--features", "header"]);
    project::run(cargo.env("ZINCMQ_HEADER_DIR", directory))
}
