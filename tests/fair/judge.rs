//! Plays one scenario on both libraries and says what is wrong with our figures.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use crate::build::{libraries, program};
use crate::run::{collect, command, wait};
use crate::scenarios::{Kind, Scenario};

/// The output of a program: key=value.
type Figures = BTreeMap<String, f64>;

/// One figure of ours and what it may be, beside the original's in that run.
pub struct Check {
    what: String,
    ours: f64,
    limit: f64,
}

/// The result of one play of a scenario.
pub struct Outcome {
    /// Three cells of the table, original / ours.
    pub shown: String,
    pub checks: Vec<Check>,
}

/// The checks of all plays of a scenario. Noise differs from play to play: so of our figures
/// the best one counts, and of the limits that the original sets the widest one.
#[derive(Default)]
pub struct Verdict(BTreeMap<String, (f64, f64)>);

impl Verdict {
    pub fn add(&mut self, checks: Vec<Check>) {
        // A play that failed told nothing of the figures, and the other way round.
        let key = |key: &String| checks.iter().any(|check| check.what == *key);
        self.0.retain(|known, _| key(known) || !known.starts_with(FAILURE));
        for Check { what, ours, limit } in checks {
            let entry = self.0.entry(what).or_insert((f64::INFINITY, f64::NEG_INFINITY));
            *entry = (entry.0.min(ours), entry.1.max(limit));
        }
    }

    /// The checks that still fail.
    pub fn complaints(&self) -> Vec<String> {
        let bad = self.0.iter().filter(|(_, (ours, limit))| ours.is_nan() || ours > limit);
        bad.map(|(what, (ours, limit))| format!("{what}: {ours:.0}, at most {limit:.0}")).collect()
    }
}

/// How the name of a check begins that says that a program failed.
const FAILURE: &str = "failed";

/// How far a share may be from the mean.
const SHARE: f64 = 0.10;
/// A share that is too small, whatever the original's shares are.
const LEAST_SHARE: f64 = 0.4;
/// The time that the kernel may take from a process or give to it in any window, in s.
const SLICE_S: f64 = 0.02;
/// How long the kernel runs a peer at once that shares a core with others, in s. Where the receiver is faster than
/// all of them, they are never blocked, and each is silent until the others have had their slices.
const PEER_SLICE_S: f64 = 0.006;
/// How long a peer that has something to say may be silent, in ms.
const SILENCE_MS: f64 = 50.0;
/// A calm peer's median and 99th percentile, as a multiple of the original's.
const CALM: f64 = 2.0;
/// How many messages of each peer of the flood are served for one of a calm peer at least.
const CALM_PACE: f64 = 2.0;
/// The uncertainty of a 99th percentile of a few hundred delays, in us.
const CALM_GRAIN_US: f64 = 500.0;
/// The uncertainty where there is a handshake in each delay, in us.
const HANDSHAKE_GRAIN_US: f64 = 3000.0;
/// The most that one call may cost its thread, in us.
const CALL_US: f64 = 5000.0;
/// By how much delays beside a thread that stands still may be longer, all together, in ms.
const HELD_MS: f64 = 60.0;

/// Each program is compiled once.
fn compiled(name: &'static str) -> PathBuf {
    static PROGRAMS: LazyLock<Mutex<BTreeMap<&'static str, PathBuf>>> =
        LazyLock::new(Mutex::default);
    let mut programs = PROGRAMS.lock().expect("no test panics while it compiles");
    programs.entry(name).or_insert_with(|| program("fair", name)).clone()
}

fn figures(program: &Path, library: &Path, scenario: &Scenario) -> Result<Figures, String> {
    let limit = Duration::from_secs_f64(scenario.seconds() * 3.0 + 15.0);
    let mut child = command(program, library)
        .args(scenario.words())
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let status = wait(&mut child, Instant::now() + limit);
    let (stdout, stderr) = (stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default());
    match status {
        None => Err(format!("no end after {} s", limit.as_secs())),
        Some(status) if !status.success() => Err(format!("{status}: {}", stderr.trim())),
        Some(_) => Ok(stdout
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?)))
            .collect()),
    }
}

/// The original and ours in turn, in the order that is asked for.
pub fn play(scenario: &Scenario, ours_first: bool) -> Outcome {
    let program = compiled(scenario.program());
    let run = |library: &Path| figures(&program, library, scenario);
    let (ours, original) = if ours_first {
        let ours = run(&libraries().ours);
        (ours, run(&libraries().oracle))
    } else {
        let original = run(&libraries().oracle);
        (run(&libraries().ours), original)
    };
    let (ours, original) = match (ours, original) {
        (Ok(ours), Ok(original)) => (ours, original),
        (ours, original) => {
            let failed = |which: &str, run: Result<Figures, String>| {
                let what = format!("{FAILURE}: {which}: {}", run.err()?);
                Some(Check { what, ours: 1.0, limit: 0.0 })
            };
            let checks = failed("original", original).into_iter().chain(failed("ours", ours));
            return Outcome { shown: "- | - | -".into(), checks: checks.collect() };
        }
    };
    let both = Both { ours, original };
    Outcome { shown: both.show(scenario.kind()), checks: both.checks(scenario) }
}

struct Both {
    ours: Figures,
    original: Figures,
}

