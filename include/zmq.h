/*
 * zmq.h: the C interface of ZeroMQ, version 4.3.5, as zincmq implements it.
 *
 * Generated from the Rust sources in src/capi by "cargo xtask header"; change it there.
 *
 * The manual: https://libzmq.readthedocs.io
 */

#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

/* One number for a version, to compare with: #if ZMQ_VERSION >= ZMQ_MAKE_VERSION (4, 3, 0). */
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

#if !defined _WIN32_WCE
#include <errno.h>
#endif
#include <stddef.h>
#include <stdio.h>

/* Integers of known width; ZMQ_DEFINED_STDINT tells programs that they are here. */
#define ZMQ_DEFINED_STDINT 1
#if defined ZMQ_HAVE_SOLARIS || defined ZMQ_HAVE_OPENVMS
#include <inttypes.h>
#elif defined _MSC_VER && _MSC_VER < 1600
typedef unsigned __int8 uint8_t;
typedef unsigned __int16 uint16_t;
typedef __int32 int32_t;
typedef unsigned __int32 uint32_t;
typedef unsigned __int64 uint64_t;
#else
#include <stdint.h>
#endif

/* AIX names the members of its poll structure through macros: let them come first. */
#ifdef ZMQ_HAVE_AIX
#include <poll.h>
#endif

#if !defined _WIN32
#include <signal.h>
#endif

/* Marks what the library exports. ZMQ_STATIC and DLL_EXPORT matter on Windows only. */
#if defined ZMQ_NO_EXPORT || (defined _WIN32 && defined ZMQ_STATIC)
#define ZMQ_EXPORT
#elif defined _WIN32 && defined DLL_EXPORT
#define ZMQ_EXPORT __declspec (dllexport)
#elif defined _WIN32
#define ZMQ_EXPORT __declspec (dllimport)
#elif defined __SUNPRO_C || defined __SUNPRO_CC
#define ZMQ_EXPORT __global
#elif (defined __GNUC__ && __GNUC__ >= 4) || defined __INTEL_COMPILER
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif

/* POSIX error numbers that some platforms lack. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

/* This header declares the timers (the zmq_timers_ functions). */
#define ZMQ_HAVE_TIMERS

#ifdef __cplusplus
extern "C" {
#endif

/* A descriptor of the operating system. */
#if defined _WIN64
typedef unsigned __int64 zmq_fd_t;
#elif defined _WIN32
typedef unsigned int zmq_fd_t;
#else
typedef int zmq_fd_t;
#endif

/* A message. Opaque; the functions zmq_msg_* work on it. It has the alignment of a pointer. */
typedef struct zmq_msg_t
{
#if defined _MSC_VER && defined _WIN64
    __declspec (align (8)) unsigned char _[64];
#elif defined _MSC_VER
    __declspec (align (4)) unsigned char _[64];
#elif defined __GNUC__ || defined __INTEL_COMPILER                                          \
  || (defined __SUNPRO_C && __SUNPRO_C >= 0x590)                                            \
  || (defined __SUNPRO_CC && __SUNPRO_CC >= 0x590)
    unsigned char _[64] __attribute__ ((aligned (sizeof (void *))));
#else
    unsigned char _[64];
#endif
} zmq_msg_t;

/* Frees the content of a message: see zmq_msg_init_data. Any thread may call it. */
typedef void (zmq_free_fn) (void *data_, void *hint_);

/* Called by zmq_timers_execute when a timer is due. */
typedef void (zmq_timer_fn) (int timer_id, void *arg);

/* The body of a thread: see zmq_threadstart. */
typedef void (zmq_thread_fn) (void *);

/* Declared by <sys/uio.h>. */
struct iovec;

#ifdef __cplusplus
}
#endif

/* First number of the interface's version. */
#define ZMQ_VERSION_MAJOR 4

/* Second number of the interface's version. */
#define ZMQ_VERSION_MINOR 3

/* Third number of the interface's version. */
#define ZMQ_VERSION_PATCH 5

/* Base of the error numbers that the platform does not have. */
#define ZMQ_HAUSNUMERO 156384712

/* The operation is not allowed in the present state of the socket. */
#define EFSM (ZMQ_HAUSNUMERO + 51)

/* The transport cannot serve this type of socket. */
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)

/* The context was terminated or shut down. */
#define ETERM (ZMQ_HAUSNUMERO + 53)

/* The context has no I/O thread for this work. */
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)

/* Number of I/O threads; read when the first socket is made. */
#define ZMQ_IO_THREADS 1

/* Greatest number of open sockets; read when the first socket is made. */
#define ZMQ_MAX_SOCKETS 2

/* Read only: the greatest value that ZMQ_MAX_SOCKETS can take. */
#define ZMQ_SOCKET_LIMIT 3

/* Write only: scheduling priority of the I/O threads. */
#define ZMQ_THREAD_PRIORITY 3

/* Scheduling policy of the I/O threads; -1: the system's default. */
#define ZMQ_THREAD_SCHED_POLICY 4

/* Greatest size of a message in bytes. */
#define ZMQ_MAX_MSGSZ 5

