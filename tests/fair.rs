//! Fairness: runs the programs of `ctests/fair/` on our library and on the original in turn. They are
//! judged by shares, silences and delays beside those of the original, never by times alone.
//!
//! A scenario whose figures are not good enough is played up to 11 more times, because a shared
//! machine may stop any process; starvation shows each time. The table is printed as
//! it grows, also when the tests pass.
//!
//! Environment, beside `ZINCMQ_LIB`, `ZINCMQ_INCLUDE` and `ZINCMQ_ORACLE` (see `tests/ctests.rs`):
//! - `ZINCMQ_FAIR_SECONDS`: the long form takes about so many seconds: scenarios of 3 s with
//!   windows of 1 s, chosen from all combinations;
//! - `ZINCMQ_FAIR_ONLY`: plays the scenarios only whose name contains this text.
#![forbid(unsafe_code)]

#[path = "ctests/build.rs"]
mod build;
#[path = "fair/judge.rs"]
mod judge;
#[path = "ctests/run.rs"]
#[allow(dead_code, reason = "the programs of this test are not compared line by line")]
mod run;
#[path = "fair/scenarios.rs"]
mod scenarios;

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use judge::{Outcome, Verdict};
use scenarios::Scenario;

/// Scenarios measure, so they are played one at a time, also those of different tests.
static MACHINE: Mutex<()> = Mutex::new(());

/// How often a scenario may be played before its figures count as they are.
const ATTEMPTS: u32 = 12;

/// The seconds of the long form, if that is asked for.
fn long_form() -> Option<u64> {
    std::env::var("ZINCMQ_FAIR_SECONDS").ok().and_then(|text| text.parse().ok())
}

/// Prints past the capture of the test harness, so that the table is always seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Plays a scenario on both libraries until it passes; the last complaints if it never does.
fn settle(scenario: &Scenario) -> Vec<String> {
    let mut verdict = Verdict::default();
    for attempt in 0..ATTEMPTS {
        let Outcome { shown, checks } = judge::play(scenario, attempt % 2 == 1);
        verdict.add(checks);
        let complaints = verdict.complaints();
        let word = if complaints.is_empty() { "good".into() } else { complaints.join("; ") };
        say(&format!("| {} | {shown} | {word} |", scenario.name()));
        if complaints.is_empty() {
            break;
        }
    }
    verdict.complaints()
}

fn all_settle(title: &str, head: &str, scenarios: impl Iterator<Item = Scenario>) {
    let _machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let only = std::env::var("ZINCMQ_FAIR_ONLY").unwrap_or_default();
    let (start, mut failed) = (Instant::now(), Vec::new());
    say(&format!("\n{title}\n\n| scenario | {head} | |\n|---|{}---|", "---|".repeat(3)));
    for scenario in scenarios.filter(|scenario| scenario.name().contains(&only)) {
        let complaints = settle(&scenario);
        if !complaints.is_empty() {
            failed.push(format!("{}: {}", scenario.name(), complaints.join("; ")));
        }
    }
    say(&format!("\n{:.0} s", start.elapsed().as_secs_f64()));
    assert!(failed.is_empty(), "{} scenarios failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn equal_floods_have_equal_shares() {
    let head = "share of the mean, original / ours | silence, ms | calm peer p50; p99, us";
    let Some(seconds) = long_form() else {
        return all_settle("Floods", head, scenarios::pairwise().into_iter());
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let all = scenarios::pairwise().into_iter().chain(scenarios::at_random());
    let lasting = all.map(Scenario::lasting).take_while(|_| Instant::now() < end);
    all_settle("Floods", head, lasting);
}

#[test]
fn room_and_answers_come_back_to_all_alike() {
    let head = "share of the mean, original / ours | silence, ms | calm peer p50; p99, us";
    all_settle("Outbound", head, lasting_if_long(scenarios::outbound()));
}

#[test]
fn others_are_served_beside_a_flood() {
    let head = "visitor p99, us, original / ours | beside p99, us | calm peer p99, us";
    all_settle("Beside a flood", head, lasting_if_long(scenarios::beside()));
}

#[test]
fn a_call_that_must_not_wait_is_bounded() {
    let head = "CPU time of the longest call, us, original / ours | its time, us | calls";
    all_settle("Bounded calls", head, lasting_if_long(scenarios::bounded()));
}

#[test]
fn nobody_waits_for_a_thread_that_does_not_run() {
    let head = "held, ms, original / ours | p99, us | longest, us";
    all_settle("Inversion", head, lasting_if_long(scenarios::inversion()));
}

fn lasting_if_long(scenarios: Vec<Scenario>) -> impl Iterator<Item = Scenario> {
    let long = long_form().is_some();
    scenarios.into_iter().map(move |scenario| if long { scenario.lasting() } else { scenario })
}
