//! The answers of libzmq to each of these texts, as a probe saw them.
#![forbid(unsafe_code)]

use super::*;
use proptest::prelude::*;

fn bind(text: &[u8], ipv6: bool) -> Result<String> {
    TcpBindAddress::resolve(text, ipv6).map(|list| list[0].to_string())
}

fn has_ipv6_loopback() -> bool {
    interfaces::first_address(b"lo", true).is_ok()
}

#[test]
fn bind_addresses() {
    for (text, expected) in [
        (&b"127.0.0.1:*"[..], "127.0.0.1:0"),
        (b"127.0.0.1:0", "127.0.0.1:0"),
        (b"*:*", "0.0.0.0:0"),
        (b"*:0", "0.0.0.0:0"),
        (b"[*]:0", "0.0.0.0:0"),
        (b"0.0.0.0:5", "0.0.0.0:5"),
        (b"127.0.0.1:70000", "127.0.0.1:4464"),
        (b"lo:7", "127.0.0.1:7"),
        (b"[lo]:7", "127.0.0.1:7"),
        (b"127.1:7", "127.0.0.1:7"),
        (b"2130706433:7", "127.0.0.1:7"),
        (b"[127.0.0.1]:7", "127.0.0.1:7"),
        (b"[::ffff:127.0.0.1]:7", "127.0.0.1:7"),
        (b"127.0.0.1%lo:7", "127.0.0.1:7"),
        (b"lo%lo:7", "127.0.0.1:7"),
        (b"*%lo:7", "0.0.0.0:7"),
        (b"127.0.0.1:0;127.0.0.9:7", "127.0.0.9:7"),
        (b"1.1.1.1:0;127.0.0.1:7", "127.0.0.1:7"),
    ] {
        assert_eq!(bind(text, false).as_deref(), Ok(expected), "{}", text.escape_ascii());
    }
}

#[test]
fn bind_addresses_with_ipv6() {
    for (text, expected) in [
        (&b"127.0.0.1:*"[..], "[::ffff:127.0.0.1]:0"),
        (b"0.0.0.0:*", "[::ffff:0.0.0.0]:0"),
        (b"*:*", "[::]:0"),
        (b"[::]:5", "[::]:5"),
        (b":::5", "[::]:5"),
        (b"[::1]:5", "[::1]:5"),
        (b"::1:5", "[::1]:5"),
        (b"[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]:5"),
        (b"[fe80::1%1]:5", "[fe80::1%1]:5"),
        (b"fe80::1%1x:5", "[fe80::1%1]:5"),
        (b"[fe80::1%lo]:5", "[fe80::1%1]:5"),
    ] {
        assert_eq!(bind(text, true).as_deref(), Ok(expected), "{}", text.escape_ascii());
    }
    if has_ipv6_loopback() {
        assert_eq!(bind(b"lo:5", true).as_deref(), Ok("[::1]:5"));
    }
}

#[test]
fn bind_texts_that_are_malformed() {
    for text in [
        &b"127.0.0.1"[..],
        b"127.0.0.1:",
        b":",
        b"*",
        b"127.0.0.1:00",
        b"127.0.0.1:ab",
        b"127.0.0.1:65536",
        b"nope0:ab",
        b"[::1%]:5",
        b"[::1%nope0]:5",
        b"[::1%0]:5",
        b"127.0.0.1%:5",
        b"lo%nope0:0",
        b"lo;127.0.0.1:0",
        b";127.0.0.1:0",
        b"127.0.0.1:0;",
        b"127.0.0.1:x;127.0.0.1:0",
    ] {
        for ipv6 in [false, true] {
            assert_eq!(bind(text, ipv6), Err(Errno::EINVAL), "{}", text.escape_ascii());
        }
    }
}

#[test]
fn bind_texts_that_are_no_local_address() {
    for text in [
        &b":0"[..],
        b":*",
        b"**:0",
        b"nope0:*",
        b"localhost:*",
        b"256.0.0.1:*",
        b"[]:*",
        b"[:*",
        b"]:*",
        b"[::1:*",
        b"::1]:*",
        b"localhost%lo:*",
        b" 127.0.0.1:*",
        b"127.0.0.1 :*",
        b"/:0",
        b"bad_name.invalid:*",
        b"127.0.0.1:80:*",
        b"\x01:*",
        b"\xff:1",
        b"%lo:0",
        b"[%lo]:0",
        b"nope0:0;127.0.0.1:0",
        b"localhost:0;127.0.0.1:0",
        b"127.0.0.1:0;nope0:0",
    ] {
        for ipv6 in [false, true] {
            assert_eq!(bind(text, ipv6), Err(Errno::ENODEV), "{}", text.escape_ascii());
        }
    }
    for text in [&b"[::1]:*"[..], b"::1:*", b"[::]:*", b":::*", b"[::1%lo]:*", b"[::1%1x]:*"] {
        assert_eq!(bind(text, false), Err(Errno::ENODEV), "{}", text.escape_ascii());
    }
}

