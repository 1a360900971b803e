//! Reads the sources of the project: which words stand in which test.
//!
//! A test counts for a word when the word stands in its code. Comments never count. This is a
//! matter of text and needs no compiler: C programs have one file each, and a Rust test is the body
//! of the function below `#[test]`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The kind of a test, and its relation to the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A C program that runs on both libraries, and a conversation between the two.
    Both,
    /// A C program that runs on this library only.
    Ours,
    /// A test function of Rust.
    Rust,
}

/// One test and the words in it.
#[derive(Debug)]
pub struct Test {
    pub kind: Kind,
    /// `ctests/group/name.c`, `src/file.rs: name`, or `interop: name`.
    pub name: String,
    /// Identifiers; in Rust also `Path::name` and `value.field`.
    pub words: BTreeSet<String>,
    /// The contents of string literals.
    pub texts: Vec<String>,
    /// Functions of the library that helpers of the program call.
    pub through_helpers: BTreeSet<String>,
}

/// The code of a file without comments. Between quotes stands the number of a literal.
struct Code {
    text: String,
    texts: Vec<String>,
}

impl Code {
    /// The literals in a part of the text.
    fn texts_in(&self, part: &str) -> Vec<String> {
        let numbers = part.split('"').skip(1).step_by(2);
        numbers
            .filter_map(|number| self.texts.get(number.parse::<usize>().ok()?))
            .cloned()
            .collect()
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn files(folder: &str, extension: &str) -> Vec<String> {
    fn walk(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("a readable directory") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    found.sort();
    let relative = |path: PathBuf| path.strip_prefix(root()).expect("below").display().to_string();
    found.into_iter().map(relative).collect()
}

/// Takes comments and literals out of C or Rust.
fn code(source: &str) -> Code {
    let bytes: Vec<char> = source.chars().collect();
    let at = |i: usize| bytes.get(i).copied().unwrap_or('\0');
    let mut out = Code { text: String::new(), texts: Vec::new() };
    let mut i = 0;
    while i < bytes.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < bytes.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            ('/', '*') => {
                i += 2;
                while i < bytes.len() && (at(i), at(i + 1)) != ('*', '/') {
                    i += 1;
                }
                i += 2;
                out.text.push(' ');
            }
            ('"', _) => {
                let mut text = String::new();
                i += 1;
                while i < bytes.len() && at(i) != '"' {
                    if at(i) == '\\' {
                        i += 1;
                    }
                    text.push(at(i));
                    i += 1;
                }
                i += 1;
                let _ = write!(out.text, "\"{}\"", out.texts.len());
                out.texts.push(text);
            }
            // A character; a lifetime has no second quote there.
            ('\'', '\\') => {
                i += 3;
                while i < bytes.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            ('\'', _) if at(i + 2) == '\'' => i += 3,
            (other, _) => {
                out.text.push(other);
                i += 1;
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The identifiers of code, and with their owner: `Errno::EINVAL`, `options.linger`.
fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut owner = "";
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (gap, tail) = rest.split_at(start);
        let end = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        let (word, after) = tail.split_at(end);
        if !owner.is_empty() && (gap == "::" || gap == ".") {
            found.insert(format!("{owner}{gap}{word}"));
        }
        found.insert(word.to_owned());
        owner = word;
        rest = after;
    }
    found
}

/// The text up to the end of the block that begins at the first brace.
fn block(text: &str) -> &str {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &text[..=i];
                }
            }
            _ => {}
        }
    }
    text
}

/// The tests of one Rust file.
fn rust_tests(file: &str) -> Vec<Test> {
    let code = code(&read(file));
    let mut tests = Vec::new();
    for part in code.text.split("#[test]").skip(1) {
        let Some((_, after)) = part.split_once("fn ") else { continue };
        let name: String = after.chars().take_while(|c| is_word(*c)).collect();
        tests.push(Test {
            kind: Kind::Rust,
            name: format!("{file}: {name}"),
            words: words(block(after)),
            texts: code.texts_in(block(after)),
            through_helpers: BTreeSet::new(),
        });
    }
    tests
}

