//! The constants of `zmq.h` (stable part): one list for the header, which is generated from this
//! file, and for the functions that take them. Their values are part of the binary interface and
//! never change. The draft part of the header is in `header/zmq_tail.h`.
#![forbid(unsafe_code)]

use core::ffi::c_int;

// Version of the interface; tests at compile time use ZMQ_VERSION.
/// First number of the interface's version.
pub const ZMQ_VERSION_MAJOR: c_int = 4;
/// Second number of the interface's version.
pub const ZMQ_VERSION_MINOR: c_int = 3;
/// Third number of the interface's version.
pub const ZMQ_VERSION_PATCH: c_int = 5;

// Error numbers.
/// Base of the error numbers that the platform does not have.
pub const ZMQ_HAUSNUMERO: c_int = 156_384_712;
/// The operation is not allowed in the present state of the socket.
pub const EFSM: c_int = ZMQ_HAUSNUMERO + 51;
/// The transport cannot serve this type of socket.
pub const ENOCOMPATPROTO: c_int = ZMQ_HAUSNUMERO + 52;
/// The context was terminated or shut down.
pub const ETERM: c_int = ZMQ_HAUSNUMERO + 53;
/// The context has no I/O thread for this work.
pub const EMTHREAD: c_int = ZMQ_HAUSNUMERO + 54;

// Context options.
/// Number of I/O threads; read when the first socket is made.
pub const ZMQ_IO_THREADS: c_int = 1;
/// Greatest number of open sockets; read when the first socket is made.
pub const ZMQ_MAX_SOCKETS: c_int = 2;
/// Read only: the greatest value that ZMQ_MAX_SOCKETS can take.
pub const ZMQ_SOCKET_LIMIT: c_int = 3;
/// Write only: scheduling priority of the I/O threads.
pub const ZMQ_THREAD_PRIORITY: c_int = 3;
/// Scheduling policy of the I/O threads; -1: the system's default.
pub const ZMQ_THREAD_SCHED_POLICY: c_int = 4;
/// Greatest size of a message in bytes.
pub const ZMQ_MAX_MSGSZ: c_int = 5;
/// Read only: the size of zmq_msg_t in bytes.
pub const ZMQ_MSG_T_SIZE: c_int = 6;
/// Write only: lets the I/O threads run on this processor.
pub const ZMQ_THREAD_AFFINITY_CPU_ADD: c_int = 7;
/// Write only: takes back one ZMQ_THREAD_AFFINITY_CPU_ADD.
pub const ZMQ_THREAD_AFFINITY_CPU_REMOVE: c_int = 8;
/// A number put before the names of the I/O threads.
pub const ZMQ_THREAD_NAME_PREFIX: c_int = 9;
/// Default of ZMQ_IO_THREADS.
pub const ZMQ_IO_THREADS_DFLT: c_int = 1;
/// Default of ZMQ_MAX_SOCKETS.
pub const ZMQ_MAX_SOCKETS_DFLT: c_int = 1023;
/// Default of ZMQ_THREAD_PRIORITY: the system's.
pub const ZMQ_THREAD_PRIORITY_DFLT: c_int = -1;
/// Default of ZMQ_THREAD_SCHED_POLICY: the system's.
pub const ZMQ_THREAD_SCHED_POLICY_DFLT: c_int = -1;

// Socket types.
/// Exactly one peer, both directions.
pub const ZMQ_PAIR: c_int = 0;
/// Sends to all subscribers.
pub const ZMQ_PUB: c_int = 1;
/// Receives what it subscribed to.
pub const ZMQ_SUB: c_int = 2;
/// Sends a request, then receives its reply.
pub const ZMQ_REQ: c_int = 3;
/// Receives a request, then sends its reply.
pub const ZMQ_REP: c_int = 4;
/// Sends to peers in turn, receives from all fairly.
pub const ZMQ_DEALER: c_int = 5;
/// Names the peer in the first frame of every message.
pub const ZMQ_ROUTER: c_int = 6;
/// Receives from all ZMQ_PUSH peers fairly.
pub const ZMQ_PULL: c_int = 7;
/// Sends to ZMQ_PULL peers in turn.
pub const ZMQ_PUSH: c_int = 8;
/// ZMQ_PUB that receives the subscriptions as messages.
pub const ZMQ_XPUB: c_int = 9;
/// ZMQ_SUB that sends its subscriptions as messages.
pub const ZMQ_XSUB: c_int = 10;
/// Plain TCP peers, named by the first frame.
pub const ZMQ_STREAM: c_int = 11;
/// Deprecated name of ZMQ_DEALER.
pub const ZMQ_XREQ: c_int = ZMQ_DEALER;
/// Deprecated name of ZMQ_ROUTER.
pub const ZMQ_XREP: c_int = ZMQ_ROUTER;

