//! Builds the interpreter of scripts, and runs it on either library, in a directory of its own.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::compare::{self, Verdict};

/// The interpreter and the two libraries.
pub struct Laboratory {
    program: PathBuf,
    ours: PathBuf,
    original: PathBuf,
    scratch: PathBuf,
    runs: AtomicU64,
}

/// The output of a run, and how it ended.
pub struct Trace {
    pub lines: Vec<String>,
    pub ending: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn succeed(command: &mut Command, what: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{what} failed\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// The directory named in `ZINCMQ_LIB`, or one with the library as it is built now.
fn our_library(profile: &Path, scratch: &Path) -> Result<PathBuf, String> {
    if let Some(given) = std::env::var_os("ZINCMQ_LIB") {
        let given = fs::canonicalize(&given).map_err(|error| format!("ZINCMQ_LIB: {error}"))?;
        let whole = given.join("libzmq.so.5").exists();
        return if whole { Ok(given) } else { Err("ZINCMQ_LIB: no libzmq.so.5 there".into()) };
    }
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root()).args(["build", "--quiet", "--release", "--lib", "-p", "zincmq"]);
    build.arg("--target-dir").arg(profile.parent().unwrap_or(profile));
    succeed(&mut build, "building the library")?;
    let directory = scratch.join("lib");
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let link = directory.join("libzmq.so.5");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(profile.with_file_name("release").join("libzmq.so"), &link)
        .map_err(|error| format!("{}: {error}", link.display()))?;
    Ok(directory)
}

fn original_library() -> Result<PathBuf, String> {
    let given = std::env::var_os("ZINCMQ_ORACLE").map(PathBuf::from);
    let system = ["x86_64-linux-gnu", "aarch64-linux-gnu", ""]
        .iter()
        .flat_map(|arch| ["/usr/lib", "/lib", "/usr/lib64"].map(|dir| Path::new(dir).join(arch)));
    given.into_iter().chain(system).find(|dir| dir.join("libzmq.so.5").exists()).ok_or_else(|| {
        "no original libzmq.so.5: install the distribution's package or name its directory in \
         ZINCMQ_ORACLE"
            .into()
    })
}

impl Laboratory {
    pub fn new() -> Result<Laboratory, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let profile = own.parent().ok_or("this program is in no directory")?;
        let scratch = profile.with_file_name("difftest").join(std::process::id().to_string());
        fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
        let ours = our_library(profile, &scratch)?;
        let original = original_library()?;
        let program = scratch.join("run");
        let compiler = std::env::var_os("CC").unwrap_or("cc".into());
        let mut compile = Command::new(compiler);
        compile
            .args(["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-pthread", "-I"])
            .arg(root().join("include"))
            .arg(root().join("difftest/interpreter/run.c"))
            .arg("-o")
            .arg(&program)
            .arg("-L")
            .arg(&original)
            .arg("-l:libzmq.so.5");
        succeed(&mut compile, "compiling the interpreter")?;
        Ok(Laboratory { program, ours, original, scratch, runs: AtomicU64::new(0) })
    }

    fn run(&self, library: &Path, script: &[String]) -> Result<Trace, String> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let directory = self.scratch.join(run.to_string());
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let file = directory.join("script");
        fs::write(&file, script.join("\n") + "\n").map_err(|error| error.to_string())?;
        let output = Command::new(&self.program)
            .arg("script")
            .current_dir(&directory)
            .env("LD_LIBRARY_PATH", library)
            .env("TMPDIR", ".")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        let _ = fs::remove_dir_all(&directory);
        let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        let complaint = String::from_utf8_lossy(&output.stderr);
        let ending = format!("{} {}", output.status, complaint.lines().next().unwrap_or_default());
        Ok(Trace { lines, ending: ending.trim_end().to_owned() })
    }

    /// The traces of ours and of the original, made side by side.
    pub fn traces(&self, script: &[String]) -> (Trace, Trace) {
        let failed = |reason: String| Trace { lines: Vec::new(), ending: reason };
        thread::scope(|scope| {
            let ours = scope.spawn(|| self.run(&self.ours, script).unwrap_or_else(failed));
            let original = self.run(&self.original, script).unwrap_or_else(failed);
            (ours.join().unwrap_or_else(|_| failed("panicked".into())), original)
        })
    }

    pub fn compare(&self, script: &[String], excuse: bool) -> Verdict {
        let (ours, original) = self.traces(script);
        compare::compare(script, &ours, &original, excuse)
    }

    /// Both traces as text; where they differ, one below the other.
    pub fn side_by_side(&self, script: &[String]) -> String {
        let (ours, original) = self.traces(script);
        let mut text = String::new();
        let length = ours.lines.len().max(original.lines.len());
        let line = |trace: &Trace, i: usize| trace.lines.get(i).cloned().unwrap_or_default();
        for i in 0..length {
            let (a, b) = (line(&ours, i), line(&original, i));
            if a == b {
                let _ = writeln!(text, "    {a}");
            } else {
                let _ = writeln!(text, "<<< {a}  (ours)\n>>> {b}  (original)");
            }
        }
        let _ = writeln!(text, "    ours: {}; original: {}", ours.ending, original.ending);
        text
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