/* Read only: the size of zmq_msg_t in bytes. */
#define ZMQ_MSG_T_SIZE 6

/* Write only: lets the I/O threads run on this processor. */
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7

/* Write only: takes back one ZMQ_THREAD_AFFINITY_CPU_ADD. */
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8

/* A number put before the names of the I/O threads. */
#define ZMQ_THREAD_NAME_PREFIX 9

/* Default of ZMQ_IO_THREADS. */
#define ZMQ_IO_THREADS_DFLT 1

/* Default of ZMQ_MAX_SOCKETS. */
#define ZMQ_MAX_SOCKETS_DFLT 1023

/* Default of ZMQ_THREAD_PRIORITY: the system's. */
#define ZMQ_THREAD_PRIORITY_DFLT -1

/* Default of ZMQ_THREAD_SCHED_POLICY: the system's. */
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1

/* Exactly one peer, both directions. */
#define ZMQ_PAIR 0

/* Sends to all subscribers. */
#define ZMQ_PUB 1

/* Receives what it subscribed to. */
#define ZMQ_SUB 2

/* Sends a request, then receives its reply. */
#define ZMQ_REQ 3

/* Receives a request, then sends its reply. */
#define ZMQ_REP 4

/* Sends to peers in turn, receives from all fairly. */
#define ZMQ_DEALER 5

/* Names the peer in the first frame of every message. */
#define ZMQ_ROUTER 6

/* Receives from all ZMQ_PUSH peers fairly. */
#define ZMQ_PULL 7

/* Sends to ZMQ_PULL peers in turn. */
#define ZMQ_PUSH 8

/* ZMQ_PUB that receives the subscriptions as messages. */
#define ZMQ_XPUB 9

/* ZMQ_SUB that sends its subscriptions as messages. */
#define ZMQ_XSUB 10

/* Plain TCP peers, named by the first frame. */
#define ZMQ_STREAM 11

/* Deprecated name of ZMQ_DEALER. */
#define ZMQ_XREQ ZMQ_DEALER

/* Deprecated name of ZMQ_ROUTER. */
#define ZMQ_XREP ZMQ_ROUTER

/* I/O threads that may serve new connections, one bit each (uint64_t). */
#define ZMQ_AFFINITY 4

/* Name under which ROUTER peers know this socket (1 to 255 bytes). */
#define ZMQ_ROUTING_ID 5

/* Adds a subscription to a prefix (bytes). */
#define ZMQ_SUBSCRIBE 6

/* Takes one subscription to a prefix away (bytes). */
#define ZMQ_UNSUBSCRIBE 7

/* Multicast data rate in kilobits a second (int). */
#define ZMQ_RATE 8

/* Multicast recovery window in milliseconds (int). */
#define ZMQ_RECOVERY_IVL 9

/* Send buffer of the kernel in bytes; -1: the system's default (int). */
#define ZMQ_SNDBUF 11

/* Receive buffer of the kernel in bytes; -1: the system's default (int). */
#define ZMQ_RCVBUF 12

/* Read only: whether the last frame received has a successor (int). */
#define ZMQ_RCVMORE 13

/* Read only: descriptor that becomes readable when ZMQ_EVENTS may have changed (zmq_fd_t). */
#define ZMQ_FD 14

/* Read only: ZMQ_POLLIN and ZMQ_POLLOUT as they hold now (int). */
#define ZMQ_EVENTS 15

/* Read only: the type of the socket (int). */
#define ZMQ_TYPE 16

/* Milliseconds that unsent messages outlive zmq_close; -1: no limit (int). */
#define ZMQ_LINGER 17

/* Milliseconds between attempts to connect; -1: never again (int). */
#define ZMQ_RECONNECT_IVL 18

/* Length of the queue of connections not yet accepted (int). */
#define ZMQ_BACKLOG 19

/* Limit in milliseconds of a growing reconnect interval; 0: it does not grow (int). */
#define ZMQ_RECONNECT_IVL_MAX 21

/* Greatest incoming frame in bytes; -1: no limit (int64_t). */
#define ZMQ_MAXMSGSIZE 22

/* Messages queued for sending to one peer; 0: no limit (int). */
#define ZMQ_SNDHWM 23

/* Messages queued from one peer; 0: no limit (int). */
#define ZMQ_RCVHWM 24

/* Time to live of multicast packets (int). */
#define ZMQ_MULTICAST_HOPS 25

/* Milliseconds that a receive waits; -1: no limit (int). */
#define ZMQ_RCVTIMEO 27

/* Milliseconds that a send waits; -1: no limit (int). */
#define ZMQ_SNDTIMEO 28

/* Read only: the last endpoint bound or connected (text). */
#define ZMQ_LAST_ENDPOINT 32

/* ROUTER: a message to an unknown peer is an error (int). */
#define ZMQ_ROUTER_MANDATORY 33

/* SO_KEEPALIVE: 0 off, 1 on, -1 the system's default (int). */
#define ZMQ_TCP_KEEPALIVE 34

