//! The static library as it is installed: one object whose only global names are those of the
//! interface.
//!
//! Cargo's archive contains the whole Rust runtime with global names, so two Rust libraries in
//! one program would clash. Linking once keeps what the interface needs, and makes the rest local.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

use crate::project::{self, Outcome};

/// Makes `installed` from cargo's `archive`. `shared` is the shared library of that build: it
/// tells the names of the interface.
pub fn install(archive: &Path, shared: &Path, installed: &Path) -> Outcome {
    // Several installations may run at once.
    let scratch = project::output(&format!("static-{}", std::process::id()))?;
    project::create_directory(&scratch)?;
    let made = make(archive, shared, &scratch.join("zmq.o"), installed);
    let removed = std::fs::remove_dir_all(&scratch);
    made.and(removed.map_err(|error| format!("{}: {error}", scratch.display())))
}

fn make(archive: &Path, shared: &Path, object: &Path, installed: &Path) -> Outcome {
    let names = interface(shared)?;
    link(archive, &names, object)?;
    keep_global(&names, object)?;
    pack(object, installed)
}

/// The names that the shared library exports.
fn interface(shared: &Path) -> Outcome<Vec<String>> {
    let mut nm = Command::new("nm");
    let table = project::output_of(nm.args(["-D", "--defined-only", "-j"]).arg(shared))?;
    Ok(table.lines().map(str::to_owned).collect())
}

/// Links the objects that the names need into one relocatable object. Section groups are dissolved:
/// a linker keeps one group of a name, and would drop ours if another library has one of its name.
fn link(archive: &Path, names: &[String], object: &Path) -> Outcome {
    let mut ld = Command::new("ld");
    ld.args(["-r", "--gc-sections", "--force-group-allocation", "-o"]).arg(object);
    for name in names {
        ld.arg(format!("--undefined={name}"));
    }
    project::run(ld.arg(archive))
}

/// Makes all other names local. The intermediate code that rustc embeds for its own linking goes
/// too: no linker of C reads it, and `ar` with a plugin for another LLVM stumbles over it.
fn keep_global(names: &[String], object: &Path) -> Outcome {
    let mut objcopy = Command::new("objcopy");
    objcopy.args(["--strip-unneeded", "-R", ".llvmbc", "-R", ".llvmcmd"]);
    for name in names {
        objcopy.arg(format!("--keep-global-symbol={name}"));
    }
    project::run(objcopy.arg(object))
}

fn pack(object: &Path, installed: &Path) -> Outcome {
    // `ar` would add to an archive of an earlier installation.
    if installed.exists() {
        std::fs::remove_file(installed)
            .map_err(|error| format!("{}: {error}", installed.display()))?;
    }
    project::run(Command::new("ar").arg("crsD").arg(installed).arg(object))
}
