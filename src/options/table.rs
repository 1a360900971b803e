//! The option table: one row an option. Setting, reading, the errors of both and the coverage list
//! all come from it; a new option is a new row.
#![forbid(unsafe_code)]

use crate::options::accept_filter;
use crate::options::features::Feature;
use crate::options::lists;
use crate::options::numbers::*;
use crate::options::row::{Acts::*, Get, Initial, Kind, Row};
use crate::options::security;
use crate::options::socket_type::SocketType::{self, *};

const MAX: i32 = i32::MAX;
/// Any `int`.
const ANY: (i32, i32) = (i32::MIN, MAX);
/// -1 is "system default", "for ever" or "off".
const FROM_MINUS_1: (i32, i32) = (-1, MAX);
const FROM_0: (i32, i32) = (0, MAX);
const FROM_1: (i32, i32) = (1, MAX);
const BOOL: (i32, i32) = (0, 1);

/// A required text of at most 255 bytes.
const NAME: (usize, usize, bool) = (1, 255, false);
/// A text of at most 255 bytes, or a NULL pointer, which takes the value back.
const NAME_OR_NULL: (usize, usize, bool) = (1, 255, true);

const PUBLISHERS: &[SocketType] = &[Pub, Xpub];
const ROUTERS: &[SocketType] = &[Router, Rep];
const PROBERS: &[SocketType] = &[Req, Dealer, Router, Rep];

macro_rules! name {
    ($name:ident) => {
        ($name, stringify!($name))
    };
}

/// A plain `int` field: range, default, field.
macro_rules! int {
    ($name:ident, $range:expr, $default:expr, $field:ident) => {
        Row::int(name!($name), $range, $default, |o| o.$field, |o, v| o.$field = v)
    };
}

/// An `int` that is kept as a truth value.
macro_rules! flag {
    ($name:ident, $range:expr, $default:expr, $field:ident) => {
        Row::int(name!($name), $range, $default, |o| o.$field.into(), |o, v| o.$field = v != 0)
    };
}

/// A string field; NULL, where it is accepted, makes it empty.
macro_rules! text {
    ($name:ident, $lengths:expr, $field:ident) => {
        Row::text(
            name!($name),
            $lengths,
            |o| &o.$field,
            |o, v| {
                o.$field = v.unwrap_or_default().to_vec().into();
                Ok(())
            },
        )
    };
}

macro_rules! absent {
    ($name:ident, $feature:ident) => {
        Row::absent(name!($name), Feature::$feature)
    };
}

