//! An installed tree, made both ways, and projects that use it as projects use libzmq.

mod common;

use common::{cargo, prefix, program, root, run, scratch, succeed, target_directory};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const GREETING: &str = "4.3.5 hello\n";

fn assert_complete(prefix: &Path, libdir: &str) {
    let lib = prefix.join(libdir);
    assert!(lib.join("libzmq.so.5.2.5").symlink_metadata().unwrap().is_file());
    for link in ["libzmq.so.5", "libzmq.so"] {
        assert_eq!(fs::read_link(lib.join(link)).unwrap(), Path::new("libzmq.so.5.2.5"));
    }
    let others = [
        "libzmq.a",
        "pkgconfig/libzmq.pc",
        "cmake/ZeroMQ/ZeroMQConfig.cmake",
        "cmake/ZeroMQ/ZeroMQConfigVersion.cmake",
    ];
    let below = [
        "include/zmq.h",
        "include/zmq_utils.h",
        "include/zmqx.h",
        "bin/zincmq-run",
        "share/zincmq/env",
        "share/man/man3/zmq_send.3",
        "share/man/man7/zmq.7",
    ];
    let below = below.map(|file| prefix.join(file));
    for file in others.map(|file| lib.join(file)).iter().chain(&below) {
        let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(!text.is_empty());
        assert!(
            !contains(&text, b"@PREFIX")
                && !contains(&text, b"@LIBDIR")
                && !contains(&text, b"@VERSION"),
            "{file:?}"
        );
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Runs both programs of a consumer; the static one must not ask for the shared library.
fn assert_both_run(directory: &Path, libdir: &Path) {
    let shared = directory.join("shared");
    assert_eq!(succeed(program(&shared).env("LD_LIBRARY_PATH", libdir)), GREETING);
    assert!(needed(&shared).contains("libzmq.so.5"));
    let on_its_own = directory.join("static");
    assert_eq!(succeed(&mut program(&on_its_own)), GREETING);
    assert!(!needed(&on_its_own).contains("libzmq"));
}

fn needed(file: &Path) -> String {
    let dynamic = succeed(Command::new("readelf").arg("-dW").arg(file));
    dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect()
}

fn build_with_pkgconfig(prefix: &Path, libdir: &Path) {
    let out = scratch(&format!("pkgconfig-{}", prefix.file_name().unwrap().to_string_lossy()));
    let mut make = Command::new("make");
    make.arg("-C").arg(root().join("ctests/consumer-pkgconfig"));
    make.arg(format!("OUT={}", out.display()));
    succeed(make.env("PKG_CONFIG_PATH", libdir.join("pkgconfig")));
    assert_both_run(&out, libdir);
}

fn build_with_cmake(prefix: &Path, libdir: &Path) {
    let out = scratch(&format!("cmake-{}", prefix.file_name().unwrap().to_string_lossy()));
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(root().join("ctests/consumer-cmake")).arg("-B").arg(&out);
    configure.arg(format!("-DZeroMQ_DIR={}", libdir.join("cmake/ZeroMQ").display()));
    succeed(&mut configure);
    succeed(Command::new("cmake").arg("--build").arg(&out));
    assert_both_run(&out, libdir);
}

#[test]
fn cargo_installs_everything_and_projects_build_on_it() {
    assert_complete(prefix(), "lib");
    build_with_pkgconfig(prefix(), &prefix().join("lib"));
    build_with_cmake(prefix(), &prefix().join("lib"));
}

#[test]
fn cmake_installs_everything_and_projects_build_on_it() {
    let (build, prefix) = (scratch("cmake-build"), scratch("by-cmake"));
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(root()).arg("-B").arg(&build).arg("-DCMAKE_INSTALL_LIBDIR=lib64");
    succeed(configure.env("CARGO_TARGET_DIR", target_directory()));
    succeed(Command::new("cmake").arg("--build").arg(&build));
    succeed(Command::new("cmake").arg("--install").arg(&build).arg("--prefix").arg(&prefix));
    assert_complete(&prefix, "lib64");
    build_with_pkgconfig(&prefix, &prefix.join("lib64"));
    build_with_cmake(&prefix, &prefix.join("lib64"));
}

#[test]
fn a_staged_tree_names_its_final_place_and_can_be_moved() {
    let stage = scratch("stage");
    let mut install = cargo();
    install.args(["xtask", "install", "--prefix", "/opt/messaging", "--libdir", "lib/multiarch"]);
    succeed(install.env("DESTDIR", &stage));
    let prefix = stage.join("opt/messaging");
    assert_complete(&prefix, "lib/multiarch");
    let pc = fs::read_to_string(prefix.join("lib/multiarch/pkgconfig/libzmq.pc")).unwrap();
    assert!(pc.contains("prefix=/opt/messaging\n"), "{pc}");
    build_with_cmake(&prefix, &prefix.join("lib/multiarch"));
}

#[test]
fn installing_again_replaces_and_wrong_options_are_refused() {
    let again = scratch("again");
    let install = |options: &[&str]| run(cargo().args(["xtask", "install"]).args(options));
    for _ in 0..2 {
        assert!(install(&["--prefix", again.to_str().unwrap()]).status.success());
    }
    assert_complete(&again, "lib");
    let leftovers: Vec<PathBuf> = fs::read_dir(again.join("lib"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "new"))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
    for wrong in [&[][..], &["--prefix"], &["--wrong", "x"]] {
        assert!(!install(wrong).status.success(), "{wrong:?}");
    }
}

/// A shell sees the library after `zincmq-run` and after `env`, wherever the tree is.
#[test]
fn programs_run_on_it_by_environment() {
    let moved = scratch("moved").join("messages");
    succeed(Command::new("cp").arg("-a").arg(prefix()).arg(&moved));
    let library = format!("{}/lib/libzmq.so.5", moved.display());
    let show = "echo $LD_PRELOAD; echo $LD_LIBRARY_PATH";
    let mut launched = Command::new(moved.join("bin/zincmq-run"));
    launched.args(["sh", "-c", show]).env_remove("LD_PRELOAD").env_remove("LD_LIBRARY_PATH");
    assert_eq!(succeed(&mut launched), format!("{library}\n{}/lib\n", moved.display()));
    assert!(!run(&mut Command::new(moved.join("bin/zincmq-run"))).status.success());
    for shell in ["bash", "sh"] {
        let mut sourced = Command::new(shell);
        let script = format!(
            ". '{}/share/zincmq/env'; zincmq_preload; {show}; pkg-config --variable=pcfiledir libzmq",
            moved.display()
        );
        sourced.args(["-c", &script]).env_remove("LD_PRELOAD").env_remove("LD_LIBRARY_PATH");
        if shell == "sh" {
            sourced.env("ZINCMQ_PREFIX", &moved);
        }
        let lib = moved.join("lib").display().to_string();
        assert_eq!(
            succeed(&mut sourced),
            format!("{library}\n{lib}\n{lib}/pkgconfig\n"),
            "{shell}"
        );
    }
}