/// The functions and macros of a helper header, and the words in each.
fn helpers() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in files("ctests", "h") {
        let text = code(&read(&file)).text;
        let lines: Vec<&str> = text.lines().collect();
        let mut i = 0;
        while i < lines.len() {
            let line = lines[i];
            let start = i;
            let name = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
            let defined = if let Some(macro_name) = line.strip_prefix("#define ") {
                while lines.get(i).is_some_and(|line| line.ends_with('\\')) {
                    i += 1;
                }
                Some(name(macro_name))
            } else if line.starts_with(is_word) && lines.get(i + 1) == Some(&"{") {
                while lines.get(i).is_some_and(|line| *line != "}") {
                    i += 1;
                }
                Some(name(line))
            } else {
                None
            };
            i += 1;
            if let Some(defined) = defined {
                let body = lines.get(start..i).unwrap_or_default().join("\n");
                found.insert(defined, words(&body));
            }
        }
    }
    close_over_calls(&mut found);
    found
}

/// Adds to each helper what the helpers that it calls call.
fn close_over_calls(helpers: &mut BTreeMap<String, BTreeSet<String>>) {
    loop {
        let mut grown = helpers.clone();
        for words in grown.values_mut() {
            let called: Vec<_> = words.iter().filter_map(|word| helpers.get(word)).collect();
            for more in called.into_iter().flatten().cloned().collect::<Vec<_>>() {
                words.insert(more);
            }
        }
        if grown == *helpers {
            return;
        }
        *helpers = grown;
    }
}

fn c_test(kind: Kind, file: &str, helpers: &BTreeMap<String, BTreeSet<String>>) -> Test {
    let code = code(&read(file));
    let words = words(&code.text);
    let through_helpers = words.iter().filter_map(|word| helpers.get(word)).flatten().cloned();
    Test {
        kind,
        name: file.to_owned(),
        through_helpers: through_helpers.filter(|word| word.starts_with("zmq_")).collect(),
        words,
        texts: code.texts,
    }
}

/// The programs that `tests/ctests/programs.rs` lists.
fn programs() -> Vec<Test> {
    let helpers = helpers();
    let mut found = Vec::new();
    let mut group = String::new();
    for line in read("tests/ctests/programs.rs").lines().map(str::trim) {
        if let Some(name) = line.strip_suffix(" {") {
            group = name.to_owned();
            continue;
        }
        let Some((kind, name)) = line.strip_suffix(',').and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        let kind = if kind == "both" { Kind::Both } else { Kind::Ours };
        found.push(c_test(kind, &format!("ctests/{group}/{name}.c"), &helpers));
    }
    found
}

/// The conversations between the two libraries, one for each pair of socket types.
fn conversations() -> Vec<Test> {
    let code = code(&read("tests/ctests/interop.rs")).text;
    let list = |start: &str| -> Vec<String> {
        let after = code.rsplit_once(start).map_or("", |(_, after)| after);
        block(after)
            .split_whitespace()
            .map(|word| word.trim_matches(['{', '}']).to_owned())
            .collect()
    };
    let mut found = Vec::new();
    for (start, schemes) in [("secured! ", &["tcp://"][..]), ("scenarios! ", &["tcp://", "ipc://"])]
    {
        for name in list(start).into_iter().filter(|name| !name.is_empty()) {
            let mut words = BTreeSet::new();
            for part in name.split('_') {
                words.insert(match part {
                    "curve" | "plain" => format!("ZMQ_{}_SERVER", part.to_uppercase()),
                    _ => format!("ZMQ_{}", part.to_uppercase()),
                });
            }
            found.push(Test {
                kind: Kind::Both,
                name: format!("interop: {name}"),
                words,
                texts: schemes.iter().map(|scheme| (*scheme).to_owned()).collect(),
                through_helpers: BTreeSet::new(),
            });
        }
    }
    found
}