// Socket options. The type of the value stands in brackets.
/// I/O threads that may serve new connections, one bit each (uint64_t).
pub const ZMQ_AFFINITY: c_int = 4;
/// Name under which ROUTER peers know this socket (1 to 255 bytes).
pub const ZMQ_ROUTING_ID: c_int = 5;
/// Adds a subscription to a prefix (bytes).
pub const ZMQ_SUBSCRIBE: c_int = 6;
/// Takes one subscription to a prefix away (bytes).
pub const ZMQ_UNSUBSCRIBE: c_int = 7;
/// Multicast data rate in kilobits a second (int).
pub const ZMQ_RATE: c_int = 8;
/// Multicast recovery window in milliseconds (int).
pub const ZMQ_RECOVERY_IVL: c_int = 9;
/// Send buffer of the kernel in bytes; -1: the system's default (int).
pub const ZMQ_SNDBUF: c_int = 11;
/// Receive buffer of the kernel in bytes; -1: the system's default (int).
pub const ZMQ_RCVBUF: c_int = 12;
/// Read only: whether the last frame received has a successor (int).
pub const ZMQ_RCVMORE: c_int = 13;
/// Read only: descriptor that becomes readable when ZMQ_EVENTS may have changed (zmq_fd_t).
pub const ZMQ_FD: c_int = 14;
/// Read only: ZMQ_POLLIN and ZMQ_POLLOUT as they hold now (int).
pub const ZMQ_EVENTS: c_int = 15;
/// Read only: the type of the socket (int).
pub const ZMQ_TYPE: c_int = 16;
/// Milliseconds that unsent messages outlive zmq_close; -1: no limit (int).
pub const ZMQ_LINGER: c_int = 17;
/// Milliseconds between attempts to connect; -1: never again (int).
pub const ZMQ_RECONNECT_IVL: c_int = 18;
/// Length of the queue of connections not yet accepted (int).
pub const ZMQ_BACKLOG: c_int = 19;
/// Limit in milliseconds of a growing reconnect interval; 0: it does not grow (int).
pub const ZMQ_RECONNECT_IVL_MAX: c_int = 21;
/// Greatest incoming frame in bytes; -1: no limit (int64_t).
pub const ZMQ_MAXMSGSIZE: c_int = 22;
/// Messages queued for sending to one peer; 0: no limit (int).
pub const ZMQ_SNDHWM: c_int = 23;
/// Messages queued from one peer; 0: no limit (int).
pub const ZMQ_RCVHWM: c_int = 24;
/// Time to live of multicast packets (int).
pub const ZMQ_MULTICAST_HOPS: c_int = 25;
/// Milliseconds that a receive waits; -1: no limit (int).
pub const ZMQ_RCVTIMEO: c_int = 27;
/// Milliseconds that a send waits; -1: no limit (int).
pub const ZMQ_SNDTIMEO: c_int = 28;
/// Read only: the last endpoint bound or connected (text).
pub const ZMQ_LAST_ENDPOINT: c_int = 32;
/// ROUTER: a message to an unknown peer is an error (int).
pub const ZMQ_ROUTER_MANDATORY: c_int = 33;
/// SO_KEEPALIVE: 0 off, 1 on, -1 the system's default (int).
pub const ZMQ_TCP_KEEPALIVE: c_int = 34;
/// Unanswered keepalive probes before the connection ends (int).
pub const ZMQ_TCP_KEEPALIVE_CNT: c_int = 35;
/// Idle seconds before the first keepalive probe (int).
pub const ZMQ_TCP_KEEPALIVE_IDLE: c_int = 36;
/// Seconds between keepalive probes (int).
pub const ZMQ_TCP_KEEPALIVE_INTVL: c_int = 37;
/// 1: queue messages for connections that are established only (int).
pub const ZMQ_IMMEDIATE: c_int = 39;
/// XPUB: pass on every subscription, also repeated ones (int).
pub const ZMQ_XPUB_VERBOSE: c_int = 40;
/// Deprecated: ROUTER speaks plain TCP; ZMQ_STREAM replaces it (int).
pub const ZMQ_ROUTER_RAW: c_int = 41;
/// Allow IPv6 (int).
pub const ZMQ_IPV6: c_int = 42;
/// Read only: the security mechanism (int).
pub const ZMQ_MECHANISM: c_int = 43;
/// 1: server of PLAIN (int).
pub const ZMQ_PLAIN_SERVER: c_int = 44;
/// User name of a PLAIN client (text).
pub const ZMQ_PLAIN_USERNAME: c_int = 45;
/// Password of a PLAIN client (text).
pub const ZMQ_PLAIN_PASSWORD: c_int = 46;
/// 1: server of CURVE (int).
pub const ZMQ_CURVE_SERVER: c_int = 47;
/// Own public key (32 bytes, or Z85 text).
pub const ZMQ_CURVE_PUBLICKEY: c_int = 48;
/// Own secret key (32 bytes, or Z85 text).
pub const ZMQ_CURVE_SECRETKEY: c_int = 49;
/// Public key of the server (32 bytes, or Z85 text).
pub const ZMQ_CURVE_SERVERKEY: c_int = 50;
/// Send an empty message on every new connection (int).
pub const ZMQ_PROBE_ROUTER: c_int = 51;
/// REQ: match replies to requests by a number (int).
pub const ZMQ_REQ_CORRELATE: c_int = 52;
/// REQ: a new request may be sent before the reply came (int).
pub const ZMQ_REQ_RELAXED: c_int = 53;
/// Keep only the newest message (int).
pub const ZMQ_CONFLATE: c_int = 54;
/// Domain given to the authentication handler (text).
pub const ZMQ_ZAP_DOMAIN: c_int = 55;
/// ROUTER: a new peer takes over the name of an old one (int).
pub const ZMQ_ROUTER_HANDOVER: c_int = 56;
/// Type-of-service byte of outgoing packets (int).
pub const ZMQ_TOS: c_int = 57;
/// Name of the peer of the next connect (bytes).
pub const ZMQ_CONNECT_ROUTING_ID: c_int = 61;
/// 1: server of GSSAPI (int).
pub const ZMQ_GSSAPI_SERVER: c_int = 62;
/// Own GSSAPI principal (text).
pub const ZMQ_GSSAPI_PRINCIPAL: c_int = 63;
/// GSSAPI principal of the server (text).
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL: c_int = 64;
/// 1: authenticate, but do not encrypt (int).
pub const ZMQ_GSSAPI_PLAINTEXT: c_int = 65;
/// Milliseconds that a handshake may take; 0: no limit (int).
pub const ZMQ_HANDSHAKE_IVL: c_int = 66;
/// Address of the SOCKS5 proxy to connect through (text).
pub const ZMQ_SOCKS_PROXY: c_int = 68;
/// Sending to a full subscriber fails instead of dropping (int).
pub const ZMQ_XPUB_NODROP: c_int = 69;
/// Context option: 0 makes new sockets start with ZMQ_LINGER 0.
pub const ZMQ_BLOCKY: c_int = 70;
/// XPUB: the application subscribes on behalf of its peers (int).
pub const ZMQ_XPUB_MANUAL: c_int = 71;
/// XPUB: message sent to every new subscriber (bytes).
pub const ZMQ_XPUB_WELCOME_MSG: c_int = 72;
/// STREAM: empty messages tell of connects and disconnects (int).
pub const ZMQ_STREAM_NOTIFY: c_int = 73;
/// Deliver what does not match the subscriptions (int).
pub const ZMQ_INVERT_MATCHING: c_int = 74;
/// Milliseconds between heartbeats; 0: none (int).
pub const ZMQ_HEARTBEAT_IVL: c_int = 75;
/// Milliseconds after which the peer shall give this side up (int).
pub const ZMQ_HEARTBEAT_TTL: c_int = 76;
/// Milliseconds that this side waits for the answer to a heartbeat (int).
pub const ZMQ_HEARTBEAT_TIMEOUT: c_int = 77;
/// XPUB: pass on every subscription and unsubscription (int).
pub const ZMQ_XPUB_VERBOSER: c_int = 78;
/// Milliseconds that connecting may take; 0: the system's limit (int).
pub const ZMQ_CONNECT_TIMEOUT: c_int = 79;
/// Milliseconds that sent data may stay unacknowledged; 0: the system's limit (int).
pub const ZMQ_TCP_MAXRT: c_int = 80;
/// Read only: whether threads may share the socket (int).
pub const ZMQ_THREAD_SAFE: c_int = 81;
/// Greatest multicast packet in bytes (int).
pub const ZMQ_MULTICAST_MAXTPDU: c_int = 84;
/// VMCI buffer in bytes (uint64_t).
pub const ZMQ_VMCI_BUFFER_SIZE: c_int = 85;
/// Least VMCI buffer in bytes (uint64_t).
pub const ZMQ_VMCI_BUFFER_MIN_SIZE: c_int = 86;
/// Greatest VMCI buffer in bytes (uint64_t).
pub const ZMQ_VMCI_BUFFER_MAX_SIZE: c_int = 87;
/// Milliseconds that a VMCI connect may take (int).
pub const ZMQ_VMCI_CONNECT_TIMEOUT: c_int = 88;
/// Listening descriptor that the next bind takes over (int).
pub const ZMQ_USE_FD: c_int = 89;
/// Kind of name in ZMQ_GSSAPI_PRINCIPAL (int).
pub const ZMQ_GSSAPI_PRINCIPAL_NAMETYPE: c_int = 90;
/// Kind of name in ZMQ_GSSAPI_SERVICE_PRINCIPAL (int).
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: c_int = 91;
/// Network interface to use (text).
pub const ZMQ_BINDTODEVICE: c_int = 92;