/* Unanswered keepalive probes before the connection ends (int). */
#define ZMQ_TCP_KEEPALIVE_CNT 35

/* Idle seconds before the first keepalive probe (int). */
#define ZMQ_TCP_KEEPALIVE_IDLE 36

/* Seconds between keepalive probes (int). */
#define ZMQ_TCP_KEEPALIVE_INTVL 37

/* 1: queue messages for connections that are established only (int). */
#define ZMQ_IMMEDIATE 39

/* XPUB: pass on every subscription, also repeated ones (int). */
#define ZMQ_XPUB_VERBOSE 40

/* Deprecated: ROUTER speaks plain TCP; ZMQ_STREAM replaces it (int). */
#define ZMQ_ROUTER_RAW 41

/* Allow IPv6 (int). */
#define ZMQ_IPV6 42

/* Read only: the security mechanism (int). */
#define ZMQ_MECHANISM 43

/* 1: server of PLAIN (int). */
#define ZMQ_PLAIN_SERVER 44

/* User name of a PLAIN client (text). */
#define ZMQ_PLAIN_USERNAME 45

/* Password of a PLAIN client (text). */
#define ZMQ_PLAIN_PASSWORD 46

/* 1: server of CURVE (int). */
#define ZMQ_CURVE_SERVER 47

/* Own public key (32 bytes, or Z85 text). */
#define ZMQ_CURVE_PUBLICKEY 48

/* Own secret key (32 bytes, or Z85 text). */
#define ZMQ_CURVE_SECRETKEY 49

/* Public key of the server (32 bytes, or Z85 text). */
#define ZMQ_CURVE_SERVERKEY 50

/* Send an empty message on every new connection (int). */
#define ZMQ_PROBE_ROUTER 51

/* REQ: match replies to requests by a number (int). */
#define ZMQ_REQ_CORRELATE 52

/* REQ: a new request may be sent before the reply came (int). */
#define ZMQ_REQ_RELAXED 53

/* Keep only the newest message (int). */
#define ZMQ_CONFLATE 54

/* Domain given to the authentication handler (text). */
#define ZMQ_ZAP_DOMAIN 55

/* ROUTER: a new peer takes over the name of an old one (int). */
#define ZMQ_ROUTER_HANDOVER 56

/* Type-of-service byte of outgoing packets (int). */
#define ZMQ_TOS 57

/* Name of the peer of the next connect (bytes). */
#define ZMQ_CONNECT_ROUTING_ID 61

/* 1: server of GSSAPI (int). */
#define ZMQ_GSSAPI_SERVER 62

/* Own GSSAPI principal (text). */
#define ZMQ_GSSAPI_PRINCIPAL 63

/* GSSAPI principal of the server (text). */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL 64

/* 1: authenticate, but do not encrypt (int). */
#define ZMQ_GSSAPI_PLAINTEXT 65

/* Milliseconds that a handshake may take; 0: no limit (int). */
#define ZMQ_HANDSHAKE_IVL 66

/* Address of the SOCKS5 proxy to connect through (text). */
#define ZMQ_SOCKS_PROXY 68

/* Sending to a full subscriber fails instead of dropping (int). */
#define ZMQ_XPUB_NODROP 69

/* Context option: 0 makes new sockets start with ZMQ_LINGER 0. */
#define ZMQ_BLOCKY 70

/* XPUB: the application subscribes on behalf of its peers (int). */
#define ZMQ_XPUB_MANUAL 71

/* XPUB: message sent to every new subscriber (bytes). */
#define ZMQ_XPUB_WELCOME_MSG 72

/* STREAM: empty messages tell of connects and disconnects (int). */
#define ZMQ_STREAM_NOTIFY 73

/* Deliver what does not match the subscriptions (int). */
#define ZMQ_INVERT_MATCHING 74

/* Milliseconds between heartbeats; 0: none (int). */
#define ZMQ_HEARTBEAT_IVL 75

/* Milliseconds after which the peer shall give this side up (int). */
#define ZMQ_HEARTBEAT_TTL 76

/* Milliseconds that this side waits for the answer to a heartbeat (int). */
#define ZMQ_HEARTBEAT_TIMEOUT 77

/* XPUB: pass on every subscription and unsubscription (int). */
#define ZMQ_XPUB_VERBOSER 78

/* Milliseconds that connecting may take; 0: the system's limit (int). */
#define ZMQ_CONNECT_TIMEOUT 79

/* Milliseconds that sent data may stay unacknowledged; 0: the system's limit (int). */
#define ZMQ_TCP_MAXRT 80

/* Read only: whether threads may share the socket (int). */
#define ZMQ_THREAD_SAFE 81

/* Greatest multicast packet in bytes (int). */
#define ZMQ_MULTICAST_MAXTPDU 84

/* VMCI buffer in bytes (uint64_t). */
#define ZMQ_VMCI_BUFFER_SIZE 85

/* Least VMCI buffer in bytes (uint64_t). */
#define ZMQ_VMCI_BUFFER_MIN_SIZE 86

/* Greatest VMCI buffer in bytes (uint64_t). */
#define ZMQ_VMCI_BUFFER_MAX_SIZE 87