#[test]
fn connect_syntax_that_is_accepted() {
    for text in [
        &b"127.0.0.1:1"[..],
        b"127.0.0.1:0",
        b"127.0.0.1:00",
        b":1",
        b"[*]:1",
        b"a*:1",
        b"127.0.0.1:1ab",
        b"127.0.0.1:1-",
        b"127.0.0.1:1*",
        b"127.0.0.1:1;",
        b"127.0.0.1:65536",
        b"127.0.0.1:70000",
        b"nope.invalid:1",
        b"a_b:1",
        b"b-:1",
        b"a%b:1",
        b"a;b:1",
        b"a;:1",
        b"a:*;b:1",
        b"127.0.0.1;127.0.0.1:1",
        b"127.0.0.1:x;127.0.0.1:1",
        b"127.0.0.1:5;",
        b"a;b;c:1",
        b"[::1]:1",
        b"::1:1",
        b"[::1:1",
        b"::1]:1",
        b"[]:1",
        b"[:1",
        b"[::1%]:1",
        b"[::1%nope]:1",
        b"a..b:1",
        b"a:b:1",
        b"localhost:5555;localhost:1235",
        b"lo:5555;localhost:1235",
    ] {
        assert!(TcpConnectAddress::parse(text, false).is_ok(), "{}", text.escape_ascii());
    }
}

#[test]
fn connect_syntax_that_is_refused() {
    for text in [
        &b""[..],
        b"127.0.0.1:*",
        b"127.0.0.1:",
        b"127.0.0.1",
        b"127",
        b":",
        b"*:1",
        b"127.0.0.1:-1",
        b"127.0.0.1:+1",
        b"127.0.0.1:1:",
        b"_b:1",
        b"-b:1",
        b".b:1",
        b"a b:1",
        b"a/b:1",
        b"a@b:1",
        b"%b:1",
        b";b:1",
        b"*:0;127.0.0.1:1",
        b"127.0.0.1:5;127.0.0.1:*",
        b"]:1",
        b"[::1]:*",
        b"in val id:1234",
        b"localhost:invalid",
        b"a:1:b",
        b"\xc3\xa4:1",
        b"a\x80:1",
        b"a://b:1",
    ] {
        let refused = TcpConnectAddress::parse(text, false).err();
        assert_eq!(refused, Some(Errno::EINVAL), "{}", text.escape_ascii());
    }
}

fn connect(text: &[u8], ipv6: bool) -> TcpConnectAddress {
    TcpConnectAddress::parse(text, ipv6).unwrap()
}

#[test]
fn numeric_peers_need_no_lookup() {
    for (text, ipv6, expected) in [
        (&b"127.0.0.1:1"[..], false, "127.0.0.1:1"),
        (b"127.0.0.1:0", false, "127.0.0.1:0"),
        (b"127.0.0.1:1ab", false, "127.0.0.1:1"),
        (b"127.0.0.1:70000", false, "127.0.0.1:4464"),
        (b"lo:0;127.0.0.1:1", false, "127.0.0.1:1"),
        (b"[127.0.0.1%lo]:1", false, "127.0.0.1:1"),
        (b"127.0.0.1:1", true, "[::ffff:127.0.0.1]:1"),
        (b"::1:1", true, "[::1]:1"),
        (b"[fe80::1%1]:1", true, "[fe80::1%1]:1"),
    ] {
        let address = connect(text, ipv6);
        assert!(!address.needs_lookup(), "{}", text.escape_ascii());
        assert_eq!(address.lookup().unwrap()[0].to_string(), expected);
    }
}

#[test]
fn peers_that_can_never_be_reached_do_not_ask() {
    for text in [&b"127.0.0.1:65536"[..], b"a:00", b"127.0.0.1:5;", b"127.0.0.1%nope0:1", b"[*]:1"]
    {
        let address = connect(text, false);
        assert!(!address.needs_lookup(), "{}", text.escape_ascii());
        assert_eq!(address.lookup(), Err(Errno::EINVAL));
    }
}

