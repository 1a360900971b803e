//! How the models of this module are run. Tests only.
#![forbid(unsafe_code)]

/// Runs the scenario in so many orders: at random, and with few but unlucky interruptions. The variable
/// `ZINCMQ_MODEL_RUNS` asks for another number.
pub fn check(runs: usize, scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let asked = std::env::var("ZINCMQ_MODEL_RUNS").ok().and_then(|runs| runs.parse().ok());
    let runs = asked.unwrap_or(runs);
    shuttle::check_random(scenario.clone(), runs);
    shuttle::check_pct(scenario, runs, 3);
}
