//! Two packages for Debian and its kin, in place of libzmq5 and libzmq3-dev: [`RUNTIME`] has what
//! programs need to run, [`DEVELOPMENT`] what they need to be built.
//!
//! libzmq3-dev cannot be without libzmq5, so dpkg has to see the second one first. With these names
//! it does when it is given both by a pattern.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::package;
use crate::project::{self, Outcome, VERSION};

const RUNTIME: &str = "libzmq5-zincmq";
const DEVELOPMENT: &str = "libzmq3-dev-zincmq";

/// Files of the installed tree in the first package; `*` is the directory of libraries.
const RUNTIME_FILES: [&str; 3] = ["*/libzmq.so.5", "*/libzmq.so.5.2.5", "share/man/man7/zincmq.7"];
/// Entries of the installed tree that are only for a prefix of the user's own.
const NOT_PACKAGED: [&str; 2] = ["bin", "share/zincmq"];

/// Makes both packages.
pub fn make(output: &Path) -> Outcome {
    let triplet = ask("dpkg-architecture", "-qDEB_HOST_MULTIARCH")?;
    let architecture = ask("dpkg", "--print-architecture")?;
    let (dev, runtime) = (package::stage(DEVELOPMENT)?, package::stage(RUNTIME)?);
    let libdir = format!("lib/{triplet}");
    package::install(&dev, "/usr", &libdir)?;
    for unwanted in NOT_PACKAGED {
        let path = dev.join("usr").join(unwanted);
        fs::remove_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for file in RUNTIME_FILES {
        let file = file.replace('*', &libdir);
        move_file(&dev.join("usr").join(&file), &runtime.join("usr").join(&file))?;
    }
    let depends = dependencies(&runtime.join("usr").join(&libdir).join("libzmq.so.5.2.5"))?;
    for (name, tree) in [(RUNTIME, &runtime), (DEVELOPMENT, &dev)] {
        let mut compress = Command::new("find");
        compress.arg(tree.join("usr/share/man")).args(["-type", "f", "-exec", "gzip", "-9n"]);
        project::run(compress.args(["{}", "+"]))?;
        add_documents(name, tree)?;
        let control = project::root().join("packaging/debian").join(format!("{name}.control"));
        let control = project::read(&control)?
            .replace("@PACKAGE_VERSION@", &project::package_version()?)
            .replace("@ARCHITECTURE@", &architecture)
            .replace("@DEPENDS@", &depends)
            .replace("@VERSION@", VERSION);
        add_control_files(name, tree, &control)?;
        let file = format!("{name}_{}_{architecture}.deb", project::package_version()?);
        let mut build = Command::new("dpkg-deb");
        build.args(["--build", "--root-owner-group"]).arg(tree).arg(output.join(file));
        project::run(&mut build)?;
    }
    Ok(())
}

fn ask(program: &str, question: &str) -> Outcome<String> {
    Ok(project::output_of(Command::new(program).arg(question))?.trim().to_owned())
}

fn move_file(from: &Path, to: &Path) -> Outcome {
    if let Some(directory) = to.parent() {
        project::create_directory(directory)?;
    }
    fs::rename(from, to).map_err(|error| format!("{}: {error}", from.display()))
}

/// The packages that have the libraries that the library needs.
fn dependencies(library: &Path) -> Outcome<String> {
    let scratch = package::stage("shlibdeps")?;
    project::create_directory(&scratch.join("debian"))?;
    let source = "Source: zincmq\n\nPackage: zincmq\nArchitecture: any\n";
    project::write(&scratch.join("debian/control"), source)?;
    let mut shlibdeps = Command::new("dpkg-shlibdeps");
    let found = project::output_of(shlibdeps.current_dir(&scratch).arg("-O").arg(library))?;
    let depends = found.trim().strip_prefix("shlibs:Depends=");
    Ok(depends.ok_or_else(|| format!("dpkg-shlibdeps: {found}"))?.to_owned())
}

/// Licences, also those of the crates that are in the library.
fn add_documents(name: &str, tree: &Path) -> Outcome {
    let directory = tree.join("usr/share/doc").join(name);
    project::create_directory(&directory)?;
    let mut cargo = project::cargo();
    cargo.args(["tree", "--package", "zincmq", "--edges", "normal", "--prefix", "none"]);
    let crates = project::output_of(cargo.args(["--format", "{p}: {l}"]))?;
    let mut crates: Vec<&str> =
        crates.lines().skip(1).map(|l| l.trim_end_matches(" (*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    let licence = project::read(&project::root().join("LICENSE-MIT"))?;
    let text = format!(
        "zincmq may be used under the MIT licence, which follows, or the Apache licence 2.0, which is in\n\
         /usr/share/common-licenses/Apache-2.0. It contains these crates and the standard library of Rust\n\
         (MIT or Apache 2.0):\n\n{}\n\n{licence}",
        crates.join("\n")
    );
    project::write(&directory.join("copyright"), &text)
}

/// Adds the files that dpkg and the packages of others read.
fn add_control_files(name: &str, tree: &Path, control: &str) -> Outcome {
    let directory = tree.join("DEBIAN");
    let mut sums = Command::new("sh");
    sums.args(["-c", "find usr -type f -print0 | sort -z | xargs -0 md5sum"]);
    let sums = project::output_of(sums.current_dir(tree))?;
    project::create_directory(&directory)?;
    project::write(&directory.join("control"), control)?;
    project::write(&directory.join("md5sums"), &sums)?;
    if name == RUNTIME {
        project::write(&directory.join("triggers"), "activate-noawait ldconfig\n")?;
        project::write(&directory.join("shlibs"), &format!("libzmq 5 libzmq5 (>= {VERSION})\n"))?;
        project::write(&directory.join("symbols"), &symbols(tree)?)?;
    }
    Ok(())
}

/// A program that was built with this library runs on the original too, unless it uses what only
/// this one has.
fn symbols(tree: &Path) -> Outcome<String> {
    let library = find_library(tree)?;
    let mut nm = Command::new("nm");
    let names = project::output_of(nm.args(["-D", "--defined-only", "-j"]).arg(library))?;
    let own = project::package_version()?;
    let mut text = String::from("libzmq.so.5 libzmq5 #MINVER#\n| libzmq5-zincmq #MINVER#\n");
    for name in names.lines() {
        let _ = match name.starts_with("zmqx_") {
            true => writeln!(text, " {name}@Base {own} 1"),
            false => writeln!(text, " {name}@Base {VERSION}"),
        };
    }
    Ok(text)
}

fn find_library(tree: &Path) -> Outcome<PathBuf> {
    let triplet = ask("dpkg-architecture", "-qDEB_HOST_MULTIARCH")?;
    Ok(tree.join("usr/lib").join(triplet).join("libzmq.so.5.2.5"))
}