// Message properties.
/// Whether another frame of the same message follows.
pub const ZMQ_MORE: c_int = 1;
/// Whether the content is, or may be, shared with another message.
pub const ZMQ_SHARED: c_int = 3;

// Flags of send and receive.
/// Fail with EAGAIN instead of waiting.
pub const ZMQ_DONTWAIT: c_int = 1;
/// Another frame of the same message follows.
pub const ZMQ_SNDMORE: c_int = 2;

// Security mechanisms.
/// No authentication, no encryption.
pub const ZMQ_NULL: c_int = 0;
/// User name and password in clear text.
pub const ZMQ_PLAIN: c_int = 1;
/// Public keys; everything is encrypted.
pub const ZMQ_CURVE: c_int = 2;
/// Kerberos.
pub const ZMQ_GSSAPI: c_int = 3;
/// Greatest length of a group's name in bytes.
pub const ZMQ_GROUP_MAX_LENGTH: c_int = 255;

// Deprecated options and names.
/// Deprecated name of ZMQ_ROUTING_ID.
pub const ZMQ_IDENTITY: c_int = ZMQ_ROUTING_ID;
/// Deprecated name of ZMQ_CONNECT_ROUTING_ID.
pub const ZMQ_CONNECT_RID: c_int = ZMQ_CONNECT_ROUTING_ID;
/// Deprecated: addresses whose TCP connections are accepted (text).
pub const ZMQ_TCP_ACCEPT_FILTER: c_int = 38;
/// Deprecated: process whose IPC connections are accepted (pid_t).
pub const ZMQ_IPC_FILTER_PID: c_int = 58;
/// Deprecated: user whose IPC connections are accepted (uid_t).
pub const ZMQ_IPC_FILTER_UID: c_int = 59;
/// Deprecated: group whose IPC connections are accepted (gid_t).
pub const ZMQ_IPC_FILTER_GID: c_int = 60;
/// Deprecated: the inverse of ZMQ_IPV6 (int).
pub const ZMQ_IPV4ONLY: c_int = 31;
/// Deprecated name of ZMQ_IMMEDIATE.
pub const ZMQ_DELAY_ATTACH_ON_CONNECT: c_int = ZMQ_IMMEDIATE;
/// Deprecated name of ZMQ_DONTWAIT.
pub const ZMQ_NOBLOCK: c_int = ZMQ_DONTWAIT;
/// Deprecated name of ZMQ_ROUTER_MANDATORY.
pub const ZMQ_FAIL_UNROUTABLE: c_int = ZMQ_ROUTER_MANDATORY;
/// Deprecated name of ZMQ_ROUTER_MANDATORY.
pub const ZMQ_ROUTER_BEHAVIOR: c_int = ZMQ_ROUTER_MANDATORY;
/// Deprecated message property: descriptor that the message came from.
pub const ZMQ_SRCFD: c_int = 2;