impl Both {
    /// The original's figure and ours; nothing if the program does not measure it.
    fn pair(&self, key: &str) -> Option<(f64, f64)> {
        Some((*self.original.get(key)?, *self.ours.get(key)?))
    }

    fn cell(&self, key: &str) -> String {
        let one =
            |figures: &Figures| figures.get(key).map_or("-".into(), |value| format!("{value}"));
        format!("{} / {}", one(&self.original), one(&self.ours))
    }

    fn show(&self, kind: Kind) -> String {
        let shares = |figures: &Figures| {
            let share = |key| figures.get(key).copied().unwrap_or_default();
            format!("{:.2} to {:.2}", share("share_min"), share("share_max"))
        };
        let keys = match kind {
            Kind::Flood => {
                let shares = format!("{} / {}", shares(&self.original), shares(&self.ours));
                let calm = format!("{}; {}", self.cell("calm_p50"), self.cell("calm_p99"));
                return format!("{shares} | {} | {calm}", self.cell("silence"));
            }
            Kind::Beside => ["visitor_p99", "beside_p99", "calm_p99"],
            Kind::Bounded => ["cpu", "wall", "calls"],
            Kind::Inversion => ["held", "delay_p99", "delay_max"],
        };
        keys.map(|key| self.cell(key)).join(" | ")
    }

    fn checks(&self, scenario: &Scenario) -> Vec<Check> {
        match scenario.kind() {
            Kind::Flood | Kind::Beside => self.flood(scenario),
            // The original is not bounded everywhere; where it is, its own figure may be noise.
            Kind::Bounded => vec![
                self.at_most("cpu", |original| original.clamp(CALL_US, 2.0 * CALL_US)),
                self.at_most("wall", |original| original.min(100_000.0) + 50_000.0),
            ],
            Kind::Inversion => vec![
                self.at_most("held", |original| HELD_MS + 1.5 * original.min(200.0)),
                self.often_enough("delay_n"),
            ],
        }
    }

    /// A figure that the program did not print is not a number, and never good.
    fn at_most(&self, key: &str, limit: impl Fn(f64) -> f64) -> Check {
        let (original, ours) = self.pair(key).unwrap_or((f64::NAN, f64::INFINITY));
        Check { what: key.to_owned(), ours, limit: limit(original) }
    }

    /// Whether a peer that is to be calm sends as often as the original serves the flood, or nearly: then it
    /// waits in its own queue, the longer the more equal the shares are.
    fn is_a_flood(&self, name: &str) -> bool {
        let figure = |key: &str| self.original.get(key).copied().unwrap_or_default();
        name == "calm" && figure("mean") < CALM_PACE * figure("calm_n")
    }

    /// The time that other peers have a peer's core for, in s, if they share one and are what limits the flood.
    fn slices_of_others(&self, scenario: &Scenario) -> f64 {
        let is_faster = self.pair("mean").is_some_and(|(original, ours)| ours > original);
        let limits = is_faster && scenario.peers_share_a_core();
        if limits { PEER_SLICE_S * scenario.peers() } else { 0.0 }
    }

    /// A peer that is measured by being served is served nearly as often as beside the original.
    fn often_enough(&self, key: &str) -> Check {
        let (original, ours) = self.pair(key).unwrap_or((f64::NAN, 0.0));
        Check { what: format!("original's {key} for one"), ours: original / ours, limit: 3.0 }
    }

    fn flood(&self, scenario: &Scenario) -> Vec<Check> {
        let window = scenario.window();
        // A window cuts off some messages, too.
        let mean = self.ours.get("mean").copied().unwrap_or_default().max(1.0);
        let others = self.slices_of_others(scenario);
        let least = SHARE + SLICE_S.max(others) / window;
        // Where the receiver is faster than its peers, shares are what the kernel lets peers do; but
        // less than `LEAST_SHARE` is never that.
        let limit = |original: f64, most: f64| {
            100.0 * ((1.25 * original + 0.02).clamp(least, most) + 3.0 / mean)
        };
        let (low, low_ours) = self.pair("share_min").unwrap_or((1.0, 0.0));
        let (high, high_ours) = self.pair("share_max").unwrap_or((1.0, f64::INFINITY));
        let mut checks = vec![
            Check {
                what: "% below the mean".into(),
                ours: 100.0 * (1.0 - low_ours),
                limit: limit(1.0 - low, 1.0 - LEAST_SHARE),
            },
            Check {
                what: "% above the mean".into(),
                ours: 100.0 * (high_ours - 1.0),
                limit: limit(high - 1.0, f64::INFINITY),
            },
            self.at_most("silence", |original| {
                SILENCE_MS.max(1000.0 * others) + original.min(150.0)
            }),
            self.at_most("cuts", |original| original),
            self.often_enough("mean"),
        ];
        for (name, grain) in [
            ("calm", CALM_GRAIN_US),
            ("visitor", HANDSHAKE_GRAIN_US),
            ("beside", HANDSHAKE_GRAIN_US),
        ] {
            if self.ours.contains_key(&format!("{name}_n")) && !self.is_a_flood(name) {
                let limit = |original: f64| CALM * original + grain;
                // The median tells a delay from noise where the 99th percentile does not.
                checks.push(self.at_most(&format!("{name}_p50"), limit));
                checks.push(self.at_most(&format!("{name}_p99"), limit));
                checks.push(self.often_enough(&format!("{name}_n")));
            }
        }
        checks
    }
}
