//! Makes `docs/conformance.md`: one row for everything that the interface names.
//!
//! The library and its tables say whether a thing is implemented; the tests say whether it is
//! tested ([`crate::sources`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use zmq::endpoint::Endpoint;
use zmq::endpoint::scheme::SCHEMES;
use zmq::error::Errno;
use zmq::options::{
    AVAILABLE, ContextOptions, Kind as ValueKind, Row as OptionRow, SocketType, TABLE, numbers,
};

use crate::sources::{self, Constant, Kind, Test};
use crate::traps::TRAPS;

/// Tests that are named in one row; the others are there, too.
const SHOWN: usize = 6;

/// Programs that name everything and look at the number only.
const NUMBERS_ONLY: &str = "ctests/abi/constants.c";

/// Compares the exported names with the list.
const EXPORTS: &str =
    "tests/exports.rs: the_shared_library_exports_the_stable_functions_and_nothing_else";

/// Tries all options of parts that are missing.
const MISSING: &str = "src/options/tests/mod.rs: missing_parts_refuse_and_answer_defaults";

const INTRODUCTION: &str = "\
# Conformance

Everything that `zmq.h` and the manual of libzmq 4.3.5 name, whether it is here, and what tests it. Written by `cargo xtask conformance` from the
sources; `tests/conformance.rs` fails when it is out of date. Do not edit it.

* **here**: what the library answers: `yes`, or the error.
* **tests**: the tests whose code names it, first those that use it themselves, at most six. A test of Rust is `file: function`; all others are C
  programs, and conversations of two processes (`interop`). `none`: nobody names it. Comparing the number alone (`ctests/abi/constants.c`) is no test.
* **original**: `yes` where one of the tests runs on libzmq too and has to give the same result there.
";

/// The whole document.
pub fn document() -> String {
    let tests = sources::tests();
    let constants = sources::constants();
    for name in [EXPORTS, MISSING] {
        assert!(tests.iter().any(|test| test.name == name), "there is no test {name}");
    }
    let book = Book { tests: &tests, constants: &constants };
    let sections = [
        book.functions(),
        book.own_functions(),
        book.context_options(),
        book.socket_types(),
        book.socket_options(),
        book.transports(),
        book.capabilities(),
        book.mechanisms(),
        book.flags(),
        book.message_properties(),
        book.events(),
        book.protocol_errors(),
        book.errors(),
        book.traps(),
    ];
    format!("{INTRODUCTION}\n{}", sections.join("\n"))
}

struct Book<'a> {
    tests: &'a [Test],
    constants: &'a [Constant],
}

/// The tests of one row.
struct Found<'a>(Vec<&'a Test>);

impl Found<'_> {
    fn list(&self) -> String {
        if self.0.is_empty() {
            return "none".into();
        }
        let names: Vec<String> =
            self.0.iter().take(SHOWN).map(|test| format!("`{}`", test.name)).collect();
        let others = if self.0.len() > SHOWN { " and others" } else { "" };
        format!("{}{others}", names.join(", "))
    }

    fn original(&self) -> &'static str {
        if self.0.iter().any(|test| test.kind == Kind::Both) { "yes" } else { "no" }
    }

    fn cells(&self) -> String {
        format!("{} | {}", self.list(), self.original())
    }
}

fn table(title: &str, words: &str, head: &str, rows: &[String]) -> String {
    let columns = head.matches('|').count() + 1;
    let mut text = format!("## {title}\n\n");
    if !words.is_empty() {
        let _ = writeln!(text, "{words}\n");
    }
    let _ = writeln!(text, "| {head} |\n|{}", "---|".repeat(columns));
    for row in rows {
        let _ = writeln!(text, "| {row} |");
    }
    text
}

fn answer(result: Result<(), Errno>) -> String {
    match result {
        Ok(()) => "yes".into(),
        Err(error) => format!("`{}`", error_name(error)),
    }
}

/// The errors that the tables below answer.
fn error_name(error: Errno) -> &'static str {
    match error {
        Errno::EINVAL => "EINVAL",
        Errno::ENOCOMPATPROTO => "ENOCOMPATPROTO",
        Errno::EPROTONOSUPPORT => "EPROTONOSUPPORT",
        other => panic!("{other:?} has no name here"),
    }
}

