//! Runs random calls on this library and on the original, and compares their answers:
//! `cargo difftest --time SECONDS`.
//!
//! A script is generated from a number (`generate`). A small C program runs it once on each library
//! (`run`). The two traces are compared, less the differences that are meant (`compare`). A script
//! that shows a difference is cut down to the steps that matter (`shrink`).
#![forbid(unsafe_code)]

mod compare;
mod generate;
mod meant;
mod options;
mod run;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use compare::Verdict;
use run::Laboratory;

const USAGE: &str = "\
usage: cargo difftest [--time SECONDS] [--seed N] [--scripts N] [--jobs N] [--print] [FILE...]
  --time SECONDS  tries random scripts for so long (default 20)
  --seed N        begins with script N; the following ones are N+1, N+2, ...
  --scripts N     ends after N scripts
  --jobs N        scripts at a time (default 6)
  --print         shows the script of --seed and both traces, and ends
  FILE            runs these scripts and no random ones
The kept scripts of difftest/seeds are always run first.
";

struct Settings {
    time: Duration,
    seed: u64,
    scripts: u64,
    jobs: usize,
    print: bool,
    files: Vec<PathBuf>,
}

fn settings() -> Option<Settings> {
    let mut settings = Settings {
        time: Duration::from_secs(20),
        seed: fastrand::u64(..1 << 40),
        scripts: u64::MAX,
        jobs: 6,
        print: false,
        files: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match argument.as_str() {
            "--time" => settings.time = Duration::from_secs(number()?),
            "--seed" => settings.seed = number()?,
            "--scripts" => settings.scripts = number()?,
            "--jobs" => settings.jobs = number()?.clamp(1, 64) as usize,
            "--print" => settings.print = true,
            other if other.starts_with('-') => return None,
            file => settings.files.push(file.into()),
        }
    }
    Some(settings)
}

/// Counts and findings; shared by the threads that run scripts.
#[derive(Default)]
struct Tally {
    scripts: AtomicU64,
    steps: AtomicU64,
    /// Differences that did not show again: chance, and no verdict.
    unstable: AtomicU64,
    /// Scripts after which the original was dead: compared up to there.
    original_died: Mutex<BTreeMap<String, u64>>,
    excused: Mutex<BTreeSet<&'static str>>,
    found: Mutex<BTreeSet<String>>,
}

impl Tally {
    fn count(&self, verdict: &Verdict) {
        self.scripts.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(verdict.compared as u64, Ordering::Relaxed);
        if let Some(operation) = &verdict.original_died {
            let mut died = self.original_died.lock().unwrap_or_else(|error| error.into_inner());
            *died.entry(operation.clone()).or_default() += 1;
        }
        let mut excused = self.excused.lock().unwrap_or_else(|error| error.into_inner());
        excused.extend(verdict.excused.iter().copied());
    }

    /// Whether this kind of difference is a new one.
    fn is_new(&self, kind: String) -> bool {
        self.found.lock().unwrap_or_else(|error| error.into_inner()).insert(kind)
    }

    fn differences(&self) -> usize {
        self.found.lock().unwrap_or_else(|error| error.into_inner()).len()
    }
}

/// Runs one script; a difference that shows again is cut down and printed. One from a file is small
/// already, and compared to the letter.
fn examine(laboratory: &Laboratory, tally: &Tally, name: &str, script: &[String], file: bool) {
    let verdict = laboratory.compare(script, !file);
    tally.count(&verdict);
    let Some(first) = &verdict.difference else { return };
    let Some(difference) = shrink::confirm(laboratory, script, first, !file) else {
        tally.unstable.fetch_add(1, Ordering::Relaxed);
        return;
    };
    if !tally.is_new(difference.kind()) {
        return;
    }
    let small = match file {
        true => script.to_vec(),
        false => shrink::shrink(laboratory, script, &difference),
    };
    let shown = laboratory.side_by_side(&small);
    println!("\n== {name}: {}\n{shown}", difference.kind());
}

fn kept_scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// A script from a file: its steps, and the name of the difference that it shows, if it does.
struct Kept {
    name: String,
    steps: Vec<String>,
    shows: Option<String>,
}

fn read_script(file: &Path) -> Result<Kept, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let steps = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(Kept {
        name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        steps: steps.map(str::to_owned).collect(),
        shows: text.lines().find_map(|line| line.strip_prefix("# meant: ")).map(str::to_owned),
    })
}

/// The script has to show the difference that it was kept for, and no other.
fn examine_meant(laboratory: &Laboratory, tally: &Tally, script: &Kept, shows: &str) {
    let verdict = laboratory.compare(&script.steps, true);
    tally.count(&verdict);
    if verdict.difference.is_none() && verdict.excused == [shows] {
        return;
    }
    tally.is_new(format!("{} does not show what it should", script.name));
    let shown = laboratory.side_by_side(&script.steps);
    println!("\n== {}: let through {:?}\n{shown}", script.name, verdict.excused);
}

fn run_files(laboratory: &Laboratory, tally: &Tally, files: &[PathBuf]) -> Result<(), String> {
    for file in files {
        let script = read_script(file)?;
        match &script.shows {
            Some(shows) => examine_meant(laboratory, tally, &script, shows),
            None => examine(laboratory, tally, &script.name, &script.steps, true),
        }
    }
    Ok(())
}

fn run_random(laboratory: &Laboratory, tally: &Tally, settings: &Settings) {
    let deadline = Instant::now() + settings.time;
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..settings.jobs {
            scope.spawn(|| {
                while Instant::now() < deadline {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= settings.scripts {
                        break;
                    }
                    let seed = settings.seed.wrapping_add(index);
                    let name = format!("seed {seed}");
                    examine(laboratory, tally, &name, &generate::script(seed), false);
                }
            });
        }
    });
}

fn report(tally: &Tally) {
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{} scripts, {} steps compared; {} kinds of differences, {} that did not show again",
        of(&tally.scripts),
        of(&tally.steps),
        tally.differences(),
        of(&tally.unstable)
    );
    let died = tally.original_died.lock().unwrap_or_else(|error| error.into_inner());
    for (operation, times) in died.iter() {
        println!("  the original ended in {operation}: {times}");
    }
    let excused = tally.excused.lock().unwrap_or_else(|error| error.into_inner());
    for name in excused.iter() {
        println!("  meant: {name}");
    }
}

fn work(settings: &Settings) -> Result<bool, String> {
    let laboratory = Laboratory::new()?;
    if settings.print {
        let script = generate::script(settings.seed);
        println!("{}\n{}", script.join("\n"), laboratory.side_by_side(&script));
        return Ok(true);
    }
    let tally = Tally::default();
    if settings.files.is_empty() {
        println!("first seed {}", settings.seed);
        run_files(&laboratory, &tally, &kept_scripts())?;
        run_random(&laboratory, &tally, settings);
    } else {
        run_files(&laboratory, &tally, &settings.files)?;
    }
    report(&tally);
    Ok(tally.differences() == 0)
}

fn main() -> ExitCode {
    let Some(settings) = settings() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match work(&settings) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}
