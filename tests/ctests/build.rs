//! Where the libraries and headers are, and how a C program is compiled.
//! Everything that is costly happens once per test process.
#![forbid(unsafe_code)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The directories that hold the library under test and the oracle.
pub struct Libraries {
    pub ours: PathBuf,
    pub oracle: PathBuf,
}

static LIBRARIES: LazyLock<Result<Libraries, String>> =
    LazyLock::new(|| Ok(Libraries { ours: find_ours()?, oracle: find_oracle()? }));

/// Both libraries; the test fails with a message when one is absent.
pub fn libraries() -> &'static Libraries {
    match &*LIBRARIES {
        Ok(libraries) => libraries,
        Err(message) => panic!("{message}"),
    }
}

/// The root of the source tree.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| repository().join("target"), PathBuf::from)
        .join("ctests")
}

fn find_ours() -> Result<PathBuf, String> {
    if let Some(dir) = env::var_os("ZINCMQ_LIB") {
        let dir = PathBuf::from(dir);
        let present = dir.join("libzmq.so.5").exists();
        let shown = dir.display().to_string();
        return present
            .then_some(dir)
            .ok_or(format!("ZINCMQ_LIB: there is no libzmq.so.5 in {shown}"));
    }
    let status = Command::new(env!("CARGO"))
        .current_dir(repository())
        .args(["build", "--release", "--lib", "--target-dir"])
        .arg(target_dir())
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if !status.success() {
        return Err("the library does not build".into());
    }
    let dir = target_dir().join("release");
    let link = dir.join("libzmq.so.5");
    if !link.exists() {
        std::os::unix::fs::symlink("libzmq.so", &link)
            .map_err(|e| format!("{}: {e}", link.display()))?;
    }
    Ok(dir)
}

fn find_oracle() -> Result<PathBuf, String> {
    let given = env::var_os("ZINCMQ_ORACLE").map(PathBuf::from);
    let system = ["x86_64-linux-gnu", "aarch64-linux-gnu", ""]
        .iter()
        .flat_map(|arch| ["/usr/lib", "/lib", "/usr/lib64"].map(|dir| Path::new(dir).join(arch)));
    given.into_iter().chain(system).find(|dir| dir.join("libzmq.so.5").exists()).ok_or_else(|| {
        "no original libzmq.so.5 to compare with: install the distribution's package (Debian: libzmq5) \
         or name its directory in ZINCMQ_ORACLE"
            .into()
    })
}

fn include_dir() -> PathBuf {
    let ours =
        env::var_os("ZINCMQ_INCLUDE").map_or_else(|| repository().join("include"), PathBuf::from);
    if ours.join("zmq.h").exists() { ours } else { PathBuf::from("/usr/include") }
}

/// Compiles `ctests/<group>/<name>.c` and returns the program. It gets its
/// name only when it is whole: another test process may be running the old one.
pub fn program(group: &str, name: &str) -> PathBuf {
    let source = repository().join("ctests").join(group).join(format!("{name}.c"));
    let dir = target_dir().join("programs").join(group);
    std::fs::create_dir_all(&dir).expect("a directory for the programs");
    let program = dir.join(name);
    let unfinished = dir.join(format!("{name}.{}", std::process::id()));
    let output = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .args([
            "-std=gnu11",
            "-O1",
            "-g",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-function",
            "-pthread",
        ])
        .arg("-I")
        .arg(include_dir())
        .arg("-I")
        .arg(repository().join("ctests"))
        .arg(&source)
        .arg("-o")
        .arg(&unfinished)
        .arg("-L")
        .arg(&libraries().ours)
        .args(["-l:libzmq.so.5", "-ldl"])
        .output()
        .expect("a C compiler (cc) is installed");
    assert!(
        output.status.success(),
        "{} does not compile:\n{}",
        source.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::rename(&unfinished, &program).expect("the program gets its name");
    program
}
