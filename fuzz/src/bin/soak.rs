//! Feeds every target with mutated seeds and noise for a number of seconds, without libFuzzer:
//! `soak [SECONDS [SEED]]`. Ends by printing the seed of the run; a panic shows the bytes that
//! caused it.
#![forbid(unsafe_code)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use zincmq_fuzz::{TARGETS, Target};

const MAX_NOISE: usize = 300;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let (Ok(seconds), Ok(seed)) =
        (args.next().unwrap_or(Ok(10)), args.next().unwrap_or_else(|| Ok(fastrand::u64(..))))
    else {
        eprintln!("usage: soak [SECONDS [SEED]]");
        return ExitCode::FAILURE;
    };
    println!("seed {seed}");
    for (name, target) in TARGETS {
        let mut random = fastrand::Rng::with_seed(seed);
        let seeds = seeds(name);
        let end = Instant::now() + Duration::from_secs(seconds) / TARGETS.len() as u32;
        let mut runs: u64 = 0;
        while Instant::now() < end {
            for _ in 0..1000 {
                let data = mutated(&seeds, &mut random);
                if !survives(target, &data) {
                    println!("{name} failed on {data:?}");
                    return ExitCode::FAILURE;
                }
            }
            runs += 1000;
        }
        println!("{name}: {runs} runs");
    }
    ExitCode::SUCCESS
}

fn survives(target: Target, data: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| target(data))).is_ok()
}

/// The seeds of a target in a fixed order, so that a run can be repeated from its seed.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn mutated(seeds: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut data = match seeds.get(random.usize(..=seeds.len())) {
        Some(seed) => seed.clone(),
        None => (0..random.usize(..MAX_NOISE)).map(|_| random.u8(..)).collect(),
    };
    for _ in 0..random.usize(..4) {
        let at = random.usize(..=data.len());
        match random.u8(..5) {
            0 => data.truncate(at),
            1 => data.insert(at, random.u8(..)),
            2 => data.extend((0..random.usize(..20)).map(|_| random.u8(..))),
            3 if at < data.len() => drop(data.remove(at)),
            _ if at < data.len() => data[at] = random.u8(..),
            _ => {}
        }
    }
    data
}
