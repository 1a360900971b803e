//! `ZMQX_BANNER=1` and `zmqx.h`: a program, and whoever runs it, can tell which library it is on.
#![cfg(target_os = "linux")]

mod common;

use common::{prefix, program, root, run, scratch, succeed};
use std::io::pipe;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Builds `ctests/abi/banner.c` on the installed library.
fn build(purpose: &str, library: &str) -> PathBuf {
    let built = scratch(purpose).join("banner");
    let mut compiler = Command::new("gcc");
    compiler.args(["-Wall", "-Wextra", "-Werror", "-I"]).arg(prefix().join("include"));
    compiler.arg(root().join("ctests/abi/banner.c")).arg("-o").arg(&built);
    compiler.arg("-L").arg(prefix().join("lib")).arg(library);
    succeed(compiler.args(["-lpthread", "-ldl", "-lrt", "-lm"]));
    built
}

fn stderr(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, format!("{}\n", env!("CARGO_PKG_VERSION")).into_bytes());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn line(file: &Path) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let gssapi = if cfg!(feature = "gssapi") { "gssapi " } else { "" };
    let lent = |name| {
        if zmq::endpoint::scheme::has(name) {
            format!("{name} ", name = String::from_utf8_lossy(name))
        } else {
            String::new()
        }
    };
    format!(
        "zincmq {version} (libzmq 4.3.5) from {}: curve {gssapi}ipc {}{}tipc vsock WS zincmq\n",
        file.display(),
        lent(b"norm"),
        lent(b"pgm"),
    )
}

#[test]
fn one_line_says_which_library_it_is_and_where() {
    let built = build("shared", "-lzmq");
    let said = stderr(&run(program(&built).env("ZMQX_BANNER", "1")));
    assert_eq!(said, line(&prefix().join("lib/libzmq.so.5")));
}

#[test]
fn the_static_library_names_the_program() {
    let built = build("static", "-l:libzmq.a");
    let said = stderr(&run(program(&built).env("ZMQX_BANNER", "1")));
    assert_eq!(said, line(&built));
}

#[test]
fn it_is_silent_unless_asked() {
    let built = build("silent", "-lzmq");
    assert_eq!(stderr(&run(program(&built).env_remove("ZMQX_BANNER"))), "");
    for value in ["", "0"] {
        assert_eq!(stderr(&run(program(&built).env("ZMQX_BANNER", value))), "");
    }
}

/// Writing to a pipe without a reader is a deadly signal, which a line for the curious must not send.
#[test]
fn a_stderr_that_nobody_reads_does_no_harm() {
    let built = build("unread", "-lzmq");
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    stderr(&run(program(&built).env("ZMQX_BANNER", "1").stderr(writer)));
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" 2>&-"]).arg(&built).env("ZMQX_BANNER", "1");
    stderr(&run(closed.env("LD_LIBRARY_PATH", prefix().join("lib"))));
}
