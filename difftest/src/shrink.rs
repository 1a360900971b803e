//! Makes sure that a difference is no accident, and finds the steps that it needs.
#![forbid(unsafe_code)]

use crate::compare::Difference;
use crate::run::Laboratory;

/// Runs that have to show the difference again at its step.
const CONFIRMATIONS: usize = 5;

/// The difference as it shows again and again; none if it comes and goes.
pub fn confirm(
    laboratory: &Laboratory,
    script: &[String],
    first: &Difference,
    excuse: bool,
) -> Option<Difference> {
    let mut seen = first.clone();
    for _ in 0..CONFIRMATIONS {
        let again = laboratory.compare(script, excuse).difference?;
        if again.step != seen.step || again.kind() != seen.kind() {
            return None;
        }
        seen = again;
    }
    Some(seen)
}

fn still_differs(laboratory: &Laboratory, script: &[String], wanted: &Difference) -> bool {
    let same = |found: &Difference| found.kind() == wanted.kind();
    laboratory.compare(script, true).difference.as_ref().is_some_and(same)
}

/// Takes out steps, many at a time at first, as long as the difference stays.
pub fn shrink(laboratory: &Laboratory, script: &[String], wanted: &Difference) -> Vec<String> {
    let mut small = script.to_vec();
    if let Some(last) = small.iter().position(|line| *line == wanted.step) {
        let cut = small[..=last].to_vec();
        if still_differs(laboratory, &cut, wanted) {
            small = cut;
        }
    }
    let mut piece = small.len().div_ceil(2);
    loop {
        let before = small.len();
        let mut start = 0;
        while start < small.len() {
            let end = (start + piece).min(small.len());
            // Notes decide on what is let through.
            let notes = small[start..end].iter().filter(|line| line.contains(" note ")).cloned();
            let tried: Vec<String> = small[..start]
                .iter()
                .cloned()
                .chain(notes)
                .chain(small[end..].iter().cloned())
                .collect();
            if tried.len() == small.len() {
                start = end;
                continue;
            }
            if still_differs(laboratory, &tried, wanted) {
                small = tried;
            } else {
                start = end;
            }
        }
        if piece == 1 && small.len() == before {
            return small;
        }
        piece = (piece / 2).max(1);
    }
}
