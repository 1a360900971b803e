//! The rules of the house that a compiler does not know: imports go down, `unsafe` is where
//! `docs/safety.md` says, files are small and say what they are, and what the documents name exists.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const LONGEST: usize = 800;

/// Files that may be longer, and the reason; there are none. A file that is here and short again
/// fails the test.
const LONG: &[(&str, &str)] = &[];

/// Parts of a file that are included as they are, where `//!` is a mistake.
const INCLUDED: &[&str] = &["tests/ctests/programs.rs"];

/// Arrows that go down and are forbidden nevertheless: from, to, why.
const NOT_FOR: &[(&str, &[&str], &str)] = &[
    (
        "proto",
        &["sync", "sys", "queue", "endpoint"],
        "a protocol is a value: no lock, no system call, no queue",
    ),
    ("pattern", &["sys", "endpoint", "proto"], "a pattern sees pipes, and not what is behind them"),
    ("transport", &["queue", "proto", "pipe", "pattern"], "a transport moves bytes"),
    ("io", &["pattern"], "bytes are moved alike for every socket type"),
    ("timers", &["sys", "sync"], "pure: the time is passed in"),
];

/// Arrows that go up and are allowed: file, module, reason. There are none.
const ALLOWED_UP: &[(&str, &str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All Rust files below a folder, as paths from the root of the project, sorted.
fn rust_files(folder: &str) -> Vec<String> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder}: no Rust files");
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    found.into_iter().map(relative).collect()
}

/// The modules of the crate, lowest layer first: the order of `src/lib.rs`.
fn layers() -> Vec<String> {
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    read("src/lib.rs").lines().filter_map(name).collect()
}

/// The module of the crate that a file belongs to; none for `src/lib.rs`.
fn module_of(file: &str) -> Option<&str> {
    let path = file.strip_prefix("src/")?;
    let name = path.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "lib").then_some(name)
}

/// The modules named by `crate::name` and `crate::{name, ...}` outside of comments.
fn imports(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut names = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let word = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match after.strip_prefix('{') {
            Some(group) => {
                let group = group.split_inclusive(';').next().unwrap_or_default();
                // Of nested groups only the outer names are modules.
                let mut depth = 0;
                for part in group.split_inclusive([',', '{', '}']) {
                    if depth == 0 {
                        names.insert(word(part));
                    }
                    depth += part.matches('{').count();
                    match depth.checked_sub(part.matches('}').count()) {
                        Some(left) => depth = left,
                        None => break,
                    }
                }
            }
            None => {
                names.insert(word(after));
            }
        }
    }
    names
}

#[test]
fn imports_are_found() {
    let text = "use crate::error::Errno; // crate::capi\nuse crate::{\n    msg::{Msg, frame},\n    \
                pipe,\n};\nfn f() { crate::sys::clock::nanos() }";
    let found: Vec<String> = imports(text).into_iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(found, ["error", "msg", "pipe", "sys"]);
}

