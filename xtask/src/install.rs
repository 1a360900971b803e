//! `cargo xtask install`: the files of an installed library, as the packages of libzmq have them.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::project::{self, Outcome, VERSION};
use crate::static_library;

const REAL_NAME: &str = "libzmq.so.5.2.5";
const LINKS: [&str; 2] = ["libzmq.so.5", "libzmq.so"];

/// Where to install, as the installed files will name it.
pub struct Target {
    prefix: PathBuf,
    libdir: PathBuf,
    /// Of the library, with a comma between them.
    features: String,
}

impl Target {
    /// Reads `--prefix DIR`, `--libdir DIR` and `--features LIST`.
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
        Ok(Target { libdir: prefix.join(libdir), prefix, features: features.to_owned() })
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

    /// The system's libraries that features need.
    fn needed(&self) -> &'static [&'static str] {
        if self.features.split(',').any(|name| name == "gssapi") { &["gssapi_krb5"] } else { &[] }
    }

    fn fill_in(&self, template: &str) -> String {
        let relative = self.libdir.strip_prefix(&self.prefix).ok();
        let libdir_of_pc = match relative {
            Some(below) => format!("${{prefix}}/{}", below.display()),
            None => self.libdir.display().to_string(),
        };
        let libs_of_pc: String = self.needed().iter().map(|name| format!(" -l{name}")).collect();
        let libs_of_cmake: String = self.needed().iter().map(|name| format!(";{name}")).collect();
        template
            .replace("@PREFIX@", &self.prefix.display().to_string())
            .replace("@LIBDIR_OF_PC@", &libdir_of_pc)
            .replace("@LIBS_OF_PC@", &libs_of_pc)
            .replace("@LIBS_OF_CMAKE@", &libs_of_cmake)
            .replace("@PREFIX_FROM_CMAKE@", &self.prefix_seen_from_cmake())
            .replace("@VERSION@", VERSION)
            .replace("@REAL_NAME@", REAL_NAME)
    }
}

/// Builds the libraries and installs everything.
pub fn run(target: Target) -> Outcome {
    let mut cargo = project::cargo();
    cargo.args(["build", "--release", "--quiet", "--lib", "--package", "zincmq"]);
    project::run(cargo.args(["--features", &target.features]))?;
    install_libraries(&staged(&target.libdir))?;
    install_headers(&staged(&target.prefix.join("include")))?;
    let (pc, cmake) = (target.libdir.join("pkgconfig"), target.libdir.join("cmake/ZeroMQ"));
    install_filled_in(&target, "pkgconfig/libzmq.pc.in", &staged(&pc))?;
    for template in ["cmake/ZeroMQConfig.cmake.in", "cmake/ZeroMQConfigVersion.cmake.in"] {
        install_filled_in(&target, template, &staged(&cmake))?;
    }
    println!("installed in {}", staged(&target.prefix).display());
    Ok(())
}

/// The path to write to: below `DESTDIR` when packages are made.
fn staged(path: &Path) -> PathBuf {
    let Some(root) = env::var_os("DESTDIR").filter(|root| !root.is_empty()) else {
        return path.to_owned();
    };
    let mut staged: OsString = root;
    staged.push(path);
    staged.into()
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

fn install_filled_in(target: &Target, template: &str, directory: &Path) -> Outcome {
    project::create_directory(directory)?;
    let text = target.fill_in(&project::read(&project::root().join(template))?);
    let name = Path::new(template).file_stem().unwrap_or_default();
    let file = directory.join(name);
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
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
