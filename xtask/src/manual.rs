//! The manual: `docs/man/*.txt` to pages for man(1).
//!
//! A page begins with `# name(section), name(section)` and a line that says what it is for. Then
//! come paragraphs, `== TITLES`, `- TERM: text` for lists, and examples, which are indented by four
//! spaces. `` `x` `` is bold and `*x*` italic. The form of a function is taken from its header.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::project::{self, Outcome};

/// One page: its names, the first of which is that of its file, and its lines.
struct Page {
    names: Vec<String>,
    section: char,
    purpose: String,
    lines: Vec<String>,
}

/// Writes all pages below `directory`, a `share/man`.
pub fn install(directory: &Path) -> Outcome {
    let prototypes = prototypes()?;
    for file in project::files(&project::root().join("docs/man"))? {
        let pages = pages(&project::read(&file)?)?;
        for page in &pages {
            let folder = directory.join(format!("man{}", page.section));
            project::create_directory(&folder)?;
            let file_of = |name: &str| folder.join(format!("{name}.{}", page.section));
            let (first, others) = page.names.split_first().ok_or("a page without a name")?;
            project::write(&file_of(first), &roff(page, &pages, &prototypes)?)?;
            for other in others {
                let link = format!(".so man{0}/{first}.{0}\n", page.section);
                project::write(&file_of(other), &link)?;
            }
        }
    }
    Ok(())
}

/// Takes a file apart.
fn pages(text: &str) -> Outcome<Vec<Page>> {
    let mut pages: Vec<Page> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(head) = line.strip_prefix("# ") {
            let named: Vec<(&str, char)> = head.split(", ").filter_map(name_and_section).collect();
            let section = named.first().ok_or_else(|| format!("no name: {line}"))?.1;
            let names = named.into_iter().map(|(name, _)| name.to_owned()).collect();
            let purpose = lines.next().unwrap_or_default().to_owned();
            pages.push(Page { names, section, purpose, lines: Vec::new() });
        } else {
            let page = pages.last_mut().ok_or_else(|| format!("before any page: {line}"))?;
            page.lines.push(line.to_owned());
        }
    }
    Ok(pages)
}

fn name_and_section(text: &str) -> Option<(&str, char)> {
    let (name, section) = text.strip_suffix(')')?.split_once('(')?;
    Some((name, section.chars().next()?))
}

/// The functions that the headers declare, by name: the header and the declaration.
fn prototypes() -> Outcome<BTreeMap<String, (&'static str, String)>> {
    let mut found = BTreeMap::new();
    for (header, export) in [("zmq.h", "ZMQ_EXPORT"), ("zmqx.h", "ZMQX_EXPORT")] {
        let text = project::read(&project::root().join("include").join(header))?;
        for declaration in text.split(export).skip(1) {
            let declaration = declaration.split(';').next().unwrap_or_default();
            let words = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
            let name = words.split('(').next().unwrap_or_default().rsplit([' ', '*']).next();
            if let Some(name) = name.filter(|name| name.starts_with("zmq")) {
                let shown = words.replacen('(', " (", 1).replace("_,", ",").replace("_)", ")");
                found.insert(name.to_owned(), (header, shown + ";"));
            }
        }
    }
    Ok(found)
}

fn roff(
    page: &Page,
    all: &[Page],
    prototypes: &BTreeMap<String, (&'static str, String)>,
) -> Outcome<String> {
    let title = page.names.first().map(|name| name.to_uppercase()).unwrap_or_default();
    let version = project::package_version()?;
    let mut out = format!(".TH {title} {} \"\" \"zincmq {version}\" ZeroMQ\n", page.section);
    let _ = write!(out, ".SH NAME\n{} \\- {}\n", page.names.join(", "), escaped(&page.purpose));
    let declared: Vec<_> = page.names.iter().filter_map(|name| prototypes.get(name)).collect();
    if let Some((header, _)) = declared.first() {
        let _ = write!(out, ".SH SYNOPSIS\n.nf\n.B #include <{header}>\n.sp\n");
        for (_, prototype) in &declared {
            let _ = writeln!(out, ".B {}", escaped(prototype));
        }
        out.push_str(".fi\n");
    }
    out.push_str(".SH DESCRIPTION\n");
    body(&page.lines, &mut out);
    see_also(page, all, &mut out);
    Ok(out)
}

/// The kind of the lines of a page at the moment.
#[derive(PartialEq)]
enum Mode {
    Text,
    List,
    Example,
}

fn body(lines: &[String], out: &mut String) {
    let mut mode = Mode::Text;
    for line in lines {
        let example = line.strip_prefix("    ");
        if mode == Mode::Example && example.is_none() && !line.is_empty() {
            out.push_str(".fi\n.RE\n");
            mode = Mode::Text;
        }
        if let Some(code) = example {
            if mode != Mode::Example {
                out.push_str(".sp\n.RS 4\n.nf\n");
                mode = Mode::Example;
            }
            let _ = writeln!(out, "{}", escaped(code));
        } else if let Some(title) = line.strip_prefix("== ") {
            let _ = writeln!(out, ".SH {title}");
            mode = Mode::Text;
        } else if let Some((term, text)) = line.strip_prefix("- ").and_then(term_and_text) {
            let _ = write!(out, ".TP\n{}\n{}\n", formatted(term), formatted(text));
            mode = Mode::List;
        } else if !line.is_empty() {
            let _ = writeln!(out, "{}", formatted(line));
        } else if mode == Mode::Example {
            out.push('\n');
        } else {
            out.push_str(".PP\n");
            mode = Mode::Text;
        }
    }
    if mode == Mode::Example {
        out.push_str(".fi\n.RE\n");
    }
}

/// A term ends at the first `: ` that is not in parentheses.
fn term_and_text(line: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, character) in line.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ':' if depth == 0 => {
                let text = line.get(at..)?.strip_prefix(": ");
                if let Some(text) = text {
                    return Some((line.get(..at)?, text));
                }
            }
            _ => {}
        }
    }
    None
}

/// The other pages of its file, and the page that all begins with.
fn see_also(page: &Page, all: &[Page], out: &mut String) {
    let mut others: Vec<String> = all
        .iter()
        .filter(|other| other.names != page.names)
        .filter_map(|other| Some(format!(".BR {} ({})", other.names.first()?, other.section)))
        .collect();
    if !others.iter().any(|other| other == ".BR zmq (7)") && page.names != ["zmq"] {
        others.push(".BR zmq (7)".into());
    }
    let _ = write!(out, ".SH SEE ALSO\n{}\n", others.join(",\n"));
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// Bold and italic pieces of a line.
fn formatted(text: &str) -> String {
    let mut out = String::new();
    for (number, piece) in escaped(text).split('`').enumerate() {
        if number % 2 == 1 {
            let _ = write!(out, "\\fB{piece}\\fR");
            continue;
        }
        // A star in code is none of ours, so only here.
        for (number, piece) in piece.split('*').enumerate() {
            match number % 2 {
                1 => _ = write!(out, "\\fI{piece}\\fR"),
                _ => out.push_str(piece),
            }
        }
    }
    out
}