/* Milliseconds that a VMCI connect may take (int). */
#define ZMQ_VMCI_CONNECT_TIMEOUT 88

/* Listening descriptor that the next bind takes over (int). */
#define ZMQ_USE_FD 89

/* Kind of name in ZMQ_GSSAPI_PRINCIPAL (int). */
#define ZMQ_GSSAPI_PRINCIPAL_NAMETYPE 90

/* Kind of name in ZMQ_GSSAPI_SERVICE_PRINCIPAL (int). */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE 91

/* Network interface to use (text). */
#define ZMQ_BINDTODEVICE 92

/* Whether another frame of the same message follows. */
#define ZMQ_MORE 1

/* Whether the content is, or may be, shared with another message. */
#define ZMQ_SHARED 3

/* Fail with EAGAIN instead of waiting. */
#define ZMQ_DONTWAIT 1

/* Another frame of the same message follows. */
#define ZMQ_SNDMORE 2

/* No authentication, no encryption. */
#define ZMQ_NULL 0

/* User name and password in clear text. */
#define ZMQ_PLAIN 1

/* Public keys; everything is encrypted. */
#define ZMQ_CURVE 2

/* Kerberos. */
#define ZMQ_GSSAPI 3

/* Greatest length of a group's name in bytes. */
#define ZMQ_GROUP_MAX_LENGTH 255

/* Deprecated name of ZMQ_ROUTING_ID. */
#define ZMQ_IDENTITY ZMQ_ROUTING_ID

/* Deprecated name of ZMQ_CONNECT_ROUTING_ID. */
#define ZMQ_CONNECT_RID ZMQ_CONNECT_ROUTING_ID

/* Deprecated: addresses whose TCP connections are accepted (text). */
#define ZMQ_TCP_ACCEPT_FILTER 38

/* Deprecated: process whose IPC connections are accepted (pid_t). */
#define ZMQ_IPC_FILTER_PID 58

/* Deprecated: user whose IPC connections are accepted (uid_t). */
#define ZMQ_IPC_FILTER_UID 59

/* Deprecated: group whose IPC connections are accepted (gid_t). */
#define ZMQ_IPC_FILTER_GID 60

/* Deprecated: the inverse of ZMQ_IPV6 (int). */
#define ZMQ_IPV4ONLY 31

/* Deprecated name of ZMQ_IMMEDIATE. */
#define ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_IMMEDIATE

/* Deprecated name of ZMQ_DONTWAIT. */
#define ZMQ_NOBLOCK ZMQ_DONTWAIT

/* Deprecated name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_MANDATORY

/* Deprecated name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_ROUTER_BEHAVIOR ZMQ_ROUTER_MANDATORY

/* Deprecated message property: descriptor that the message came from. */
#define ZMQ_SRCFD 2

/* Service on a host. */
#define ZMQ_GSSAPI_NT_HOSTBASED 0

/* Local user. */
#define ZMQ_GSSAPI_NT_USER_NAME 1

/* Kerberos principal. */
#define ZMQ_GSSAPI_NT_KRB5_PRINCIPAL 2

/* A connection was established; value: descriptor. */
#define ZMQ_EVENT_CONNECTED 1

/* A connect goes on in the background; value: unused. */
#define ZMQ_EVENT_CONNECT_DELAYED 2

/* A connect failed and will be tried again; value: milliseconds until then. */
#define ZMQ_EVENT_CONNECT_RETRIED 4

/* A listener is open; value: descriptor. */
#define ZMQ_EVENT_LISTENING 8

/* A listener could not be opened; value: errno. */
#define ZMQ_EVENT_BIND_FAILED 16

/* A connection was accepted; value: descriptor. */
#define ZMQ_EVENT_ACCEPTED 32

/* A connection could not be accepted; value: errno. */
#define ZMQ_EVENT_ACCEPT_FAILED 64

/* A descriptor was closed; value: descriptor. */
#define ZMQ_EVENT_CLOSED 128

/* A descriptor could not be closed; value: errno. */
#define ZMQ_EVENT_CLOSE_FAILED 256

/* A connection ended; value: descriptor. */
#define ZMQ_EVENT_DISCONNECTED 512

/* No further event will come from this monitor; value: unused. */
#define ZMQ_EVENT_MONITOR_STOPPED 1024

/* All of these events. */
#define ZMQ_EVENT_ALL 65535

/* A handshake broke off; value: errno. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL 2048

/* A handshake is complete; value: unused. */
#define ZMQ_EVENT_HANDSHAKE_SUCCEEDED 4096