/// Every option that has a name in `zmq.h`, in the order of the numbers.
pub static TABLE: &[Row] = &[
    Row::uint64(name!(ZMQ_AFFINITY), |o| o.affinity, |o, v| o.affinity = v),
    text!(ZMQ_ROUTING_ID, NAME, routing_id).get(Get::RoutingId),
    Row::topic(name!(ZMQ_SUBSCRIBE)).only(&[Sub, Pub, Xpub]),
    Row::topic(name!(ZMQ_UNSUBSCRIBE)).only(&[Sub, Pub, Xpub]),
    int!(ZMQ_RATE, FROM_1, 100, rate),
    int!(ZMQ_RECOVERY_IVL, FROM_0, 10_000, recovery_ivl),
    int!(ZMQ_SNDBUF, FROM_MINUS_1, -1, sndbuf),
    int!(ZMQ_RCVBUF, FROM_MINUS_1, -1, rcvbuf),
    Row::live(name!(ZMQ_RCVMORE), Initial::Number(0), |live| Ok(live.rcvmore())),
    Row::live(name!(ZMQ_FD), Initial::Varies, |live| live.fd()),
    Row::live(name!(ZMQ_EVENTS), Initial::Varies, |live| live.events()),
    Row::int(name!(ZMQ_TYPE), FROM_0, 0, |o| o.socket_type as i32, |_, _| ()).read_only().varies(),
    int!(ZMQ_LINGER, FROM_MINUS_1, -1, linger).acts(AtOnce).varies(),
    int!(ZMQ_RECONNECT_IVL, FROM_MINUS_1, 100, reconnect_ivl),
    // The answer has always been 100; the queue is longer until the caller asks for a length.
    Row::int(
        name!(ZMQ_BACKLOG),
        FROM_0,
        100,
        |o| o.backlog.unwrap_or(100),
        |o, v| o.backlog = Some(v),
    ),
    int!(ZMQ_RECONNECT_IVL_MAX, FROM_0, 0, reconnect_ivl_max),
    Row::int64(name!(ZMQ_MAXMSGSIZE), -1, |o| o.maxmsgsize, |o, v| o.maxmsgsize = v),
    int!(ZMQ_SNDHWM, FROM_0, 1000, sndhwm).acts(AtOnce),
    int!(ZMQ_RCVHWM, FROM_0, 1000, rcvhwm).acts(AtOnce),
    int!(ZMQ_MULTICAST_HOPS, FROM_1, 1, multicast_hops),
    int!(ZMQ_RCVTIMEO, FROM_MINUS_1, -1, rcvtimeo).acts(AtOnce),
    int!(ZMQ_SNDTIMEO, FROM_MINUS_1, -1, sndtimeo).acts(AtOnce),
    Row::int(name!(ZMQ_IPV4ONLY), BOOL, 1, |o| (!o.ipv6).into(), |o, v| o.ipv6 = v == 0),
    Row::last_endpoint(name!(ZMQ_LAST_ENDPOINT)),
    flag!(ZMQ_ROUTER_MANDATORY, FROM_0, 0, router_mandatory)
        .write_only()
        .only(ROUTERS)
        .acts(AtOnce),
    int!(ZMQ_TCP_KEEPALIVE, (-1, 1), -1, tcp_keepalive),
    int!(ZMQ_TCP_KEEPALIVE_CNT, FROM_MINUS_1, -1, tcp_keepalive_cnt),
    int!(ZMQ_TCP_KEEPALIVE_IDLE, FROM_MINUS_1, -1, tcp_keepalive_idle),
    int!(ZMQ_TCP_KEEPALIVE_INTVL, FROM_MINUS_1, -1, tcp_keepalive_intvl),
    Row::list(
        name!(ZMQ_TCP_ACCEPT_FILTER),
        Kind::Bytes { min: 1, max: 255, null: true },
        accept_filter::set,
    ),
    flag!(ZMQ_IMMEDIATE, BOOL, 0, immediate),
    Row::int(name!(ZMQ_XPUB_VERBOSE), FROM_0, 0, |_| 0, lists::xpub_verbose)
        .write_only()
        .only(PUBLISHERS)
        .acts(AtOnce),
    flag!(ZMQ_ROUTER_RAW, FROM_0, 0, router_raw).write_only().only(ROUTERS),
    flag!(ZMQ_IPV6, BOOL, 0, ipv6),
    Row::int(name!(ZMQ_MECHANISM), FROM_0, 0, |o| o.mechanism as i32, |_, _| ()).read_only(),
    Row::int(name!(ZMQ_PLAIN_SERVER), BOOL, 0, security::plain_server, security::set_plain_server)
        .needs(Feature::Plain),
    Row::text(
        name!(ZMQ_PLAIN_USERNAME),
        NAME_OR_NULL,
        |o| &o.plain_username,
        security::set_plain_username,
    )
    .needs(Feature::Plain),
    Row::text(
        name!(ZMQ_PLAIN_PASSWORD),
        NAME_OR_NULL,
        |o| &o.plain_password,
        security::set_plain_password,
    )
    .needs(Feature::Plain),
    Row::int(name!(ZMQ_CURVE_SERVER), BOOL, 0, security::curve_server, security::set_curve_server)
        .needs(Feature::Curve),
    Row::key(name!(ZMQ_CURVE_PUBLICKEY), |o| &o.curve_publickey, security::set_curve_publickey),
    Row::key(
        name!(ZMQ_CURVE_SECRETKEY),
        |o| o.curve_secretkey.expose(),
        security::set_curve_secretkey,
    ),
    Row::key(name!(ZMQ_CURVE_SERVERKEY), |o| &o.curve_serverkey, security::set_curve_serverkey),
    flag!(ZMQ_PROBE_ROUTER, FROM_0, 0, probe_router).write_only().only(PROBERS).acts(NextPipe),
    flag!(ZMQ_REQ_CORRELATE, FROM_0, 0, req_correlate).write_only().only(&[Req]).acts(AtOnce),
    flag!(ZMQ_REQ_RELAXED, FROM_0, 0, req_relaxed).write_only().only(&[Req]).acts(AtOnce),
    flag!(ZMQ_CONFLATE, BOOL, 0, conflate),
    text!(ZMQ_ZAP_DOMAIN, NAME, zap_domain).needs(Feature::Zap),
    flag!(ZMQ_ROUTER_HANDOVER, FROM_0, 0, router_handover).write_only().only(ROUTERS).acts(AtOnce),
    int!(ZMQ_TOS, FROM_0, 0, tos),
    Row::list(name!(ZMQ_IPC_FILTER_PID), Kind::Id, lists::ipc_filter_pid),
    Row::list(name!(ZMQ_IPC_FILTER_UID), Kind::Id, lists::ipc_filter_uid),
    Row::list(name!(ZMQ_IPC_FILTER_GID), Kind::Id, lists::ipc_filter_gid),
    text!(ZMQ_CONNECT_ROUTING_ID, (1, usize::MAX, false), connect_routing_id)
        .write_only()
        .only(&[Router, Rep, Stream])
        .acts(NextConnect),
    Row::int(
        name!(ZMQ_GSSAPI_SERVER),
        BOOL,
        0,
        security::gssapi_server,
        security::set_gssapi_server,
    )
    .needs(Feature::Gssapi),
    Row::text(
        name!(ZMQ_GSSAPI_PRINCIPAL),
        NAME,
        |o| &o.gssapi_principal,
        security::set_gssapi_principal,
    )
    .needs(Feature::Gssapi),
    Row::text(
        name!(ZMQ_GSSAPI_SERVICE_PRINCIPAL),
        NAME,
        |o| &o.gssapi_service_principal,
        security::set_gssapi_service_principal,
    )
    .needs(Feature::Gssapi),
    flag!(ZMQ_GSSAPI_PLAINTEXT, BOOL, 0, gssapi_plaintext).needs(Feature::Gssapi),
    int!(ZMQ_HANDSHAKE_IVL, FROM_0, 30_000, handshake_ivl),
    text!(ZMQ_SOCKS_PROXY, (1, usize::MAX, true), socks_proxy).needs(Feature::Socks),
    flag!(ZMQ_XPUB_NODROP, FROM_0, 0, xpub_nodrop).write_only().only(PUBLISHERS).acts(AtOnce),
    flag!(ZMQ_XPUB_MANUAL, FROM_0, 0, xpub_manual).write_only().only(PUBLISHERS).acts(AtOnce),
    text!(ZMQ_XPUB_WELCOME_MSG, (0, usize::MAX, true), xpub_welcome_msg)
        .write_only()
        .only(PUBLISHERS)
        .acts(NextPipe),
    flag!(ZMQ_STREAM_NOTIFY, BOOL, 1, stream_notify).write_only().only(&[Stream]),
    flag!(ZMQ_INVERT_MATCHING, ANY, 0, invert_matching).acts(AtOnce),
    int!(ZMQ_HEARTBEAT_IVL, FROM_0, 0, heartbeat_ivl),
    // Kept in deciseconds; the range is that which the division by 100 maps to 0 to 65535.
    Row::int(
        name!(ZMQ_HEARTBEAT_TTL),
        (-99, 6_553_599),
        0,
        |o| i32::from(o.heartbeat_ttl) * 100,
        |o, v| o.heartbeat_ttl = (v / 100) as u16,
    ),
    int!(ZMQ_HEARTBEAT_TIMEOUT, FROM_0, -1, heartbeat_timeout),
    Row::int(name!(ZMQ_XPUB_VERBOSER), FROM_0, 0, |_| 0, lists::xpub_verboser)
        .write_only()
        .only(PUBLISHERS)
        .acts(AtOnce),
    int!(ZMQ_CONNECT_TIMEOUT, FROM_0, 0, connect_timeout),
    int!(ZMQ_TCP_MAXRT, FROM_0, 0, tcp_maxrt),
    Row::live(name!(ZMQ_THREAD_SAFE), Initial::Number(0), |_| Ok(0)),
    int!(ZMQ_MULTICAST_MAXTPDU, FROM_1, 1500, multicast_maxtpdu),
    absent!(ZMQ_VMCI_BUFFER_SIZE, Vmci),
    absent!(ZMQ_VMCI_BUFFER_MIN_SIZE, Vmci),
    absent!(ZMQ_VMCI_BUFFER_MAX_SIZE, Vmci),
    absent!(ZMQ_VMCI_CONNECT_TIMEOUT, Vmci),
    int!(ZMQ_USE_FD, FROM_MINUS_1, -1, use_fd),
    int!(ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, (0, 2), 0, gssapi_principal_nametype)
        .needs(Feature::Gssapi),
    int!(ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, (0, 2), 0, gssapi_service_principal_nametype)
        .needs(Feature::Gssapi),
    text!(ZMQ_BINDTODEVICE, (1, 16, true), bind_to_device),
    flag!(ZMQ_ZAP_ENFORCE_DOMAIN, ANY, 0, zap_enforce_domain).needs(Feature::Zap).draft(),
    flag!(ZMQ_LOOPBACK_FASTPATH, ANY, 0, loopback_fastpath).draft(),
    Row::list(
        name!(ZMQ_METADATA),
        Kind::Bytes { min: 1, max: usize::MAX, null: false },
        lists::metadata,
    )
    .draft(),
    flag!(ZMQ_MULTICAST_LOOP, ANY, 1, multicast_loop).draft(),
    absent!(ZMQ_ROUTER_NOTIFY, Draft).draft(),
    Row::int(name!(ZMQ_XPUB_MANUAL_LAST_VALUE), FROM_0, 0, |_| 0, lists::xpub_manual_last_value)
        .write_only()
        .only(PUBLISHERS)
        .acts(AtOnce)
        .draft(),
    text!(ZMQ_SOCKS_USERNAME, (0, 255, true), socks_username).needs(Feature::Socks).draft(),
    text!(ZMQ_SOCKS_PASSWORD, (0, 255, true), socks_password).needs(Feature::Socks).draft(),
    int!(ZMQ_IN_BATCH_SIZE, FROM_1, 8192, in_batch_size).needs(Feature::Draft).draft(),
    int!(ZMQ_OUT_BATCH_SIZE, FROM_1, 8192, out_batch_size).needs(Feature::Draft).draft(),
    absent!(ZMQ_WSS_KEY_PEM, Wss).draft(),
    absent!(ZMQ_WSS_CERT_PEM, Wss).draft(),
    absent!(ZMQ_WSS_TRUST_PEM, Wss).draft(),
    absent!(ZMQ_WSS_HOSTNAME, Wss).draft(),
    absent!(ZMQ_WSS_TRUST_SYSTEM, Wss).draft(),
    flag!(ZMQ_ONLY_FIRST_SUBSCRIBE, FROM_0, 0, only_first_subscribe)
        .write_only()
        .only(&[Pub, Xpub, Xsub])
        .acts(AtOnce)
        .draft(),
    int!(ZMQ_RECONNECT_STOP, ANY, 0, reconnect_stop).draft(),
    absent!(ZMQ_HELLO_MSG, Draft).draft(),
    absent!(ZMQ_DISCONNECT_MSG, Draft).draft(),
    int!(ZMQ_PRIORITY, FROM_0, 0, priority).needs(Feature::Draft).draft(),
    int!(ZMQ_BUSY_POLL, ANY, 0, busy_poll).write_only().needs(Feature::Draft).draft(),
    absent!(ZMQ_HICCUP_MSG, Draft).draft(),
    absent!(ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, Draft).draft(),
    Row::live(name!(ZMQ_TOPICS_COUNT), Initial::Number(0), |live| live.topics_count())
        .only(&[Pub, Sub, Xpub, Xsub])
        .draft(),
    absent!(ZMQ_NORM_MODE, Norm).draft(),
    absent!(ZMQ_NORM_UNICAST_NACK, Norm).draft(),
    absent!(ZMQ_NORM_BUFFER_SIZE, Norm).draft(),
    absent!(ZMQ_NORM_SEGMENT_SIZE, Norm).draft(),
    absent!(ZMQ_NORM_BLOCK_SIZE, Norm).draft(),
    absent!(ZMQ_NORM_NUM_PARITY, Norm).draft(),
    absent!(ZMQ_NORM_NUM_AUTOPARITY, Norm).draft(),
    absent!(ZMQ_NORM_PUSH, Norm).draft(),
];

/// One more than the largest option number.
const LIMIT: usize = 125;
/// In [`INDEX`]: no row has this number.
const NONE: u8 = u8::MAX;

/// Where in the table an option number is, so that reading `ZMQ_EVENTS` in a loop costs no search.
static INDEX: [u8; LIMIT] = index();

const fn index() -> [u8; LIMIT] {
    let mut index = [NONE; LIMIT];
    let mut i = 0;
    while i < TABLE.len() {
        index[TABLE[i].number as usize] = i as u8;
        i += 1;
    }
    index
}

/// The row of an option number.
pub fn row(number: i32) -> Option<&'static Row> {
    let at = *INDEX.get(usize::try_from(number).ok()?)?;
    TABLE.get(usize::from(at))
}
