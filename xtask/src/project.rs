//! Where things are, and how other programs are run. Failures are sentences for the terminal.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Success, or the sentence that says what went wrong.
pub type Outcome<T = ()> = Result<T, String>;

/// The version of the interface, also that of the packages.
pub const VERSION: &str = "4.3.5";

/// The version of the library itself.
pub fn package_version() -> Outcome<String> {
    let manifest = read(&root().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    let version = line.and_then(|rest| rest.strip_suffix('"'));
    Ok(version.ok_or("Cargo.toml has no version")?.to_owned())
}

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The directory that cargo puts the output of this profile into: beside that of this program,
/// so that settings of cargo (`CARGO_TARGET_DIR`, `build.target`) need not be read again.
pub fn output(profile: &str) -> Outcome<PathBuf> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let profiles = program.ancestors().nth(2).ok_or("this program is in no target directory")?;
    Ok(profiles.join(profile))
}

/// Cargo itself, in the root of the project.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// Runs a program to its end; its output goes to the terminal.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| format!("{}: {error}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed: {status}", name(command))) }
}

/// Runs a program to its end and answers what it printed.
pub fn output_of(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", name(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {}\n{complaint}", name(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{} printed no text", name(command)))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

pub fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

pub fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The files of a directory, sorted.
pub fn files(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |error| format!("{}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// A directory that is there and empty.
pub fn empty_directory(path: &Path) -> Outcome {
    if path.exists() {
        fs::remove_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    create_directory(path)
}

pub fn create_directory(path: &Path) -> Outcome {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}