/* A peer or the ZAP handler broke the protocol; value: ZMQ_PROTOCOL_ERROR_*. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 8192

/* A peer was refused; value: ZAP status 300, 400 or 500. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 16384

/* Any other breach of ZMTP. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED 268435456

/* A command came that has no place here. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND 268435457

/* A nonce did not grow. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE 268435458

/* The keys could not be agreed on. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE 268435459

/* Malformed command of another kind. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED 268435473

/* Malformed MESSAGE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE 268435474

/* Malformed HELLO. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO 268435475

/* Malformed INITIATE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE 268435476

/* Malformed ERROR. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR 268435477

/* Malformed READY. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY 268435478

/* Malformed WELCOME. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME 268435479

/* Metadata that do not parse. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA 268435480

/* A box did not open; perhaps wrong keys are configured. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC 285212673

/* The two sides are configured for different mechanisms. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH 285212674

/* Any other breach of ZAP. */
#define ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED 536870912

/* A ZAP reply with a wrong number of frames. */
#define ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY 536870913

/* A ZAP reply to a request never made. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID 536870914

/* A ZAP reply of another version. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION 536870915

/* A ZAP reply with an unknown status. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE 536870916

/* A ZAP reply with metadata that do not parse. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA 536870917

/* A breach of the WebSocket protocol. */
#define ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED 805306368

/* At least one message can be received, or the descriptor can be read. */
#define ZMQ_POLLIN 1

/* At least one message can be sent, or the descriptor can be written. */
#define ZMQ_POLLOUT 2

/* The descriptor has an error. */
#define ZMQ_POLLERR 4

/* The descriptor has urgent data. */
#define ZMQ_POLLPRI 8

/* A usual number of poll items. */
#define ZMQ_POLLITEMS_DFLT 16

/* zmq_has exists. */
#define ZMQ_HAS_CAPABILITIES 1

/* Deprecated kind of device. */
#define ZMQ_STREAMER 1

/* Deprecated kind of device. */
#define ZMQ_FORWARDER 2

/* Deprecated kind of device. */
#define ZMQ_QUEUE 3

/* One thing to watch with `zmq_poll`: a socket, or a descriptor when `socket` is null. */
typedef struct zmq_pollitem_t {
    void *socket;
    zmq_fd_t fd;
    short events;
    short revents;
} zmq_pollitem_t;

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread's errno. */
ZMQ_EXPORT int zmq_errno(void);

/* The text for an error number; never null. */
ZMQ_EXPORT const char *zmq_strerror(int errnum_);

/* Writes the version of the interface to each pointer that is not null. */
ZMQ_EXPORT void zmq_version(int *major_, int *minor_, int *patch_);

/* A new context; null on failure. */
ZMQ_EXPORT void *zmq_ctx_new(void);

/* Ends a context: waits until its sockets are closed and have sent what they may. */
ZMQ_EXPORT int zmq_ctx_term(void *context_);

/* Makes every blocking call on the context's sockets fail with ETERM; does not wait. */
ZMQ_EXPORT int zmq_ctx_shutdown(void *context_);

/* Sets an option of a context. */
ZMQ_EXPORT int zmq_ctx_set(void *context_, int option_, int optval_);

/* The value of an option of a context, or -1. */
ZMQ_EXPORT int zmq_ctx_get(void *context_, int option_);

/* Deprecated: a new context with this number of I/O threads. */
ZMQ_EXPORT void *zmq_init(int io_threads_);

/* Deprecated name of zmq_ctx_term. */
ZMQ_EXPORT int zmq_term(void *context_);

/* Deprecated name of zmq_ctx_term. */
ZMQ_EXPORT int zmq_ctx_destroy(void *context_);

/* Makes an empty message. */
ZMQ_EXPORT int zmq_msg_init(zmq_msg_t *msg_);

/* Makes a message of this size; its content is not initialised. */
ZMQ_EXPORT int zmq_msg_init_size(zmq_msg_t *msg_, size_t size_);

/* Makes a message of the caller's buffer; ffn_ frees it after the last use, on any thread. */
ZMQ_EXPORT
int zmq_msg_init_data(zmq_msg_t *msg_,
                      void *data_,
                      size_t size_,
                      zmq_free_fn* ffn_,
                      void *hint_);

/* Sends a message and leaves it empty; the number of bytes sent, or -1. */
ZMQ_EXPORT int zmq_msg_send(zmq_msg_t *msg_, void *s_, int flags_);

/* Receives a message in place of the old content; the number of bytes received, or -1. */
ZMQ_EXPORT int zmq_msg_recv(zmq_msg_t *msg_, void *s_, int flags_);

/* Gives up a message and its content. */
ZMQ_EXPORT int zmq_msg_close(zmq_msg_t *msg_);

/* Moves the content of src_ to dest_ and leaves src_ empty. */
ZMQ_EXPORT int zmq_msg_move(zmq_msg_t *dest_, zmq_msg_t *src_);

/* Makes dest_ share the content of src_. */
ZMQ_EXPORT int zmq_msg_copy(zmq_msg_t *dest_, zmq_msg_t *src_);

/* The content of a message. */
ZMQ_EXPORT void *zmq_msg_data(zmq_msg_t *msg_);

/* The size of a message in bytes. */
ZMQ_EXPORT size_t zmq_msg_size(const zmq_msg_t *msg_);

/* Whether another frame of the same message follows. */
ZMQ_EXPORT int zmq_msg_more(const zmq_msg_t *msg_);

