//! Runs a program in a process group of its own, with a time limit, and
//! compares what it did on the two libraries.
#![forbid(unsafe_code)]

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use crate::build::{libraries, program};

/// The result of one run of a program.
#[derive(Debug)]
pub struct Outcome {
    /// `None` when it was killed at the time limit.
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// How it ended, in words: the comparison is made on this text.
    pub fn ending(&self) -> String {
        match self.status {
            None => format!("still running after {} s", limit().as_secs()),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("status {code}"),
                (None, signal) => format!("killed by signal {signal:?}"),
            },
        }
    }

    /// It ended by itself with status 0.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|s| s.success())
    }
}

/// The time one run of one program may take.
pub fn limit() -> Duration {
    let seconds =
        std::env::var("ZINCMQ_CTEST_TIMEOUT").ok().and_then(|s| s.parse().ok()).unwrap_or(120);
    Duration::from_secs(seconds)
}

/// The program on the library in `lib`, in a process group of its own, inside of
/// the tool that the environment may name. Its entries in the file system
/// (`ipc://*`) go to the directory for such things.
pub fn command(program: &Path, lib: &Path) -> Command {
    let tool = std::env::var("ZINCMQ_CTEST_UNDER").unwrap_or_default();
    let mut words = tool.split_whitespace();
    let mut command = match words.next() {
        Some(tool) => Command::new(tool),
        None => Command::new(program),
    };
    if !tool.trim().is_empty() {
        command.args(words).arg(program);
    }
    command
        .env("LD_LIBRARY_PATH", lib)
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Reads a pipe to its end on a thread, so that the program never blocks on it.
pub fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Kills the program and everything it started.
pub fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let _ = child.wait();
}

/// Waits for the end of the program until `deadline`, then kills it.
pub fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    let mut nap = Duration::from_millis(1);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() >= deadline {
            kill_group(child);
            return None;
        }
        sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(20));
    }
}

fn run(program: &Path, lib: &Path) -> Outcome {
    let mut child = command(program, lib).stdin(Stdio::null()).spawn().expect("the program starts");
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let status = wait(&mut child, Instant::now() + limit());
    Outcome {
        status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
    }
}

fn assert_success(which: &str, name: &str, outcome: &Outcome) {
    assert!(
        outcome.succeeded(),
        "{name} on {which}: {}\n--- stdout\n{}--- stderr\n{}",
        outcome.ending(),
        outcome.stdout,
        outcome.stderr
    );
}

/// The environment asks for runs on one library only.
pub fn only(which: &str) -> bool {
    std::env::var("ZINCMQ_CTEST_ONLY").is_ok_and(|only| only == which)
}

/// Runs the program on the original. A run that does not end is repeated: on a crowded machine the
/// original hangs in about one of 300 runs of `api/fan_out`.
fn run_original(program: &Path) -> Outcome {
    let oracle = &libraries().oracle;
    let first = run(program, oracle);
    if first.status.is_some() { first } else { run(program, oracle) }
}

/// Runs the program on both libraries; the results have to be equal.
pub fn both(group: &str, name: &str) {
    let program = program(group, name);
    let oracle = (!only("ours")).then(|| run_original(&program));
    if let Some(outcome) = &oracle {
        assert_success("the original", name, outcome);
    }
    if only("oracle") {
        return;
    }
    let ours = run(&program, &libraries().ours);
    assert_success("ours", name, &ours);
    if let Some(oracle) = oracle {
        assert_same(name, &ours.stdout, &oracle.stdout);
    }
}

/// Runs a program that shows a deliberate improvement, on our library only.
pub fn ours(group: &str, name: &str) {
    let program = program(group, name);
    if !only("oracle") {
        assert_success("ours", name, &run(&program, &libraries().ours));
    }
}

/// Fails with the lines between the equal beginnings and the equal ends.
pub fn assert_same(name: &str, ours: &str, oracle: &str) {
    if ours == oracle {
        return;
    }
    let (a, b): (Vec<_>, Vec<_>) = (ours.lines().collect(), oracle.lines().collect());
    let equal =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(x, y)| x == y).count();
    let before = equal(&mut a.iter().zip(&b));
    let room = a.len().min(b.len()) - before;
    let after = equal(&mut a.iter().rev().zip(b.iter().rev()).take(room));
    let middle = |lines: &[&str]| lines[before..lines.len() - after].join("\n  ");
    panic!("{name} prints different results\nours:\n  {}\noriginal:\n  {}", middle(&a), middle(&b));
}
