//! The installed manual: a page for every function and option, without mistakes that groff sees.

mod common;

use common::{own_names, prefix, stable_names, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use zmq::options::TABLE;

fn manual() -> PathBuf {
    prefix().join("share/man")
}

/// The text of a page as it is read, without control characters; a link leads to another page.
fn page(section: char, name: &str) -> String {
    let file = format!("man{section}/{name}.{section}");
    let source = fs::read_to_string(manual().join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let file = source.strip_prefix(".so ").map_or(file.clone(), |other| other.trim().to_owned());
    let mut groff = Command::new("groff");
    groff.args(["-man", "-Tascii", "-P-bcou", "-ww", "-rLL=200n"]);
    succeed(groff.arg(&file).current_dir(manual()))
}

#[test]
fn every_function_has_a_page_that_shows_how_it_is_called() {
    for name in stable_names().into_iter().chain(own_names()) {
        let text = page('3', name);
        let (head, rest) = text.split_once("DESCRIPTION").expect(name);
        assert!(head.contains(&format!("{name} (")), "{name}: {head}");
        assert!(rest.trim().lines().count() > 3, "{name}: {rest}");
    }
}

#[test]
fn every_option_that_can_be_used_is_described() {
    let text = page('3', "zmq_setsockopt");
    for option in TABLE {
        let described = text.contains(option.name);
        assert!(described || option.draft && option.needs.is_some(), "{}", option.name);
    }
}

#[test]
fn pages_lead_to_pages_and_groff_has_nothing_to_say() {
    for section in ['3', '7'] {
        for file in fs::read_dir(manual().join(format!("man{section}"))).unwrap() {
            let path = file.unwrap().path();
            let mut groff = Command::new("groff");
            groff.args(["-man", "-z", "-ww", "-Tascii"]).arg(&path).current_dir(manual());
            let complaints = groff.output().unwrap().stderr;
            assert!(complaints.is_empty(), "{path:?}: {}", String::from_utf8_lossy(&complaints));
            references_of(&path);
        }
    }
}

/// Pages that another one names as `zmq_x`(3) are there.
fn references_of(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    for before in text.split("\\fR(").map(|part| part.rsplit("\\fB").next().unwrap()) {
        if before.starts_with("zmq") && !before.contains(' ') {
            let places = ['3', '7'].map(|s| manual().join(format!("man{s}/{before}.{s}")));
            assert!(places.iter().any(|place| place.exists()), "{file:?}: {before}");
        }
    }
}
