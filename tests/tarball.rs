//! The tarball, unpacked somewhere: programs are built and run with what is in it.

mod common;

use common::{cargo, root, scratch, succeed, target_directory};
use std::path::PathBuf;
use std::process::Command;

/// Makes the tarball and unpacks it; answers the directory that is in it.
fn unpacked() -> PathBuf {
    let said = succeed(cargo().args(["xtask", "package", "tarball"]));
    let made = said.lines().last().unwrap().to_owned();
    assert!(made.starts_with(&target_directory().display().to_string()), "{said}");
    let directory = scratch("somewhere");
    succeed(Command::new("tar").arg("-xzf").arg(&made).arg("-C").arg(&directory));
    let name = PathBuf::from(&made).file_name().unwrap().to_string_lossy().into_owned();
    directory.join(name.strip_suffix(".tar.gz").unwrap())
}

#[test]
fn a_tarball_works_wherever_it_is_unpacked() {
    let tree = unpacked();
    let out = scratch("consumer");
    let mut make = Command::new("make");
    make.arg("-C").arg(root().join("ctests/consumer-pkgconfig"));
    make.arg(format!("OUT={}", out.display()));
    succeed(make.env("PKG_CONFIG_PATH", tree.join("lib/pkgconfig")));
    assert_eq!(succeed(&mut Command::new(out.join("static"))), "4.3.5 hello\n");
    let mut launched = Command::new(tree.join("bin/zincmq-run"));
    launched.arg(out.join("shared")).env("ZMQX_BANNER", "1").env_remove("LD_LIBRARY_PATH");
    let output = common::run(&mut launched);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "4.3.5 hello\n");
    let banner = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(banner.contains(&tree.join("lib/libzmq.so.5").display().to_string()), "{banner}");
    assert!(tree.join("share/man/man7/zincmq.7").exists());
}