/// All tests: the programs, the conversations, the functions of Rust.
pub fn tests() -> Vec<Test> {
    let mut found = programs();
    found.extend(conversations());
    for folder in ["src", "tests"] {
        for file in files(folder, "rs") {
            if !file.starts_with("tests/conformance") && file != "tests/layering.rs" {
                found.extend(rust_tests(&file));
            }
        }
    }
    found
}

/// A named number of `zmq.h`, in the section that it stands in.
pub struct Constant {
    pub section: String,
    pub name: String,
    /// As it is written.
    pub value: String,
    pub draft: bool,
}

/// The constants of the header: those of `src/capi`, and the draft ones.
pub fn constants() -> Vec<Constant> {
    let mut found = Vec::new();
    let mut section = String::new();
    for line in read("src/capi/constants.rs").lines() {
        if let Some(title) = line.strip_prefix("// ") {
            section = title.to_owned();
        } else if let Some(rest) = line.strip_prefix("pub const ") {
            let (name, value) = rest.split_once(": c_int = ").unwrap_or((rest, ""));
            let value = value.trim_end_matches(';').to_owned();
            let (section, name) = (section.clone(), name.to_owned());
            found.push(Constant { section, name, value, draft: false });
        }
    }
    for line in read("src/capi/header/zmq_tail.h").lines() {
        if let Some(title) = line.strip_prefix("/* ") {
            section = title.trim_end_matches(" */").to_owned();
        } else if let Some(rest) = line.strip_prefix("#define ZMQ_") {
            let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
            let (section, name) = (section.clone(), format!("ZMQ_{name}"));
            found.push(Constant { section, name, value: value.to_owned(), draft: true });
        }
    }
    found
}

/// The functions that the header declares with the draft API only.
pub fn draft_functions() -> BTreeSet<String> {
    exported_by("src/capi/header/zmq_tail.h", "ZMQ_EXPORT")
}

/// The functions that only this library has.
pub fn own_functions() -> BTreeSet<String> {
    exported_by("include/zmqx.h", "ZMQX_EXPORT")
}

/// The functions that a header declares behind this word.
fn exported_by(header: &str, word: &str) -> BTreeSet<String> {
    let code = code(&read(header)).text;
    let exported = code.split(word).skip(1);
    let name = |declaration: &str| {
        let before = declaration.split('(').next()?.trim_end();
        let name: String = before.chars().rev().take_while(|c| is_word(*c)).collect();
        Some(name.chars().rev().collect())
    };
    exported.filter_map(name).filter(|name: &String| name.starts_with("zmq")).collect()
}

/// The names of our values of `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`, by those of the header.
pub fn protocol_errors() -> BTreeMap<String, String> {
    let text = read("src/proto/error.rs");
    let mut found = BTreeMap::new();
    for (comment, line) in text.lines().zip(text.lines().skip(1)) {
        let header = comment.trim().strip_prefix("/// `").and_then(|c| c.strip_suffix('`'));
        let ours = line.trim().strip_prefix("pub const ").and_then(|l| l.split(':').next());
        if let (Some(header), Some(ours)) = (header, ours) {
            found.insert(header.to_owned(), ours.to_owned());
        }
    }
    found
}

/// Reads the pairs of `CHECK_ERRNO (zmq_x (...), EXXX)`: what each function was seen to fail with.
pub fn failures(test: &Test) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if test.kind == Kind::Rust || test.name.starts_with("interop") {
        return found;
    }
    let text = code(&read(&test.name)).text;
    for marker in ["CHECK_ERRNO (", "CHECK_NULL_ERRNO ("] {
        for after in text.split(marker).skip(1) {
            let function: String = after.chars().take_while(|c| is_word(*c)).collect();
            let call = statement(after);
            let Some(error) = call.rsplit([',', ' ']).next() else { continue };
            if function.starts_with("zmq_") && error.starts_with('E') {
                found.entry(function).or_default().insert(error.to_owned());
            }
        }
    }
    found
}

/// The text before the parenthesis that closes a call.
fn statement(after: &str) -> &str {
    let mut depth = 1;
    for (i, c) in after.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &after[..i];
        }
    }
    after
}