// Kinds of GSSAPI names.
/// Service on a host.
pub const ZMQ_GSSAPI_NT_HOSTBASED: c_int = 0;
/// Local user.
pub const ZMQ_GSSAPI_NT_USER_NAME: c_int = 1;
/// Kerberos principal.
pub const ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: c_int = 2;

// Events of a socket monitor.
/// A connection was established; value: descriptor.
pub const ZMQ_EVENT_CONNECTED: c_int = 0x0001;
/// A connect goes on in the background; value: unused.
pub const ZMQ_EVENT_CONNECT_DELAYED: c_int = 0x0002;
/// A connect failed and will be tried again; value: milliseconds until then.
pub const ZMQ_EVENT_CONNECT_RETRIED: c_int = 0x0004;
/// A listener is open; value: descriptor.
pub const ZMQ_EVENT_LISTENING: c_int = 0x0008;
/// A listener could not be opened; value: errno.
pub const ZMQ_EVENT_BIND_FAILED: c_int = 0x0010;
/// A connection was accepted; value: descriptor.
pub const ZMQ_EVENT_ACCEPTED: c_int = 0x0020;
/// A connection could not be accepted; value: errno.
pub const ZMQ_EVENT_ACCEPT_FAILED: c_int = 0x0040;
/// A descriptor was closed; value: descriptor.
pub const ZMQ_EVENT_CLOSED: c_int = 0x0080;
/// A descriptor could not be closed; value: errno.
pub const ZMQ_EVENT_CLOSE_FAILED: c_int = 0x0100;
/// A connection ended; value: descriptor.
pub const ZMQ_EVENT_DISCONNECTED: c_int = 0x0200;
/// No further event will come from this monitor; value: unused.
pub const ZMQ_EVENT_MONITOR_STOPPED: c_int = 0x0400;
/// All of these events.
pub const ZMQ_EVENT_ALL: c_int = 0xFFFF;
/// A handshake broke off; value: errno.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: c_int = 0x0800;
/// A handshake is complete; value: unused.
pub const ZMQ_EVENT_HANDSHAKE_SUCCEEDED: c_int = 0x1000;
/// A peer or the ZAP handler broke the protocol; value: ZMQ_PROTOCOL_ERROR_*.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: c_int = 0x2000;
/// A peer was refused; value: ZAP status 300, 400 or 500.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: c_int = 0x4000;