#[test]
fn names_need_a_lookup() {
    let address = connect(b"localhost:9", false);
    assert!(address.needs_lookup());
    assert_eq!(address.lookup().unwrap()[0].to_string(), "127.0.0.1:9");
    for text in [&b":1"[..], b"[::1:1"] {
        let address = connect(text, false);
        assert!(address.needs_lookup());
        assert!(address.lookup().is_err(), "{}", text.escape_ascii());
    }
}

#[test]
fn sources() {
    let source = |text: &[u8], ipv6| {
        connect(text, ipv6).source().map(|found| found.map(|address| address.to_string()))
    };
    assert_eq!(source(b"127.0.0.1:1", false), Ok(None));
    assert_eq!(source(b"lo:0;a:1", false), Ok(Some("127.0.0.1:0".into())));
    assert_eq!(source(b"127.0.0.1:*;a:1", false), Ok(Some("127.0.0.1:0".into())));
    assert_eq!(source(b"[*]:7;a:1", false), Ok(Some("0.0.0.0:7".into())));
    assert_eq!(source(b"127.0.0.1:0;a:1", true), Ok(Some("[::ffff:127.0.0.1]:0".into())));
    assert_eq!(source(b"localhost:0;a:1", false), Err(Errno::ENODEV));
    assert_eq!(source(b"nope0:0;a:1", false), Err(Errno::ENODEV));
    assert_eq!(source(b"127.0.0.1;a:1", false), Err(Errno::EINVAL));
    assert_eq!(source(b"127.0.0.1:x;a:1", false), Err(Errno::EINVAL));
    assert_eq!(source(b"127.0.0.1:0;127.0.0.2:0;a:1", false), Err(Errno::ENODEV));
}

#[test]
fn the_numeric_form_of_an_endpoint() {
    let form = |address: &[u8], ipv6| {
        numeric_form(address, ipv6).map(|text| String::from_utf8(text).unwrap())
    };
    assert_eq!(form(b"127.0.0.1:7", true).unwrap(), "tcp://[::ffff:127.0.0.1]:7");
    assert_eq!(form(b"[::]:7", true).unwrap(), "tcp://[::]:7");
    assert_eq!(form(b"localhost:7", false).unwrap(), "tcp://127.0.0.1:7");
    assert_eq!(form(b"*:7", false), Err(Errno::ENOENT));
    assert_eq!(form(b"127.0.0.1", false), Err(Errno::ENOENT));
    assert_eq!(form(b"lo:0;127.0.0.1:7", false).unwrap(), "tcp://127.0.0.1:7");
    assert_eq!(form(b"x;127.0.0.1:7", false), Err(Errno::ENOENT));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ipv6 in any::<bool>(),
    ) {
        let _ = TcpBindAddress::resolve(&bytes, ipv6);
        if let Ok(address) = TcpConnectAddress::parse(&bytes, ipv6) {
            let _ = (address.needs_lookup(), address.source());
        }
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        text in "[a-z0-9*:;%\\[\\].]{0,12}(:|%|;)[0-9*\\]]{0,7}",
        ipv6 in any::<bool>(),
    ) {
        let _ = TcpBindAddress::resolve(text.as_bytes(), ipv6);
        if let Ok(address) = TcpConnectAddress::parse(text.as_bytes(), ipv6) {
            let _ = (address.needs_lookup(), address.source());
        }
    }
}

#[test]
fn what_a_proxy_is_asked_for() {
    for (text, ip, name, port) in [
        ("127.0.0.1:5555", Some("127.0.0.1"), "127.0.0.1", 5555),
        ("127.1:5555", Some("127.0.0.1"), "127.1", 5555),
        ("[::1]:80", Some("::1"), "::1", 80),
        ("::1:80", Some("::1"), "::1", 80),
        ("[fe80::1%lo]:80", Some("fe80::1"), "fe80::1%lo", 80),
        ("::ffff:1.2.3.4:80", Some("::ffff:1.2.3.4"), "::ffff:1.2.3.4", 80),
        ("1.2.3.4%lo:80", None, "1.2.3.4%lo", 80),
        ("localhost:70000", None, "localhost", 4464),
        ("[some.name]:12ab", None, "some.name", 12),
        ("name:0", None, "name", 0),
        ("a:1;b:2", None, "a:1;b", 2),
    ] {
        for ipv6 in [false, true] {
            let found = TcpConnectAddress::parse(text.as_bytes(), ipv6).unwrap().unresolved();
            let ip = ip.map(|ip| ip.parse().unwrap());
            assert_eq!(found, Unresolved { ip, name: name.into(), port }, "{text}");
        }
    }
}
