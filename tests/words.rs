//! The language of the house: one word for a thing, and sentences that name who acts.
//!
//! `docs/glossary.md` has the words. A word that was given up must not come back. A sentence of a
//! comment or document begins with the thing it is about, not with "Who", "What" or "The same".
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

/// Names that the glossary replaced.
const GIVEN_UP: &[&str] = &[
    "BEHIND",
    "Bed",
    "Bell",
    "Brief",
    "Far",
    "Feed",
    "Follower",
    "Glance",
    "HEAVY",
    "Haste",
    "Hearing",
    "MOMENT",
    "PRESSING",
    "Pace",
    "Places",
    "Seat",
    "Shelter",
    "Sleeper",
    "Station",
    "Tempo",
    "Tools",
    "UNDONE",
    "Wish",
    "bed",
    "come_by",
    "first_send",
    "give_way",
    "glance",
    "glances",
    "grew_light",
    "haste",
    "hasty",
    "open_road",
    "relieve",
    "rouse",
    "send_slowly",
    "shelter",
    "tempo",
];

/// Sentences that may still begin without naming their thing.
const HEADLESS: usize = 20;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text files of the repository, generated ones left out.
fn texts() -> Vec<(String, String)> {
    let list = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let listed = list.ok().filter(|list| list.status.success());
    let Some(listed) = listed else { return Vec::new() };
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    let is_own = |name: &&str| {
        let is_generated = name.starts_with("docs/benchmarks/") || *name == "tests/words.rs";
        !is_generated && [".rs", ".c", ".h", ".md"].iter().any(|end| name.ends_with(end))
    };
    let read =
        |name: &str| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?));
    names.lines().filter(is_own).filter_map(read).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn names_that_were_given_up_stay_away() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        // The glossary says which word stands for which.
        if name == "docs/glossary.md" || name == "CHANGELOG.md" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let old = words(line).find(|word| GIVEN_UP.contains(word));
            found.extend(old.map(|word| format!("{name}:{}: {word}", number + 1)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The words of a line beside its code: a comment, or the line of a document.
fn prose<'a>(name: &str, line: &'a str) -> Option<&'a str> {
    if name.ends_with(".md") {
        // A title need not be a sentence.
        if line.starts_with('#') {
            return None;
        }
        return Some(line.trim_start_matches([' ', '|', '-', '*', '#']));
    }
    let line = line.trim_start();
    let starts = ["///", "//!", "//", "/*", "* "];
    starts.iter().find_map(|start| line.strip_prefix(start)).map(str::trim)
}

fn is_headless(sentence: &str) -> bool {
    let mut words = sentence.split_whitespace();
    let pair = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let starts = matches!(pair, ("Who" | "What" | "Whoever", _) | ("The", "same"));
    starts && !sentence.contains('?')
}

/// Sentences of a block of lines that belong together.
fn headless(block: &str) -> Vec<String> {
    let sentences = block.split(". ").flat_map(|part| part.split(": ")).map(str::trim);
    sentences.filter(|sentence| is_headless(sentence)).map(str::to_owned).collect()
}

#[test]
fn sentences_name_who_acts() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        let mut block = String::new();
        let ends = text.lines().map(Some).chain([None]);
        for line in ends {
            let said = line.and_then(|line| prose(&name, line)).filter(|said| !said.is_empty());
            match said {
                Some(said) => {
                    block.push(' ');
                    block.push_str(said);
                }
                None => {
                    let sentences = headless(&core::mem::take(&mut block));
                    found.extend(sentences.into_iter().map(|said| format!("{name}: {said:.80}")));
                }
            }
        }
    }
    assert!(found.len() <= HEADLESS, "{} of them:\n{}", found.len(), found.join("\n"));
}

#[test]
fn headless_sentences_are_found() {
    assert_eq!(headless("Who waits is told. The same for others. It works.").len(), 2);
    assert_eq!(headless("What is that? A question. Whoever: nobody").len(), 1);
    assert!(headless("The writer waits. They do the same.").is_empty());
}
