//! The values of all socket options: a plain block that listeners and sessions copy when they are
//! made. Written only by the socket that owns it, under the socket's lock.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::crypto::SecretKey;
use crate::options::SocketType;

/// The security mechanism, numbered as in `zmq.h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum MechanismKind {
    #[default]
    Null = 0,
    Plain = 1,
    Curve = 2,
    Gssapi = 3,
}

/// One address range of `ZMQ_TCP_ACCEPT_FILTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptFilter {
    pub network: std::net::IpAddr,
    pub prefix_bits: u8,
}

/// Every option of a socket. Times are milliseconds; -1 means "no limit" or "system default" as
/// the option's documentation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    pub socket_type: SocketType,
    pub affinity: u64,
    pub routing_id: Vec<u8>,
    pub rate: i32,
    pub recovery_ivl: i32,
    pub sndbuf: i32,
    pub rcvbuf: i32,
    pub linger: i32,
    pub reconnect_ivl: i32,
    pub reconnect_ivl_max: i32,
    pub reconnect_stop: i32,
    /// `None`: as long as the system allows.
    pub backlog: Option<i32>,
    pub maxmsgsize: i64,
    pub sndhwm: i32,
    pub rcvhwm: i32,
    pub multicast_hops: i32,
    pub multicast_loop: bool,
    pub multicast_maxtpdu: i32,
    pub rcvtimeo: i32,
    pub sndtimeo: i32,
    pub ipv6: bool,
    pub immediate: bool,
    pub conflate: bool,
    pub handshake_ivl: i32,
    pub heartbeat_ivl: i32,
    /// Deciseconds, as on the wire.
    pub heartbeat_ttl: u16,
    /// -1: use `heartbeat_ivl`.
    pub heartbeat_timeout: i32,
    pub connect_timeout: i32,
    pub tcp_maxrt: i32,
    pub tcp_keepalive: i32,
    pub tcp_keepalive_cnt: i32,
    pub tcp_keepalive_idle: i32,
    pub tcp_keepalive_intvl: i32,
    pub tos: i32,
    pub priority: i32,
    pub busy_poll: i32,
    pub use_fd: i32,
    pub bind_to_device: Vec<u8>,
    pub accept_filters: Vec<AcceptFilter>,
    pub ipc_filter_uid: Vec<u32>,
    pub ipc_filter_gid: Vec<u32>,
    pub ipc_filter_pid: Vec<i32>,
    pub in_batch_size: i32,
    pub out_batch_size: i32,
    pub zero_copy_recv: bool,
    /// `X-` properties, in the order they were set.
    pub metadata: Vec<(Vec<u8>, Vec<u8>)>,

    pub mechanism: MechanismKind,
    pub as_server: bool,
    pub plain_username: Zeroizing<Vec<u8>>,
    pub plain_password: Zeroizing<Vec<u8>>,
    pub curve_publickey: [u8; 32],
    pub curve_secretkey: SecretKey,
    pub curve_serverkey: [u8; 32],
    pub gssapi_principal: Vec<u8>,
    pub gssapi_service_principal: Vec<u8>,
    /// `ZMQ_GSSAPI_NT_*`, 0 to 2.
    pub gssapi_principal_nametype: i32,
    pub gssapi_service_principal_nametype: i32,
    pub gssapi_plaintext: bool,
    pub zap_domain: Vec<u8>,
    pub zap_enforce_domain: bool,
    pub socks_proxy: Vec<u8>,
    pub socks_username: Zeroizing<Vec<u8>>,
    pub socks_password: Zeroizing<Vec<u8>>,
    pub loopback_fastpath: bool,

    pub router_mandatory: bool,
    pub router_raw: bool,
    pub router_handover: bool,
    pub probe_router: bool,
    pub req_correlate: bool,
    pub req_relaxed: bool,
    pub connect_routing_id: Vec<u8>,
    pub stream_notify: bool,
    pub xpub_verbose: bool,
    /// The other half of `ZMQ_XPUB_VERBOSER`: pass all unsubscriptions too.
    pub xpub_verbose_unsubscribe: bool,
    pub xpub_nodrop: bool,
    pub xpub_manual: bool,
    pub xpub_manual_last_value: bool,
    pub xpub_welcome_msg: Vec<u8>,
    pub only_first_subscribe: bool,
    pub invert_matching: bool,
}