impl<'a> Book<'a> {
    /// The tests for which `direct` holds, and then those for which `indirect` does.
    fn find(&self, direct: impl Fn(&Test) -> bool, indirect: impl Fn(&Test) -> bool) -> Found<'a> {
        let counts = |test: &&Test| test.name != NUMBERS_ONLY;
        let pick = |which: &dyn Fn(&Test) -> bool| -> Vec<&'a Test> {
            let mut found: Vec<_> =
                self.tests.iter().filter(counts).filter(|test| which(test)).collect();
            found.sort_by_key(|test| test.kind);
            found
        };
        let mut found = pick(&direct);
        found.extend(pick(&|test| !direct(test) && indirect(test)));
        Found(found)
    }

    /// The tests in whose code one of the words stands.
    fn naming(&self, words: &[String]) -> Found<'a> {
        self.find(|test| words.iter().any(|word| test.words.contains(word)), |_| false)
    }

    fn section(&self, title: &str) -> impl Iterator<Item = &'a Constant> {
        let found = self.constants.iter().filter(move |c| c.section.starts_with(title));
        assert!(found.clone().next().is_some(), "no constants in the section {title}");
        found
    }

    /// Other names for the number that this one stands for.
    fn aliases(&self, name: &str) -> Vec<String> {
        let aliases = match name {
            "ZMQ_ROUTING_ID" => &["ZMQ_IDENTITY"][..],
            "ZMQ_CONNECT_ROUTING_ID" => &["ZMQ_CONNECT_RID"],
            "ZMQ_IMMEDIATE" => &["ZMQ_DELAY_ATTACH_ON_CONNECT"],
            "ZMQ_ROUTER_MANDATORY" => &["ZMQ_FAIL_UNROUTABLE", "ZMQ_ROUTER_BEHAVIOR"],
            "ZMQ_DEALER" => &["ZMQ_XREQ"],
            "ZMQ_ROUTER" => &["ZMQ_XREP"],
            "ZMQ_DONTWAIT" => &["ZMQ_NOBLOCK"],
            _ => &[],
        };
        [name].iter().chain(aliases).map(|name| (*name).to_owned()).collect()
    }

    fn functions(&self) -> String {
        let mut failures: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for test in self.tests {
            for (function, errors) in sources::failures(test) {
                failures.entry(function).or_default().extend(errors);
            }
        }
        let exported = include_str!("../common/exports.txt").lines().map(str::to_owned);
        let drafts = sources::draft_functions();
        let mut rows = Vec::new();
        for (name, here) in exported
            .map(|name| (name, "yes"))
            .chain(drafts.into_iter().map(|name| (name, "not exported")))
        {
            let found = match here {
                "yes" => {
                    self.find(|t| t.words.contains(&name), |t| t.through_helpers.contains(&name))
                }
                _ => self.find(|t| t.name == EXPORTS, |_| false),
            };
            let failures = failures.get(&name).into_iter().flatten();
            let failures: Vec<String> = failures.map(|error| format!("`{error}`")).collect();
            rows.push(format!("`{name}` | {here} | {} | {}", failures.join(" "), found.cells()));
        }
        table(
            "Functions",
            "`tests/exports.rs` compares this list with what the library exports. **failures**: the errors that programs ask for by name; \
             where they compare what both libraries print, there are more.",
            "function | here | failures | tests | original",
            &rows,
        )
    }

    fn own_functions(&self) -> String {
        let mut rows = Vec::new();
        for name in sources::own_functions() {
            let found =
                self.find(|t| t.words.contains(&name) || t.texts.contains(&name), |_| false);
            rows.push(format!("`{name}` | {}", found.cells()));
        }
        table(
            "Functions of `zmqx.h`",
            "No other library has them.",
            "function | tests | original",
            &rows,
        )
    }

    fn context_options(&self) -> String {
        let mut rows = Vec::new();
        for constant in self.section("Context options") {
            let Some(number) = constant.value.parse().ok() else { continue };
            if constant.name.ends_with("_DFLT") {
                continue;
            }
            let mut options = ContextOptions::default();
            // So that there is a processor to take away.
            let ready = options.set(numbers::ZMQ_THREAD_AFFINITY_CPU_ADD, 1);
            let set = ready.and_then(|()| options.set(number, 1)).is_ok();
            let get = options.get(number).is_ok();
            let found = self.naming(std::slice::from_ref(&constant.name));
            rows.push(format!("`{}` | {} | {}", constant.name, set_get(set, get), found.cells()));
        }
        table(
            "Context options",
            "Number 3 is the priority to set and the limit to get. `ZMQ_IPV6` and `ZMQ_BLOCKY` are options of contexts too.",
            "option | here | tests | original",
            &rows,
        )
    }

    fn socket_types(&self) -> String {
        let mut rows = Vec::new();
        for constant in self.section("Socket types") {
            if matches!(constant.name.as_str(), "ZMQ_XREQ" | "ZMQ_XREP") {
                continue;
            }
            let plain = constant.name.trim_start_matches("ZMQ_");
            let known = SocketType::ALL.into_iter().find(|t| t.wire_name() == plain);
            let known = known.ok_or(Errno::EINVAL).map(|_| ());
            let file = format!("src/pattern/{}.rs", plain.to_lowercase());
            let tests = format!("src/pattern/tests/{}.rs", plain.to_lowercase());
            let names = self.aliases(&constant.name);
            let found = self.find(
                |test| {
                    names.iter().any(|name| test.words.contains(name))
                        || test.name.starts_with(&file)
                        || test.name.starts_with(&tests)
                },
                |_| false,
            );
            rows.push(format!("`{}` | {} | {}", constant.name, answer(known), found.cells()));
        }
        table("Socket types", "", "type | here | tests | original", &rows)
    }

    fn socket_options(&self) -> String {
        let mut rows = Vec::new();
        for option in TABLE {
            let mut names = self.aliases(option.name);
            let field = option.name.trim_start_matches("ZMQ_").to_lowercase();
            names.push(format!("options.{field}"));
            let missing = is_missing(option);
            let found = self.find(
                |test| names.iter().any(|name| test.words.contains(name)),
                |test| missing && test.name == MISSING,
            );
            let list = match found.list() {
                none if none == "none" => "values only".into(),
                list => list,
            };
            let draft = if option.draft { " (draft)" } else { "" };
            rows.push(format!(
                "`{}`{draft} | {} | {list} | {}",
                option.name,
                option_answer(option),
                found.original()
            ));
        }
        table(
            "Socket options",
            "The types, sizes, ranges and defaults of all rows are tested by `ctests/api/opt_defaults.c`, `ctests/api/opt_ranges.c`, \
             `ctests/api/opt_sizes.c` and `ctests/bad/option_noise.c` on both libraries, number by number, and by \
             `src/options/tests/mod.rs: accepts_what_the_original_accepts`. Named here are the tests that use an option; `values only`: none does.",
            "option | here | tests | original",
            &rows,
        )
    }

    fn transports(&self) -> String {
        let mut rows = Vec::new();
        for scheme in SCHEMES {
            let start = format!("{}://", scheme.name);
            let of_type = |socket_type| {
                answer(Endpoint::parse(format!("{start}x").as_bytes(), socket_type).map(|_| ()))
            };
            let (all, publishing) = (of_type(SocketType::Pair), of_type(SocketType::Pub));
            let here = match all == publishing {
                true => all,
                false => format!("{all}; {publishing} for PUB, SUB, XPUB, XSUB"),
            };
            let files = [
                format!("src/transport/{}.rs", scheme.name),
                format!("src/endpoint/{}", scheme.name),
            ];
            let found = self.find(
                |test| {
                    test.texts.iter().any(|text| text.contains(&start))
                        || files.iter().any(|file| test.name.starts_with(file))
                },
                |_| false,
            );
            rows.push(format!("`{start}` | {here} | {}", found.cells()));
        }
        table("Transports", "", "scheme | here | tests | original", &rows)
    }

    fn capabilities(&self) -> String {
        let names: [&std::ffi::CStr; 12] = [
            c"ipc", c"pgm", c"tipc", c"norm", c"curve", c"gssapi", c"vmci", c"vsock", c"draft",
            c"WS", c"WSS", c"zincmq",
        ];
        let mut rows = Vec::new();
        for name in names {
            // SAFETY: a C string.
            let has = unsafe { zmq::capi::util::zmq_has(name.as_ptr()) };
            let text = name.to_string_lossy();
            let found = self.find(
                |t| t.words.contains("zmq_has") && t.texts.iter().any(|known| *known == text),
                |_| false,
            );
            rows.push(format!("`{text}` | {has} | {}", found.cells()));
        }
        table("What `zmq_has` answers", "", "name | answer | tests | original", &rows)
    }

    fn mechanisms(&self) -> String {
        let mut rows = Vec::new();
        for constant in self.section("Security mechanisms") {
            let plain = constant.name.trim_start_matches("ZMQ_");
            if plain == "GROUP_MAX_LENGTH" {
                continue;
            }
            let server = TABLE.iter().find(|row| row.name == format!("{}_SERVER", constant.name));
            let here = server.map_or("yes".into(), option_answer);
            let file = format!("src/proto/mechanism/{}", plain.to_lowercase());
            let names = [constant.name.clone(), format!("{}_SERVER", constant.name)];
            let found = self.find(
                |test| {
                    names.iter().any(|name| test.words.contains(name))
                        || test.name.starts_with(&file)
                },
                |test| test.name == MISSING && server.is_some_and(is_missing),
            );
            let here = if here == "set, get" { "yes" } else { &here };
            rows.push(format!("`{}` | {here} | {}", constant.name, found.cells()));
        }
        table(
            "Mechanisms",
            "Every connection that does not ask for another uses `ZMQ_NULL`.",
            "mechanism | here | tests | original",
            &rows,
        )
    }

    fn flags(&self) -> String {
        let mut rows = Vec::new();
        let sections = ["Flags of send", "Polling"].into_iter().flat_map(|s| self.section(s));
        for constant in sections.filter(|c| c.name.starts_with("ZMQ_") && !c.draft) {
            let found = self.naming(&self.aliases(&constant.name));
            if constant.name != "ZMQ_POLLITEMS_DFLT" {
                rows.push(format!("`{}` | yes | {}", constant.name, found.cells()));
            }
        }
        table("Flags", "", "flag | here | tests | original", &rows)
    }

    fn message_properties(&self) -> String {
        let mut rows = Vec::new();
        for name in ["ZMQ_MORE", "ZMQ_SRCFD", "ZMQ_SHARED"] {
            rows.push(format!("`{name}` | yes | {}", self.naming(&[name.to_owned()]).cells()));
        }
        for (name, here) in [
            ("Socket-Type", "yes"),
            ("Identity", "yes"),
            ("User-Id", "yes"),
            ("Peer-Address", "yes"),
            ("__fd", "yes"),
            ("X-", "yes"),
            ("Routing-Id", "`EINVAL`"),
        ] {
            let found = self.find(
                |test| {
                    test.words.contains("zmq_msg_gets")
                        && test.texts.iter().any(|text| match name {
                            "X-" => text.starts_with(name),
                            _ => text == name,
                        })
                },
                |_| false,
            );
            rows.push(format!("\"{name}\" | {here} | {}", found.cells()));
        }
        table(
            "Properties of messages",
            "`X-` stands for the names that the peer gave with `ZMQ_METADATA`. The manual names \"Routing-Id\", which no library answers: it is \"Identity\".",
            "property | here | tests | original",
            &rows,
        )
    }

    fn events(&self) -> String {
        let mut rows = Vec::new();
        for constant in self.constants.iter().filter(|c| c.name.starts_with("ZMQ_EVENT_")) {
            if constant.name.contains("EVENT_ALL") {
                continue;
            }
            let short = constant.name.trim_start_matches("ZMQ_EVENT_");
            let here = if constant.draft { "`EINVAL`" } else { "yes" };
            let found = self.naming(&[constant.name.clone(), format!("event::{short}")]);
            rows.push(format!("`{}` | {here} | {}", constant.name, found.cells()));
        }
        table("Events of a monitor", "", "event | here | tests | original", &rows)
    }

    fn protocol_errors(&self) -> String {
        let raised = sources::protocol_errors();
        let mut rows = Vec::new();
        for constant in self.section("Values of ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL") {
            let ours = raised.get(&constant.name);
            let here = if ours.is_some() { "yes" } else { "never" };
            let mut names = vec![constant.name.clone(), constant.value.clone()];
            names.extend(ours.map(|name| format!("HandshakeError::{name}")));
            rows.push(format!("`{}` | {here} | {}", constant.name, self.naming(&names).cells()));
        }
        table(
            "Values of `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`",
            "`never`: nothing here raises it.",
            "value | here | tests | original",
            &rows,
        )
    }

    fn errors(&self) -> String {
        let mut rows = Vec::new();
        for line in sources::read("src/error.rs").lines() {
            let Some((name, _)) = line.trim().strip_suffix(';').and_then(|l| l.split_once(" = "))
            else {
                continue;
            };
            if !name.starts_with('E') {
                continue;
            }
            let found = self.naming(&[name.to_owned(), format!("Errno::{name}")]);
            rows.push(format!("`{name}` | yes | {}", found.cells()));
        }
        table(
            "Errors",
            "Those that the library itself names, some of them inside only; the system's others pass through.",
            "errno | here | tests | original",
            &rows,
        )
    }

    fn traps(&self) -> String {
        let mut rows = Vec::new();
        for (title, names) in TRAPS {
            let found: Vec<&Test> = names
                .iter()
                .map(|name| {
                    let test = self.tests.iter().find(|test| test.name == *name);
                    test.unwrap_or_else(|| panic!("traps.rs, {title}: there is no test {name}"))
                })
                .collect();
            rows.push(format!("{title} | {}", Found(found).cells()));
        }
        table(
            "Traps",
            "What programs rely on without being told. This list is kept by hand in `tests/conformance/traps.rs`; that its tests exist is checked.",
            "behaviour | tests | original",
            &rows,
        )
    }
}

fn set_get(set: bool, get: bool) -> String {
    match (set, get) {
        (true, true) => "set, get".into(),
        (true, false) => "set".into(),
        (false, true) => "get".into(),
        (false, false) => "`EINVAL`".into(),
    }
}

fn is_missing(row: &OptionRow) -> bool {
    row.kind == ValueKind::Absent || row.needs.is_some_and(|feature| !AVAILABLE.has(feature))
}

fn option_answer(row: &OptionRow) -> String {
    if is_missing(row) {
        return "`EINVAL`".into();
    }
    set_get(row.writable(), row.readable())
}
