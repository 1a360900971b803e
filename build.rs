//! Build script: gives the shared library its name. With the feature `header` it writes `zmq.h` and
//! `zmqx.h` from the sources of the C interface.

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

    /// A header, and the files of `src/capi` that it is made from, in the order of its sections.
    struct Header {
        name: &'static str,
        /// The marker of an exported function.
        export: &'static str,
        sections: &'static [&'static str],
    }

    const HEADERS: [Header; 2] = [
        Header {
            name: "zmq",
            export: "ZMQ_EXPORT",
            sections: &[
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
            ],
        },
        Header { name: "zmqx", export: "ZMQX_EXPORT", sections: &["extension"] },
    ];

    /// Writes the headers into `ZINCMQ_HEADER_DIR`, or else into `include`.
    pub fn write() {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
        let dir = env::var_os("ZINCMQ_HEADER_DIR").map_or(root.join("include"), PathBuf::from);
        println!("cargo::rerun-if-env-changed=ZINCMQ_HEADER_DIR");
        for input in [root.join("src/capi"), root.join("cbindgen.toml")] {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        for header in &HEADERS {
            let output = dir.join(header.name).with_extension("h");
            println!("cargo::rerun-if-changed={}", output.display());
            fs::write(output, generate(&root, header)).expect("the header cannot be written");
        }
    }

    fn generate(root: &Path, header: &Header) -> String {
        let capi = root.join("src/capi");
        let part = |which: &str| {
            let file = capi.join(format!("header/{}_{which}.h", header.name));
            fs::read_to_string(file).expect("part of the header")
        };
        format!("{}\n{}\n{}", part("head"), declarations(root, &capi, header), part("tail"))
    }

    /// The declarations that cbindgen makes of the sources, in C89: no `//` comments; short
    /// comments on one line.
    fn declarations(root: &Path, capi: &Path, header: &Header) -> String {
        let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("settings");
        config.function.prefix = Some(header.export.to_owned());
        let mut builder = cbindgen::Builder::new().with_config(config);
        for section in header.sections {
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
