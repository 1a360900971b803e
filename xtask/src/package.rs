//! `cargo xtask package`: packages for other machines of this kind, made from
//! installed trees.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deb;
use crate::install::{self, REAL_NAME, Target};
use crate::project::{self, Outcome};

type Make = fn(&Path) -> Outcome;

const KINDS: [(&str, Make); 3] = [("deb", deb::make), ("tarball", tarball), ("wheel", wheel)];

/// Makes these kinds of packages, or all.
pub fn run(kinds: &[&str]) -> Outcome {
    let named = |(name, _): &&(&str, Make)| kinds.is_empty() || kinds.contains(name);
    let chosen: Vec<_> = KINDS.iter().filter(named).collect();
    if !kinds.is_empty() && chosen.len() != kinds.len() {
        return Err(format!("package: what is {}?", kinds.join(" ")));
    }
    let output = project::output("packages")?;
    project::create_directory(&output)?;
    chosen.into_iter().try_for_each(|(_, make)| make(&output))
}

/// An empty directory to put a package together in.
pub fn stage(name: &str) -> Outcome<PathBuf> {
    let stage = project::output("package-stage")?.join(name);
    project::empty_directory(&stage)?;
    Ok(stage)
}

/// Installs below `stage`, without what only debuggers read.
pub fn install(stage: &Path, prefix: &str, libdir: &str) -> Outcome {
    install::run(&Target::staged(stage, prefix, libdir))?;
    let library = stage.join(prefix.trim_start_matches('/')).join(libdir).join(REAL_NAME);
    project::run(Command::new("strip").arg("--strip-debug").arg(library))
}

/// `prefix/{lib,include,share,bin}` in one directory, which may be unpacked anywhere.
fn tarball(output: &Path) -> Outcome {
    let name = format!("zincmq-{}-{}", project::package_version()?, std::env::consts::ARCH);
    let stage = stage("tarball")?;
    install(&stage, &format!("/{name}"), "lib")?;
    // pkg-config knows where its file is; nothing else names a place.
    let pc = stage.join(&name).join("lib/pkgconfig/libzmq.pc");
    let text = project::read(&pc)?;
    let rest = text.split_once('\n').map(|(_, rest)| rest).unwrap_or_default();
    project::write(&pc, &format!("prefix=${{pcfiledir}}/../..\n{rest}"))?;
    let licences = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];
    for file in licences {
        project::write(
            &stage.join(&name).join(file),
            &project::read(&project::root().join(file))?,
        )?;
    }
    let file = output.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--create", "--gzip", "--owner=0", "--group=0", "--sort=name", "--file"]).arg(&file);
    project::run(tar.arg("--directory").arg(&stage).arg(&name))?;
    println!("{}", file.display());
    Ok(())
}

/// For `pip install`, whichever Python.
fn wheel(output: &Path) -> Outcome {
    let stage = stage("wheel")?;
    install(&stage, "/", "lib")?;
    let mut python = Command::new("python3");
    python.arg(project::root().join("packaging/wheel/build.py"));
    python.arg(stage.join("lib").join(REAL_NAME)).arg(project::package_version()?);
    project::run(python.arg(std::env::consts::ARCH).arg(output))
}