// Values of ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL.
/// Any other breach of ZMTP.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED: c_int = 0x1000_0000;
/// A command came that has no place here.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND: c_int = 0x1000_0001;
/// A nonce did not grow.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE: c_int = 0x1000_0002;
/// The keys could not be agreed on.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: c_int = 0x1000_0003;
/// Malformed command of another kind.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: c_int = 0x1000_0011;
/// Malformed MESSAGE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE: c_int = 0x1000_0012;
/// Malformed HELLO.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO: c_int = 0x1000_0013;
/// Malformed INITIATE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE: c_int = 0x1000_0014;
/// Malformed ERROR.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR: c_int = 0x1000_0015;
/// Malformed READY.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY: c_int = 0x1000_0016;
/// Malformed WELCOME.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME: c_int = 0x1000_0017;
/// Metadata that do not parse.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA: c_int = 0x1000_0018;
/// A box did not open; perhaps wrong keys are configured.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: c_int = 0x1100_0001;
/// The two sides are configured for different mechanisms.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: c_int = 0x1100_0002;
/// Any other breach of ZAP.
pub const ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED: c_int = 0x2000_0000;
/// A ZAP reply with a wrong number of frames.
pub const ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY: c_int = 0x2000_0001;
/// A ZAP reply to a request never made.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID: c_int = 0x2000_0002;
/// A ZAP reply of another version.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION: c_int = 0x2000_0003;
/// A ZAP reply with an unknown status.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE: c_int = 0x2000_0004;
/// A ZAP reply with metadata that do not parse.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA: c_int = 0x2000_0005;
/// A breach of the WebSocket protocol.
pub const ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED: c_int = 0x3000_0000;

// Polling.
/// At least one message can be received, or the descriptor can be read.
pub const ZMQ_POLLIN: c_int = 1;
/// At least one message can be sent, or the descriptor can be written.
pub const ZMQ_POLLOUT: c_int = 2;
/// The descriptor has an error.
pub const ZMQ_POLLERR: c_int = 4;
/// The descriptor has urgent data.
pub const ZMQ_POLLPRI: c_int = 8;
/// A usual number of poll items.
pub const ZMQ_POLLITEMS_DFLT: c_int = 16;

// Capabilities and devices.
/// zmq_has exists.
pub const ZMQ_HAS_CAPABILITIES: c_int = 1;
/// Deprecated kind of device.
pub const ZMQ_STREAMER: c_int = 1;
/// Deprecated kind of device.
pub const ZMQ_FORWARDER: c_int = 2;
/// Deprecated kind of device.
pub const ZMQ_QUEUE: c_int = 3;
