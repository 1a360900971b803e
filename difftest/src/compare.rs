//! Compares two traces, less what is let through (`meant`).
#![forbid(unsafe_code)]

use crate::meant::{MEANT, Step};
use crate::run::Trace;

/// The first step that answered differently.
#[derive(Clone)]
pub struct Difference {
    /// The line of the script, or `end`.
    pub step: String,
    pub operation: String,
    pub ours: String,
    pub original: String,
}

impl Difference {
    /// The subject of the difference, without the numbers that change from script to script.
    pub fn kind(&self) -> String {
        let brief = |text: &str| -> String {
            let text: String = text.chars().take(90).collect();
            let mut brief = String::new();
            let mut inside = false;
            for c in text.chars() {
                inside = (inside || c == '[') && c != ']';
                let again = c.is_ascii_digit() && brief.ends_with('#');
                if !(inside || again) {
                    brief.push(if c.is_ascii_digit() { '#' } else { c });
                }
            }
            brief
        };
        let option = match self.operation.as_str() {
            "get" | "set" | "ctxset" | "ctxget" => self.step.split(' ').nth(3).unwrap_or_default(),
            _ => "",
        };
        format!(
            "{} {option}: ours{}, original{}",
            self.operation,
            brief(&self.ours),
            brief(&self.original)
        )
    }
}

#[derive(Default)]
pub struct Verdict {
    pub compared: usize,
    pub difference: Option<Difference>,
    pub excused: Vec<&'static str>,
    /// The operation that ended the original's process.
    pub original_died: Option<String>,
}

/// The ids of `ZMQ_REQ_CORRELATE` begin with a number by chance; they are frames of 4 bytes.
fn without_request_ids(answer: &str) -> String {
    let mut parts = answer.split("[4:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "[4:]";
        text += part.split_once(']').map_or("", |(_, rest)| rest);
    }
    text
}

/// How much a raw peer read, where the ids of requests may be in it.
fn without_bytes(answer: &str) -> &str {
    answer.split_once(':').map_or(answer, |(length, _)| length)
}

/// The answer in a line of the trace: what follows the step itself.
fn answer<'a>(line: &'a str, step: &str) -> &'a str {
    line.strip_prefix(step).unwrap_or(line)
}

/// `excuse` lets through what is meant.
pub fn compare(script: &[String], ours: &Trace, original: &Trace, excuse: bool) -> Verdict {
    let mut verdict = Verdict::default();
    let numbers_requests = script.iter().any(|line| line.contains(" 52 "));
    let steps = script.iter().map(String::as_str).chain(["end"]);
    for (i, step) in steps.enumerate() {
        let (a, b) = match (ours.lines.get(i), original.lines.get(i)) {
            (Some(a), Some(b)) => (answer(a, step), answer(b, step)),
            // It ends the process, or hangs: nothing to be like.
            (_, None) => {
                verdict.original_died = Some(step.split(' ').nth(1).unwrap_or(step).to_owned());
                return verdict;
            }
            (None, Some(b)) => (ours.ending.as_str(), answer(b, step)),
        };
        verdict.compared += 1;
        let words: Vec<&str> = step.split(' ').collect();
        let same = match words.get(1) {
            Some(&"rawread") => without_bytes(a) == without_bytes(b),
            _ => without_request_ids(a) == without_request_ids(b),
        };
        if a == b || numbers_requests && same {
            continue;
        }
        let view =
            Step { before: script.get(..i).unwrap_or(script), words: &words, ours: a, original: b };
        if let Some(meant) = MEANT.iter().find(|meant| excuse && (meant.excuses)(&view)) {
            verdict.excused.push(meant.name);
            if meant.parts {
                return verdict;
            }
            continue;
        }
        verdict.difference = Some(Difference {
            step: step.to_owned(),
            operation: words.get(1).unwrap_or(&step).to_string(),
            ours: a.to_owned(),
            original: b.to_owned(),
        });
        return verdict;
    }
    verdict
}
