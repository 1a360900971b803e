//! Shared by several test programs: the installed library, and running other programs.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fresh directory for this test program and purpose.
pub fn scratch(purpose: &str) -> PathBuf {
    let program = env::current_exe().unwrap();
    let name = format!("{}-{purpose}", program.file_stem().unwrap().to_string_lossy());
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The prefix that the library is installed in: `ZINCMQ_PREFIX` if that is set, or else one that
/// this program fills once.
pub fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| match env::var_os("ZINCMQ_PREFIX") {
        Some(prefix) => root().join(prefix),
        None => {
            let prefix = scratch("prefix");
            succeed(cargo().args(["xtask", "install", "--prefix"]).arg(&prefix));
            prefix
        }
    })
}

/// Cargo, working in the target directory of this test.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).env("CARGO_TARGET_DIR", target_directory());
    cargo
}

/// The target directory that this test was built in.
pub fn target_directory() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Runs a program and answers what it printed; a failure fails the test and shows its words.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A program that uses the library; one that hangs is ended after a minute.
pub fn program(file: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.arg("60").arg(file).env("LD_LIBRARY_PATH", prefix().join("lib"));
    command
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The names that `libzmq.so.5` exports in its stable form, sorted.
pub fn stable_names() -> Vec<&'static str> {
    include_str!("exports.txt").lines().collect()
}

/// The names of our own that it exports besides.
pub fn own_names() -> [&'static str; 1] {
    ["zmqx_version"]
}

/// The prototypes that a header declares, by name.
pub fn prototypes(include: &Path, header: &str, draft: bool) -> BTreeMap<String, String> {
    let mut command = Command::new("gcc");
    command.args(["-E", "-P", "-include", header, "-x", "c", "/dev/null", "-I"]).arg(include);
    let text = succeed(command.args(draft.then_some("-DZMQ_BUILD_DRAFT_API")));
    let statements = text.split(';').map(|part| part.split_whitespace().collect::<Vec<_>>());
    let exported = statements.map(|words| words.join(" ")).filter(|s| s.contains("visibility"));
    exported
        .map(|prototype| {
            let words = prototype.split(|c: char| !c.is_alphanumeric() && c != '_');
            let is_name = |word: &&str| word.starts_with("zmq_") || word.starts_with("zmqx_");
            let types = ["zmq_msg_t", "zmq_fd_t"];
            let name = words.filter(is_name).find(|word| !types.contains(word)).unwrap();
            (name.to_owned(), prototype)
        })
        .collect()
}