/* A property of a message, or -1. */
ZMQ_EXPORT int zmq_msg_get(const zmq_msg_t *msg_, int property_);

/* Sets a property of a message; there is none that can be set. */
ZMQ_EXPORT int zmq_msg_set(zmq_msg_t *msg_, int property_, int optval_);

/* A metadata property of a message, valid as long as the message; null if it has none. */
ZMQ_EXPORT const char *zmq_msg_gets(const zmq_msg_t *msg_, const char *property_);

/* A new socket in a context; null on failure. */
ZMQ_EXPORT void *zmq_socket(void *context_, int type_);

/* Closes a socket; what is unsent is dealt with as ZMQ_LINGER says. */
ZMQ_EXPORT int zmq_close(void *s_);

/* Sets an option of a socket. */
ZMQ_EXPORT
int zmq_setsockopt(void *s_,
                   int option_,
                   const void *optval_,
                   size_t optvallen_);

/* Writes the value of an option to optval_ and its length to optvallen_. */
ZMQ_EXPORT int zmq_getsockopt(void *s_, int option_, void *optval_, size_t *optvallen_);

/* Accepts connections at an endpoint. */
ZMQ_EXPORT int zmq_bind(void *s_, const char *addr_);

/* Connects to an endpoint, in the background where the transport needs time. */
ZMQ_EXPORT int zmq_connect(void *s_, const char *addr_);

/* Undoes a bind. */
ZMQ_EXPORT int zmq_unbind(void *s_, const char *addr_);

/* Undoes a connect. */
ZMQ_EXPORT int zmq_disconnect(void *s_, const char *addr_);

/* Sends a copy of a buffer as one frame; the number of bytes sent, or -1. */
ZMQ_EXPORT int zmq_send(void *s_, const void *buf_, size_t len_, int flags_);

/* Sends a buffer that never changes, without copying it. */
ZMQ_EXPORT int zmq_send_const(void *s_, const void *buf_, size_t len_, int flags_);

/* Receives one frame into a buffer and cuts what does not fit; the size of the frame, or -1. */
ZMQ_EXPORT
int zmq_recv(void *s_,
             void *buf_,
             size_t len_,
             int flags_);

/* Reports events of a socket to an inproc endpoint; a null endpoint ends it. */
ZMQ_EXPORT int zmq_socket_monitor(void *s_, const char *addr_, int events_);

/* Waits up to timeout_ milliseconds for events; the number of items that have some. */
ZMQ_EXPORT int zmq_poll(struct zmq_pollitem_t *items_, int nitems_, long timeout_);

/* Passes messages between two sockets until the context ends; copies go to capture_. */
ZMQ_EXPORT int zmq_proxy(void *frontend_, void *backend_, void *capture_);

/* A proxy that obeys PAUSE, RESUME, TERMINATE and STATISTICS on a control socket. */
ZMQ_EXPORT
int zmq_proxy_steerable(void *frontend_,
                        void *backend_,
                        void *capture_,
                        void *control_);

/* Deprecated name of zmq_proxy, without capture. */
ZMQ_EXPORT int zmq_device(int type_, void *frontend_, void *backend_);

/* Deprecated: zmq_msg_send with the socket first. */
ZMQ_EXPORT int zmq_sendmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* Deprecated: zmq_msg_recv with the socket first. */
ZMQ_EXPORT int zmq_recvmsg(void *s_, zmq_msg_t *msg_, int flags_);

/* Deprecated: sends each buffer as one frame. */
ZMQ_EXPORT int zmq_sendiov(void *s_, struct iovec *iov_, size_t count_, int flags_);

/* Deprecated: receives frames into buffers from malloc; the caller frees them. */
ZMQ_EXPORT int zmq_recviov(void *s_, struct iovec *iov_, size_t *count_, int flags_);

/* 1 if the library has the named capability, else 0. */
ZMQ_EXPORT int zmq_has(const char *capability_);

/* Writes size_ bytes (a multiple of 4) as Z85 text and a NUL to dest_, and answers dest_; null on failure. */
ZMQ_EXPORT
char *zmq_z85_encode(char *dest_,
                     const uint8_t *data_,
                     size_t size_);

/* Writes what the Z85 text stands for to dest_, and answers dest_; null on failure. */
ZMQ_EXPORT uint8_t *zmq_z85_decode(uint8_t *dest_, const char *string_);

/* Makes a CURVE key pair in Z85 text. */
ZMQ_EXPORT int zmq_curve_keypair(char *z85_public_key_, char *z85_secret_key_);

/* Derives the public key of a CURVE secret key; -1 with EINVAL for a text of another length than */
ZMQ_EXPORT
int zmq_curve_public(char *z85_public_key_,
                     const char *z85_secret_key_);

/* A new atomic counter of value 0. */
ZMQ_EXPORT void *zmq_atomic_counter_new(void);

/* Sets the counter. */
ZMQ_EXPORT void zmq_atomic_counter_set(void *counter_, int value_);

/* Adds 1 and answers the value before; -1 for a bad handle. */
ZMQ_EXPORT int zmq_atomic_counter_inc(void *counter_);

