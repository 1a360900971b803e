//! Runs the models of this module. Tests only.
#![forbid(unsafe_code)]

/// Runs the scenario in `runs` interleavings: at random, and with few but unlucky interruptions.
/// The variable `ZINCMQ_MODEL_RUNS` overrides the number.
pub fn check(runs: usize, scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let asked = std::env::var("ZINCMQ_MODEL_RUNS").ok().and_then(|runs| runs.parse().ok());
    let runs = asked.unwrap_or(runs);
    shuttle::check_random(scenario.clone(), runs);
    shuttle::check_pct(scenario, runs, 3);
}
