//! Project commands that are more than one cargo call: `cargo xtask <command>`.
//!
//! Single-threaded; every command runs other programs (cargo, the linker) and moves files.
#![forbid(unsafe_code)]

mod conformance;
mod deb;
mod header;
mod install;
mod manual;
mod package;
mod project;
mod static_library;

use std::process::ExitCode;

const USAGE: &str = "\
usage:
  cargo xtask conformance [--check]
      writes docs/conformance.md: what is here, and what tests it; with --check only says whether
      it would change
  cargo xtask header [--check]
      writes include/zmq.h and zmqx.h from src/capi; with --check only says whether they would
      change
  cargo xtask install --prefix DIR [--libdir DIR] [--features LIST]
      builds the libraries and installs them with their headers and the files for pkg-config and
      CMake; libdir is lib unless given, relative to the prefix or absolute; DESTDIR is obeyed;
      the one feature is gssapi, which needs the system's libgssapi_krb5
  cargo xtask package [deb] [tarball] [wheel]
      makes packages in target/packages: two for Debian and its kin (needs dpkg-dev), one to
      unpack anywhere, one for pip (needs python3); all of them if none is named
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["conformance"] => conformance::write(),
        ["conformance", "--check"] => conformance::check(),
        ["header"] => header::write(),
        ["header", "--check"] => header::check(),
        ["install", options @ ..] => {
            install::Target::from_options(options).and_then(|target| install::run(&target))
        }
        ["package", kinds @ ..] => package::run(kinds),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}