/* Subtracts 1 and answers 0 if that made it 0, else 1; -1 for a bad handle. */
ZMQ_EXPORT int zmq_atomic_counter_dec(void *counter_);

/* The value of the counter; -1 for a bad handle. */
ZMQ_EXPORT int zmq_atomic_counter_value(void *counter_);

/* Frees the counter and sets the pointer to null. */
ZMQ_EXPORT void zmq_atomic_counter_destroy(void **counter_p_);

/* Starts a stop watch. */
ZMQ_EXPORT void *zmq_stopwatch_start(void);

/* Microseconds since the start of the watch, which keeps running; 0 for a bad handle. */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate(void *watch_);

/* Microseconds since the start of the watch, which is freed; 0 for a bad handle. */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop(void *watch_);

/* Sleeps for whole seconds, or until a signal was handled. */
ZMQ_EXPORT void zmq_sleep(int seconds_);

/* Starts a thread that runs func_(arg_) with all signals blocked; null on failure. */
ZMQ_EXPORT void *zmq_threadstart(zmq_thread_fn* func_, void *arg_);

/* Waits for the end of a thread and frees the handle. */
ZMQ_EXPORT void zmq_threadclose(void *thread_);

/* A new, empty set of timers. */
ZMQ_EXPORT void *zmq_timers_new(void);

/* Frees a set of timers and sets the pointer to null. */
ZMQ_EXPORT int zmq_timers_destroy(void **timers_p);

/* Adds a timer that calls handler(id, arg) every interval milliseconds, and answers its id. */
ZMQ_EXPORT
int zmq_timers_add(void *timers,
                   size_t interval,
                   zmq_timer_fn* handler,
                   void *arg);

/* Cancels a timer. */
ZMQ_EXPORT int zmq_timers_cancel(void *timers, int timer_id);

/* Changes the interval of a timer and starts it again. */
ZMQ_EXPORT int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);

/* Starts a timer again. */
ZMQ_EXPORT int zmq_timers_reset(void *timers, int timer_id);

/* Milliseconds until the next timer is due, 0 if one is overdue, -1 if there is none. */
ZMQ_EXPORT long zmq_timers_timeout(void *timers);

/* Calls the handlers of all timers that are due, in order of expiry, each once. */
ZMQ_EXPORT int zmq_timers_execute(void *timers);

#ifdef __cplusplus
}  // extern "C"
#endif

/*
 * Draft interface: may change in any release. The functions are exported only by a library for
 * which zmq_has ("draft") is 1.
 */
#ifdef ZMQ_BUILD_DRAFT_API

#if !defined _WIN32
/* sigset_t, also where the compiler keeps strictly to ISO C. */
#include <sys/select.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Socket types. */
#define ZMQ_SERVER 12
#define ZMQ_CLIENT 13
#define ZMQ_RADIO 14
#define ZMQ_DISH 15
#define ZMQ_GATHER 16
#define ZMQ_SCATTER 17
#define ZMQ_DGRAM 18
#define ZMQ_PEER 19
#define ZMQ_CHANNEL 20

/* Socket options. */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#define ZMQ_LOOPBACK_FASTPATH 94
#define ZMQ_METADATA 95
#define ZMQ_MULTICAST_LOOP 96
#define ZMQ_ROUTER_NOTIFY 97
#define ZMQ_XPUB_MANUAL_LAST_VALUE 98
#define ZMQ_SOCKS_USERNAME 99
#define ZMQ_SOCKS_PASSWORD 100
#define ZMQ_IN_BATCH_SIZE 101
#define ZMQ_OUT_BATCH_SIZE 102
#define ZMQ_WSS_KEY_PEM 103
#define ZMQ_WSS_CERT_PEM 104
#define ZMQ_WSS_TRUST_PEM 105
#define ZMQ_WSS_HOSTNAME 106
#define ZMQ_WSS_TRUST_SYSTEM 107
#define ZMQ_ONLY_FIRST_SUBSCRIBE 108
#define ZMQ_RECONNECT_STOP 109
#define ZMQ_HELLO_MSG 110
#define ZMQ_DISCONNECT_MSG 111
#define ZMQ_PRIORITY 112
#define ZMQ_BUSY_POLL 113
#define ZMQ_HICCUP_MSG 114
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115
#define ZMQ_TOPICS_COUNT 116
#define ZMQ_NORM_MODE 117
#define ZMQ_NORM_UNICAST_NACK 118
#define ZMQ_NORM_BUFFER_SIZE 119
#define ZMQ_NORM_SEGMENT_SIZE 120
#define ZMQ_NORM_BLOCK_SIZE 121
#define ZMQ_NORM_NUM_PARITY 122
#define ZMQ_NORM_NUM_AUTOPARITY 123
#define ZMQ_NORM_PUSH 124

/* Values of ZMQ_NORM_MODE. */
#define ZMQ_NORM_FIXED 0
#define ZMQ_NORM_CC 1
#define ZMQ_NORM_CCL 2
#define ZMQ_NORM_CCE 3
#define ZMQ_NORM_CCE_ECNONLY 4

