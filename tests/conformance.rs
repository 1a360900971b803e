//! `docs/conformance.md` says what is here and what tests it; it is made from the sources, and this
//! test fails when it is not what they say. `cargo xtask conformance` writes it.

#[path = "conformance/sources.rs"]
mod sources;
#[path = "conformance/table.rs"]
mod table;
#[path = "conformance/traps.rs"]
mod traps;

const DOCUMENT: &str = "docs/conformance.md";

#[test]
fn the_table_is_up_to_date() {
    // The table is about the library as it is built unless asked otherwise.
    if cfg!(feature = "gssapi") {
        return;
    }
    let made = table::document();
    if std::env::var_os("ZINCMQ_CONFORMANCE").is_some_and(|what| what == "write") {
        std::fs::write(sources::root().join(DOCUMENT), made).expect("docs/ can be written");
        return;
    }
    let committed = std::fs::read_to_string(sources::root().join(DOCUMENT)).unwrap_or_default();
    let differs = made.lines().zip(committed.lines()).find(|(made, committed)| made != committed);
    assert!(
        made == committed,
        "{DOCUMENT} is not what the sources say: run `cargo xtask conformance`\n{differs:#?}"
    );
}