impl SocketOptions {
    /// The backlog that `listen` gets. The kernel cuts it to its own limit.
    pub fn listen_backlog(&self) -> i32 {
        self.backlog.unwrap_or(i32::MAX)
    }

    /// Whether outgoing messages replace each other (`ZMQ_CONFLATE`). Subscriptions never do.
    pub fn conflates_outward(&self) -> bool {
        self.conflates() && !self.socket_type.subscribes()
    }

    /// Whether incoming messages replace each other. Subscriptions never do.
    pub fn conflates_inward(&self) -> bool {
        self.conflates() && !self.socket_type.publishes()
    }

    fn conflates(&self) -> bool {
        self.conflate && self.socket_type.can_conflate()
    }

    /// The values a fresh socket starts with, before its context's defaults are applied.
    pub fn new(socket_type: SocketType) -> Self {
        SocketOptions {
            socket_type,
            affinity: 0,
            routing_id: Vec::new(),
            rate: 100,
            recovery_ivl: 10_000,
            sndbuf: -1,
            rcvbuf: -1,
            linger: if socket_type.subscribes() { 0 } else { -1 },
            reconnect_ivl: 100,
            reconnect_ivl_max: 0,
            reconnect_stop: 0,
            backlog: None,
            maxmsgsize: -1,
            sndhwm: 1000,
            rcvhwm: 1000,
            multicast_hops: 1,
            multicast_loop: true,
            multicast_maxtpdu: 1500,
            rcvtimeo: -1,
            sndtimeo: -1,
            ipv6: false,
            immediate: false,
            conflate: false,
            handshake_ivl: 30_000,
            heartbeat_ivl: 0,
            heartbeat_ttl: 0,
            heartbeat_timeout: -1,
            connect_timeout: 0,
            tcp_maxrt: 0,
            tcp_keepalive: -1,
            tcp_keepalive_cnt: -1,
            tcp_keepalive_idle: -1,
            tcp_keepalive_intvl: -1,
            tos: 0,
            priority: 0,
            busy_poll: 0,
            use_fd: -1,
            bind_to_device: Vec::new(),
            accept_filters: Vec::new(),
            ipc_filter_uid: Vec::new(),
            ipc_filter_gid: Vec::new(),
            ipc_filter_pid: Vec::new(),
            in_batch_size: 8192,
            out_batch_size: 8192,
            zero_copy_recv: true,
            metadata: Vec::new(),
            mechanism: MechanismKind::Null,
            as_server: false,
            plain_username: Zeroizing::default(),
            plain_password: Zeroizing::default(),
            curve_publickey: [0; 32],
            curve_secretkey: SecretKey::new([0; 32]),
            curve_serverkey: [0; 32],
            gssapi_principal: Vec::new(),
            gssapi_service_principal: Vec::new(),
            gssapi_principal_nametype: 0,
            gssapi_service_principal_nametype: 0,
            gssapi_plaintext: false,
            zap_domain: Vec::new(),
            zap_enforce_domain: false,
            socks_proxy: Vec::new(),
            socks_username: Zeroizing::default(),
            socks_password: Zeroizing::default(),
            loopback_fastpath: false,
            router_mandatory: false,
            router_raw: false,
            router_handover: false,
            probe_router: false,
            req_correlate: false,
            req_relaxed: false,
            connect_routing_id: Vec::new(),
            stream_notify: true,
            xpub_verbose: false,
            xpub_verbose_unsubscribe: false,
            xpub_nodrop: false,
            xpub_manual: false,
            xpub_manual_last_value: false,
            xpub_welcome_msg: Vec::new(),
            only_first_subscribe: false,
            invert_matching: false,
        }
    }
}