/* Bits of ZMQ_RECONNECT_STOP. */
#define ZMQ_RECONNECT_STOP_CONN_REFUSED 0x1
#define ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED 0x2
#define ZMQ_RECONNECT_STOP_AFTER_DISCONNECT 0x4

/* Bits of ZMQ_ROUTER_NOTIFY. */
#define ZMQ_NOTIFY_CONNECT 1
#define ZMQ_NOTIFY_DISCONNECT 2

/* Context options. */
#define ZMQ_ZERO_COPY_RECV 10
ZMQ_EXPORT int
zmq_ctx_set_ext (void *context_, int option_, const void *optval_, size_t optvallen_);
ZMQ_EXPORT int
zmq_ctx_get_ext (void *context_, int option_, void *optval_, size_t *optvallen_);

/* Groups of RADIO and DISH; peers of PEER, SERVER and ROUTER. */
ZMQ_EXPORT int zmq_join (void *s, const char *group);
ZMQ_EXPORT int zmq_leave (void *s, const char *group);
ZMQ_EXPORT uint32_t zmq_connect_peer (void *s_, const char *addr_);
ZMQ_EXPORT int zmq_disconnect_peer (void *s_, uint32_t routing_id_);
ZMQ_EXPORT int
zmq_socket_get_peer_state (void *socket, const void *routing_id, size_t routing_id_size);

/* Messages, and the names of their metadata for zmq_msg_gets. */
ZMQ_EXPORT int zmq_msg_set_routing_id (zmq_msg_t *msg, uint32_t routing_id);
ZMQ_EXPORT uint32_t zmq_msg_routing_id (zmq_msg_t *msg);
ZMQ_EXPORT int zmq_msg_set_group (zmq_msg_t *msg, const char *group);
ZMQ_EXPORT const char *zmq_msg_group (zmq_msg_t *msg);
ZMQ_EXPORT int zmq_msg_init_buffer (zmq_msg_t *msg_, const void *buf_, size_t size_);
#define ZMQ_MSG_PROPERTY_ROUTING_ID "Routing-Id"
#define ZMQ_MSG_PROPERTY_SOCKET_TYPE "Socket-Type"
#define ZMQ_MSG_PROPERTY_USER_ID "User-Id"
#define ZMQ_MSG_PROPERTY_PEER_ADDRESS "Peer-Address"

/* Pollers: wait for sockets, descriptors and thread-safe sockets together. */
#define ZMQ_HAVE_POLLER
typedef struct zmq_poller_event_t
{
    void *socket;
    zmq_fd_t fd;
    void *user_data;
    short events;
} zmq_poller_event_t;

ZMQ_EXPORT void *zmq_poller_new (void);
ZMQ_EXPORT int zmq_poller_destroy (void **poller_p);
ZMQ_EXPORT int zmq_poller_size (void *poller);
ZMQ_EXPORT int zmq_poller_add (void *poller, void *socket, void *user_data, short events);
ZMQ_EXPORT int zmq_poller_modify (void *poller, void *socket, short events);
ZMQ_EXPORT int zmq_poller_remove (void *poller, void *socket);
ZMQ_EXPORT int zmq_poller_add_fd (void *poller, zmq_fd_t fd, void *user_data, short events);
ZMQ_EXPORT int zmq_poller_modify_fd (void *poller, zmq_fd_t fd, short events);
ZMQ_EXPORT int zmq_poller_remove_fd (void *poller, zmq_fd_t fd);
ZMQ_EXPORT int zmq_poller_wait (void *poller, zmq_poller_event_t *event, long timeout);
ZMQ_EXPORT int
zmq_poller_wait_all (void *poller, zmq_poller_event_t *events, int n_events, long timeout);
ZMQ_EXPORT int zmq_poller_fd (void *poller, zmq_fd_t *fd);

/* Socket monitors of version 2. */
#define ZMQ_EVENT_PIPES_STATS 0x10000
#define ZMQ_CURRENT_EVENT_VERSION 1
#define ZMQ_CURRENT_EVENT_VERSION_DRAFT 2
#define ZMQ_EVENT_ALL_V1 ZMQ_EVENT_ALL
#define ZMQ_EVENT_ALL_V2 (ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS)
ZMQ_EXPORT int zmq_socket_monitor_versioned (
  void *s_, const char *addr_, uint64_t events_, int event_version_, int type_);
ZMQ_EXPORT int zmq_socket_monitor_pipes_stats (void *s);

/* zmq_poll with a signal mask. */
#if defined _WIN32
ZMQ_EXPORT int
zmq_ppoll (zmq_pollitem_t *items_, int nitems_, long timeout_, const void *sigmask_);
#else
ZMQ_EXPORT int
zmq_ppoll (zmq_pollitem_t *items_, int nitems_, long timeout_, const sigset_t *sigmask_);
#endif

#ifdef __cplusplus
}
#endif

#endif /* ZMQ_BUILD_DRAFT_API */

#undef ZMQ_EXPORT

#endif /* __ZMQ_H_INCLUDED__ */
