//! Build script: gives the shared library its name and, when asked to by the feature `header`,
//! writes `zmq.h` from the sources of the C interface.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    name_the_library();
    #[cfg(feature = "header")]
    header::write();
}

/// Programs record the name in the library, `libzmq.so.5`, and ask for it when they start.
///
/// `nodelete`: I/O threads may still be running library code when a program unloads it.
fn name_the_library() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libzmq.so.5");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

#[cfg(feature = "header")]
mod header {
    use std::path::{Path, PathBuf};
    use std::{env, fs};

    /// The files of `src/capi` that make up `zmq.h`, in the order of its sections.
    const SECTIONS: &[&str] = &[
        "constants",
        "types",
        "error",
        "context",
        "message",
        "socket",
        "poll",
        "proxy",
        "legacy",
        "util",
        "timers",
    ];

    /// Writes the header into `ZINCMQ_HEADER_DIR`, or else into `include`.
    pub fn write() {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
        let dir = env::var_os("ZINCMQ_HEADER_DIR").map_or(root.join("include"), PathBuf::from);
        let output = dir.join("zmq.h");
        println!("cargo::rerun-if-env-changed=ZINCMQ_HEADER_DIR");
        for input in [&root.join("src/capi"), &root.join("cbindgen.toml"), &output] {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        fs::write(output, generate(&root)).expect("the header cannot be written");
    }

    fn generate(root: &Path) -> String {
        let capi = root.join("src/capi");
        let part =
            |name| fs::read_to_string(capi.join("header").join(name)).expect("part of the header");
        format!("{}\n{}\n{}", part("head.h"), declarations(root, &capi), part("tail.h"))
    }

    /// What cbindgen makes of the sources, in C89: no `//` comments; short comments on one line.
    fn declarations(root: &Path, capi: &Path) -> String {
        let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("settings");
        let mut builder = cbindgen::Builder::new().with_config(config);
        for section in SECTIONS {
            builder = builder.with_src(capi.join(section).with_extension("rs"));
        }
        let mut text = Vec::new();
        builder.generate().expect("the sources can be declared in C").write(&mut text);
        String::from_utf8(text)
            .expect("cbindgen writes UTF-8")
            .trim()
            .replace("/*\n ", "/* ")
            .replace("\n */", " */")
            .replace("  // __cplusplus", "")
            .replace(" // __cplusplus", "")
            + "\n"
    }
}
