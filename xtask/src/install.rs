//! `cargo xtask install`: the files of an installed library, as the packages of libzmq have them.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::project::{self, Outcome, VERSION};
use crate::{manual, static_library};

/// The file; the other two names are links to it.
pub const REAL_NAME: &str = "libzmq.so.5.2.5";
const LINKS: [&str; 2] = ["libzmq.so.5", "libzmq.so"];

/// Where to install, as the installed files will name it.
pub struct Target {
    prefix: PathBuf,
    libdir: PathBuf,
    /// Of the library, with a comma between them.
    features: String,
    /// The directory before all paths when packages are made, or nothing.
    stage: OsString,
}

impl Target {
    /// Reads `--prefix DIR`, `--libdir DIR` and `--features LIST`, and `DESTDIR` of the environment.
    pub fn from_options(options: &[&str]) -> Outcome<Target> {
        let (mut prefix, mut libdir, mut features) = (None, "lib", "");
        for option in options.chunks(2) {
            match option {
                ["--prefix", directory] => prefix = Some(*directory),
                ["--libdir", directory] => libdir = directory,
                ["--features", list] => features = list,
                _ => return Err(format!("install: what is {}?", option.join(" "))),
            }
        }
        let prefix = std::path::absolute(prefix.ok_or("install: --prefix is missing")?)
            .map_err(|error| format!("--prefix: {error}"))?;
        Ok(Target {
            libdir: prefix.join(libdir),
            prefix,
            features: features.to_owned(),
            stage: env::var_os("DESTDIR").unwrap_or_default(),
        })
    }

    /// A package's tree below `stage`.
    pub fn staged(stage: &Path, prefix: &str, libdir: &str) -> Target {
        let prefix = PathBuf::from(prefix);
        let libdir = prefix.join(libdir);
        Target { prefix, libdir, features: String::new(), stage: stage.into() }
    }

    /// The path to write to: below the stage when packages are made.
    fn place(&self, path: &Path) -> PathBuf {
        let mut place = self.stage.clone();
        place.push(path);
        place.into()
    }

    /// The way from the directory of the CMake files to the prefix. They find the library by it
    /// wherever the tree is moved to, unless libdir is outside of the prefix.
    fn prefix_seen_from_cmake(&self) -> String {
        match self.libdir.strip_prefix(&self.prefix) {
            Ok(below) => {
                let up = "/..".repeat(below.components().count() + 2);
                format!("${{CMAKE_CURRENT_LIST_DIR}}{up}")
            }
            Err(_) => self.prefix.display().to_string(),
        }
    }

    /// The library's directory, when a shell or a file writes the prefix in this way.
    fn libdir_seen_from(&self, prefix: &str) -> String {
        match self.libdir.strip_prefix(&self.prefix) {
            Ok(below) => format!("{prefix}/{}", below.display()),
            Err(_) => self.libdir.display().to_string(),
        }
    }

    /// The system's libraries that features need.
    fn needed(&self) -> &'static [&'static str] {
        if self.features.split(',').any(|name| name == "gssapi") { &["gssapi_krb5"] } else { &[] }
    }

    fn fill_in(&self, template: &str) -> String {
        let libs_of_pc: String = self.needed().iter().map(|name| format!(" -l{name}")).collect();
        let libs_of_cmake: String = self.needed().iter().map(|name| format!(";{name}")).collect();
        template
            .replace("@PREFIX@", &self.prefix.display().to_string())
            .replace("@LIBDIR_FROM_BIN@", &self.libdir_seen_from("$here/.."))
            .replace("@LIBDIR_FROM_PREFIX@", &self.libdir_seen_from("$ZINCMQ_PREFIX"))
            .replace("@LIBDIR_OF_PC@", &self.libdir_seen_from("${prefix}"))
            .replace("@LIBS_OF_PC@", &libs_of_pc)
            .replace("@LIBS_OF_CMAKE@", &libs_of_cmake)
            .replace("@PREFIX_FROM_CMAKE@", &self.prefix_seen_from_cmake())
            .replace("@VERSION@", VERSION)
            .replace("@REAL_NAME@", REAL_NAME)
    }
}

/// Builds the libraries and installs everything.
pub fn run(target: &Target) -> Outcome {
    let mut cargo = project::cargo();
    cargo.args(["build", "--release", "--quiet", "--lib", "--package", "zincmq"]);
    project::run(cargo.args(["--features", &target.features]))?;
    install_libraries(&target.place(&target.libdir))?;
    install_headers(&target.place(&target.prefix.join("include")))?;
    let (pc, cmake) = (target.libdir.join("pkgconfig"), target.libdir.join("cmake/ZeroMQ"));
    install_filled_in(target, "pkgconfig/libzmq.pc.in", &pc)?;
    install_filled_in(target, "cmake/ZeroMQConfig.cmake.in", &cmake)?;
    install_filled_in(target, "cmake/ZeroMQConfigVersion.cmake.in", &cmake)?;
    install_filled_in(target, "packaging/prefix/env.in", &target.prefix.join("share/zincmq"))?;
    install_filled_in(target, "packaging/prefix/zincmq-run.in", &target.prefix.join("bin"))?;
    manual::install(&target.place(&target.prefix.join("share/man")))?;
    println!("installed in {}", target.place(&target.prefix).display());
    Ok(())
}

fn install_libraries(libdir: &Path) -> Outcome {
    project::create_directory(libdir)?;
    let built = project::output("release")?;
    let shared = built.join("libzmq.so");
    copy(&shared, &libdir.join(REAL_NAME))?;
    for link in LINKS {
        replace_link(&libdir.join(link))?;
    }
    static_library::install(&built.join("libzmq.a"), &shared, &libdir.join("libzmq.a"))
}

fn install_headers(directory: &Path) -> Outcome {
    project::create_directory(directory)?;
    for header in ["zmq.h", "zmq_utils.h", "zmqx.h"] {
        copy(&project::root().join("include").join(header), &directory.join(header))?;
    }
    Ok(())
}

/// A template that may be run makes a file that may be run.
fn install_filled_in(target: &Target, template: &str, directory: &Path) -> Outcome {
    let template = project::root().join(template);
    let directory = target.place(directory);
    project::create_directory(&directory)?;
    let text = target.fill_in(&project::read(&template)?);
    let file = directory.join(template.file_stem().unwrap_or_default());
    project::write(&file, &text)?;
    fs::metadata(&template)
        .and_then(|data| fs::set_permissions(&file, data.permissions()))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// Copies beside the destination and renames: a program that runs on the library that is being
/// replaced keeps the file that it has mapped.
fn copy(from: &Path, to: &Path) -> Outcome {
    let mut beside = to.to_owned().into_os_string();
    beside.push(".new");
    fs::copy(from, &beside)
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))?;
    fs::rename(&beside, to).map_err(|error| format!("{}: {error}", to.display()))
}

fn replace_link(link: &Path) -> Outcome {
    if link.symlink_metadata().is_ok() {
        fs::remove_file(link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    symlink(REAL_NAME, link).map_err(|error| format!("{}: {error}", link.display()))
}