#[test]
fn imports_go_down() {
    let layers = layers();
    let height = |module: &str| layers.iter().position(|layer| layer == module);
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let Some(own) = module_of(&file) else { continue };
        let own_height = height(own);
        assert!(own_height.is_some(), "{file}: src/lib.rs does not list {own}");
        for import in imports(&read(&file)) {
            let allowed = ALLOWED_UP.iter().any(|(at, up, _)| (*at, *up) == (&file, &import));
            if height(&import) > own_height && !allowed {
                wrong.push(format!("{file}: {own} is below {import}"));
            }
            for (who, what, why) in NOT_FOR {
                if *who == own && what.contains(&import.as_str()) {
                    wrong.push(format!("{file}: no {import} in {own}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let files = ["src", "tests", "xtask/src", "difftest/src"].into_iter().flat_map(rust_files);
    let silent: Vec<String> = files
        .filter(|file| {
            let first = if INCLUDED.contains(&file.as_str()) { "// " } else { "//! " };
            !read(file).starts_with(first)
        })
        .collect();
    assert!(silent.is_empty(), "no //! in the first line: {silent:?}");
}

#[test]
fn files_are_small() {
    let exception = |file: &str| LONG.iter().any(|(long, _)| *long == file);
    for file in rust_files("src") {
        let lines = read(&file).lines().count();
        if exception(&file) {
            assert!(lines > LONGEST, "{file} is short now: take it off the list");
        } else {
            assert!(lines <= LONGEST, "{file}: {lines} lines, {LONGEST} are allowed");
        }
    }
}

/// The files that `docs/safety.md` names in the first column of a table.
fn named_in_safety() -> BTreeSet<String> {
    let text = read("docs/safety.md");
    let first = |line: &str| {
        let name = line.strip_prefix("| `src/")?.split('`').next()?;
        Some(format!("src/{name}"))
    };
    text.lines().filter_map(first).collect()
}

const FORBIDS: &str = "\n#![forbid(unsafe_code)]\n";

/// Whether the word `unsafe` stands in the code.
fn has_unsafe(text: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|word| word == "unsafe")
}

/// Whether a file above this one in the module tree forbids `unsafe`, which holds below it.
fn forbidden_from_above(file: &str) -> bool {
    Path::new(file).ancestors().skip(1).any(|folder| {
        let in_mod = folder.join("mod.rs").display().to_string();
        root().join(&in_mod).exists() && read(&in_mod).contains(FORBIDS)
    })
}

#[test]
fn unsafe_is_where_the_document_says() {
    let named = named_in_safety();
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let text = read(&file);
        let forbids = text.contains(FORBIDS);
        if named.contains(&file) {
            if forbids || !has_unsafe(&text) {
                wrong.push(format!("{file}: docs/safety.md names it, but it has no unsafe code"));
            }
        } else if forbids {
            // The compiler sees to it.
        } else if has_unsafe(&text) {
            wrong.push(format!("{file}: unsafe, and docs/safety.md does not name it"));
        } else if !is_above_unsafe(&file, &named)
            && !is_test_below_forbid(&file)
            && !runs_unsafe_file(&file, &text, &named)
        {
            wrong.push(format!("{file}: no #![forbid(unsafe_code)]"));
        }
    }
    wrong.extend(
        named
            .iter()
            .filter(|file| !root().join(file).exists())
            .map(|file| format!("{file}: docs/safety.md names it, and it is not there")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the file declares modules that may use `unsafe`: a `forbid` here would hold there.
fn is_above_unsafe(file: &str, named: &BTreeSet<String>) -> bool {
    let folder = match file {
        "src/lib.rs" => "src/",
        _ => match file.strip_suffix("mod.rs") {
            Some(folder) => folder,
            None => return false,
        },
    };
    named.iter().any(|unsafe_file| unsafe_file.starts_with(folder))
}

/// Whether the file is a model that runs a file beside it which has unsafe code.
fn runs_unsafe_file(file: &str, text: &str, named: &BTreeSet<String>) -> bool {
    let Some((folder, _)) = file.rsplit_once('/').filter(|_| file.ends_with("_model.rs")) else {
        return false;
    };
    named.iter().any(|unsafe_file| {
        let name = unsafe_file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|name| text.contains(&format!("#[path = \"{name}\"]")))
    })
}

/// Tests are modules of what they test, so its `forbid` holds for them.
fn is_test_below_forbid(file: &str) -> bool {
    file.contains("tests") && forbidden_from_above(file)
}

/// The documents name tests as `path: name`, and files by their paths. Both have to exist.
#[test]
fn what_the_documents_name_exists() {
    let mut wrong = Vec::new();
    for document in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "RELEASING.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/compat.md",
        "docs/conformance.md",
        "docs/guide/choosing.md",
        "docs/guide/lost-messages.md",
        "docs/safety.md",
    ] {
        let text = read(document);
        // Every second piece between backticks is code.
        for code in text.split('`').skip(1).step_by(2) {
            let (file, test) = match code.split_once(".rs: ") {
                Some((file, test)) => (format!("{file}.rs"), Some(test)),
                None => (code.to_owned(), None),
            };
            let folders = [
                "src/",
                "tests/",
                "ctests/",
                "docs/",
                "benches/",
                "packaging/",
                "scripts/",
                "fuzz/",
                "difftest/",
                "examples/",
            ];
            let is_ours = folders.iter().any(|folder| file.starts_with(folder));
            if !is_ours || file.contains([' ', '*']) {
                continue;
            }
            if !root().join(&file).exists() {
                wrong.push(format!("{document}: {file} is not there"));
            } else if let Some(test) = test
                && !read(&file).contains(&format!("fn {test}("))
            {
                wrong.push(format!("{document}: {file} has no test {test}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program that runs on our library only shows a difference that is meant.
#[test]
fn every_difference_shown_is_documented() {
    let document = read("docs/compat.md");
    let mut group = String::new();
    for line in read("tests/ctests/programs.rs").lines().map(str::trim) {
        if let Some(name) = line.strip_suffix(" {") {
            group = name.to_owned();
        } else if let Some(name) = line.strip_prefix("ours ").and_then(|n| n.strip_suffix(',')) {
            let program = format!("`ctests/{group}/{name}.c`");
            assert!(document.contains(&program), "docs/compat.md does not name {program}");
        }
    }
}
