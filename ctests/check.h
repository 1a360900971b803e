/*
 * Helpers shared by the C test programs. Everything is static and in this one
 * header, so that a program is one .c file and `cc prog.c -lzmq` builds it.
 *
 * A program talks to its runner in two ways: a failed CHECK ends it with
 * status 1 and a line on stderr; what it prints on stdout (SAY, SHOW, ...) is
 * compared, byte for byte, with what it prints on the original library. So
 * only deterministic text may go to stdout: no port numbers, no pointers, no
 * times.
 */
#ifndef ZINCMQ_CHECK_H
#define ZINCMQ_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

/* Longest wait for something that must happen, in ms: a loaded machine is slow. */
#define LONG_WAIT 30000
/* Wait for something that must NOT happen, in ms. */
#define SHORT_WAIT 150
/* Room for any endpoint text. */
#define EP_MAX 256

/* ------------------------------------------------------------- reporting */

static const char *
err_name (int e)
{
    static __thread char other[32];
    if (e == EFSM)
        return "EFSM";
    if (e == ENOCOMPATPROTO)
        return "ENOCOMPATPROTO";
    if (e == ETERM)
        return "ETERM";
    if (e == EMTHREAD)
        return "EMTHREAD";
    const char *name = e == 0 ? "0" : strerrorname_np (e);
    if (name)
        return name;
    snprintf (other, sizeof other, "errno %d", e);
    return other;
}

/* Ends the program as failed. */
#define FAIL(...)                                                              \
    do {                                                                       \
        fflush (stdout);                                                       \
        fprintf (stderr, "%s:%d: ", __FILE__, __LINE__);                       \
        fprintf (stderr, __VA_ARGS__);                                         \
        fputc ('\n', stderr);                                                  \
        _exit (1);                                                             \
    } while (0)

#define CHECK(cond)                                                            \
    do {                                                                       \
        if (!(cond)) {                                                         \
            int e_ = errno;                                                    \
            FAIL ("CHECK(%s) failed, errno is %s", #cond, err_name (e_));      \
        }                                                                      \
    } while (0)

#define CHECK_EQ(got, want)                                                    \
    do {                                                                       \
        errno = 0;                                                             \
        long long g_ = (long long) (got), w_ = (long long) (want);             \
        if (g_ != w_)                                                          \
            FAIL ("%s is %lld, expected %lld (%s), errno is %s", #got, g_, w_, \
                  #want, err_name (errno));                                    \
    } while (0)

/* The call succeeds: it returns anything but -1. */
#define OK(call)                                                               \
    do {                                                                       \
        if ((call) == -1)                                                      \
            FAIL ("%s failed: %s", #call, err_name (errno));                   \
    } while (0)

/* The call returns -1 (or NULL for CHECK_NULL_ERRNO) and sets that errno. */
#define CHECK_ERRNO(call, want)                                                \
    do {                                                                       \
        errno = 0;                                                             \
        long long r_ = (long long) (call);                                     \
        int e_ = errno;                                                        \
        if (r_ != -1)                                                          \
            FAIL ("%s returned %lld, expected -1 and %s", #call, r_, #want);   \
        if (e_ != (want))                                                      \
            FAIL ("%s set %s, expected %s", #call, err_name (e_), #want);      \
    } while (0)

#define CHECK_NULL_ERRNO(call, want)                                           \
    do {                                                                       \
        errno = 0;                                                             \
        const void *r_ = (call);                                               \
        int e_ = errno;                                                        \
        if (r_ != NULL)                                                        \
            FAIL ("%s returned a pointer, expected NULL and %s", #call,        \
                  #want);                                                      \
        if (e_ != (want))                                                      \
            FAIL ("%s set %s, expected %s", #call, err_name (e_), #want);      \
    } while (0)

#define CHECK_STR(got, want)                                                   \
    do {                                                                       \
        const char *g_ = (got), *w_ = (want);                                  \
        if (!g_ || strcmp (g_, w_) != 0)                                       \
            FAIL ("%s is \"%s\", expected \"%s\"", #got, g_ ? g_ : "(null)",   \
                  w_);                                                         \
    } while (0)

#define SAY(...)                                                               \
    do {                                                                       \
        printf (__VA_ARGS__);                                                  \
        putchar ('\n');                                                        \
    } while (0)

/* Prints the text of the call and its result: a value, or the errno name. */
#define SHOW(call)                                                             \
    do {                                                                       \
        errno = 0;                                                             \
        long long r_ = (long long) (call);                                     \
        int e_ = errno;                                                        \
        show_result (#call, r_, e_);                                           \
    } while (0)

/* As SHOW, with a text of the program's own, when the call has an endpoint in it. */
#define SHOW_AS(label, call)                                                   \
    do {                                                                       \
        errno = 0;                                                             \
        long long r_ = (long long) (call);                                     \
        int e_ = errno;                                                        \
        show_result (label, r_, e_);                                           \
    } while (0)

static void
show_result (const char *what, long long result, int error)
{
    if (result == -1)
        SAY ("%s -> -1 %s", what, err_name (error));
    else
        SAY ("%s -> %lld", what, result);
}

/* Prints bytes: printable text as it is, the rest as \xx. */
static void
say_bytes (const char *label, const void *data, size_t size)
{
    const unsigned char *p = data;
    printf ("%s [%zu] ", label, size);
    for (size_t i = 0; i < size && i < 200; i++)
        if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\')
            putchar (p[i]);
        else
            printf ("\\%02x", p[i]);
    puts (size > 200 ? " ..." : "");
}

/* Line by line, so that a killed program has shown how far it came. */
__attribute__ ((constructor)) static void
line_buffered_ (void)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
}

/* ---------------------------------------------------------------- time */

static int64_t
now_ms (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
pause_ms (int ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    while (nanosleep (&t, &t) == -1 && errno == EINTR)
        ;
}

/* Tries the condition every 5 ms until it is true; fails after LONG_WAIT. */
#define AWAIT(cond)                                                            \
    do {                                                                       \
        int64_t end_ = now_ms () + LONG_WAIT;                                  \
        while (!(cond)) {                                                      \
            if (now_ms () > end_)                                              \
                FAIL ("waited in vain for %s", #cond);                         \
            pause_ms (5);                                                      \
        }                                                                      \
    } while (0)

/* -------------------------------------------------------------- memory */

/* Starts the program anew, so that all its memory is in one place and no thread keeps a store of its own:
   then used_memory counts what is in use. The first thing that main does. */
static void
count_memory (char **argv)
{
    if (!getenv ("GLIBC_TUNABLES")) {
        OK (setenv ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1));
        OK (execv ("/proc/self/exe", argv));
    }
    CHECK (mallopt (M_ARENA_MAX, 1) == 1);
}

/* Bytes of the heap that are in use. */
static long
used_memory (void)
{
    struct mallinfo2 m = mallinfo2 ();
    return (long) (m.uordblks + m.hblkhd);
}

/* ------------------------------------------------- contexts and sockets */

static int
set_int (void *s, int option, int value)
{
    return zmq_setsockopt (s, option, &value, sizeof value);
}

static int
set_str (void *s, int option, const char *value)
{
    return zmq_setsockopt (s, option, value, strlen (value));
}

static int
get_int (void *s, int option)
{
    int value = -12345;
    size_t size = sizeof value;
    OK (zmq_getsockopt (s, option, &value, &size));
    CHECK_EQ (size, sizeof value);
    return value;
}

static int
rcvmore (void *s)
{
    return get_int (s, ZMQ_RCVMORE);
}

static void *
new_ctx (void)
{
    void *ctx = zmq_ctx_new ();
    CHECK (ctx != NULL);
    return ctx;
}

/* A socket whose blocking calls give up after LONG_WAIT, so nothing hangs. */
static void *
new_sock (void *ctx, int type)
{
    void *s = zmq_socket (ctx, type);
    CHECK (s != NULL);
    OK (set_int (s, ZMQ_RCVTIMEO, LONG_WAIT));
    OK (set_int (s, ZMQ_SNDTIMEO, LONG_WAIT));
    return s;
}

/* Closes at once, dropping what was not sent. */
static void
close0 (void *s)
{
    set_int (s, ZMQ_LINGER, 0);
    OK (zmq_close (s));
}

static void
term (void *ctx)
{
    int rc;
    do
        rc = zmq_ctx_term (ctx);
    while (rc == -1 && errno == EINTR);
    CHECK_EQ (rc, 0);
}

static void
last_endpoint (void *s, char ep[EP_MAX])
{
    size_t size = EP_MAX;
    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, ep, &size));
    CHECK_EQ (size, strlen (ep) + 1);
}

/* Binds to a wildcard endpoint and gives the real one. A star as inproc
   name is a fresh name here: the name of a closed socket is free only a little later. */
static void
bind_to (void *s, const char *wildcard, char ep[EP_MAX])
{
    static int counter;
    if (strcmp (wildcard, "inproc://*") == 0) {
        snprintf (ep, EP_MAX, "inproc://fresh-%d", ++counter);
        wildcard = ep;
    }
    OK (zmq_bind (s, wildcard));
    last_endpoint (s, ep);
}

static void
bind_tcp (void *s, char ep[EP_MAX])
{
    bind_to (s, "tcp://127.0.0.1:*", ep);
}

/* A private directory, removed with what is in it by remove_dir. */
static void
make_dir (char dir[EP_MAX])
{
    const char *base = getenv ("TMPDIR");
    snprintf (dir, EP_MAX, "%s/zctXXXXXX", base && *base ? base : "/tmp");
    CHECK (mkdtemp (dir) != NULL);
}

static void
remove_dir (const char *dir)
{
    char command[EP_MAX + 16];
    snprintf (command, sizeof command, "rm -rf '%s'", dir);
    CHECK_EQ (system (command), 0);
}

/* A bound and a connected socket on tcp. */
static void
pair_up (void *ctx, int bind_type, int connect_type, void **b, void **c)
{
    char ep[EP_MAX];
    *b = new_sock (ctx, bind_type);
    *c = new_sock (ctx, connect_type);
    bind_tcp (*b, ep);
    OK (zmq_connect (*c, ep));
}

/* --------------------------------------------------- sending, receiving */

#define send_str(s, text, flags)                                               \
    CHECK_EQ (zmq_send (s, text, strlen (text), flags), strlen (text))

/* All arguments as the frames of one message; the list ends with NULL. */
#define send_parts(s, ...)                                                     \
    send_parts_ (__FILE__, __LINE__, s, (const char *[]){__VA_ARGS__, NULL})

static void
send_parts_ (const char *file, int line, void *s, const char **parts)
{
    for (; *parts; parts++) {
        int flags = parts[1] ? ZMQ_SNDMORE : 0;
        if (zmq_send (s, *parts, strlen (*parts), flags) == -1) {
            fprintf (stderr, "%s:%d: ", file, line);
            FAIL ("cannot send \"%s\": %s", *parts, err_name (errno));
        }
    }
}

/* The next message has exactly these frames. */
#define expect(s, ...)                                                         \
    expect_ (__FILE__, __LINE__, s, (const char *[]){__VA_ARGS__, NULL})

static void
expect_ (const char *file, int line, void *s, const char **parts)
{
    for (; *parts; parts++) {
        zmq_msg_t m;
        zmq_msg_init (&m);
        int rc = zmq_msg_recv (&m, s, 0);
        if (rc == -1) {
            fprintf (stderr, "%s:%d: ", file, line);
            FAIL ("expected \"%s\", got %s", *parts, err_name (errno));
        }
        if ((size_t) rc != strlen (*parts)
            || memcmp (zmq_msg_data (&m), *parts, (size_t) rc) != 0) {
            fprintf (stderr, "%s:%d: ", file, line);
            FAIL ("expected \"%s\", got %d bytes: \"%.*s\"", *parts, rc, rc,
                  (char *) zmq_msg_data (&m));
        }
        if (zmq_msg_more (&m) != (parts[1] != NULL)) {
            fprintf (stderr, "%s:%d: ", file, line);
            FAIL ("MORE is %d after \"%s\"", zmq_msg_more (&m), *parts);
        }
        zmq_msg_close (&m);
    }
}

/* Receives one whole message and prints its frames. */
static void
say_message (const char *label, void *s)
{
    int more = 1;
    printf ("%s:", label);
    while (more) {
        char buf[256];
        int rc = zmq_recv (s, buf, sizeof buf, 0);
        if (rc == -1) {
            SAY (" %s", err_name (errno));
            return;
        }
        more = rcvmore (s);
        putchar (' ');
        putchar ('<');
        for (int i = 0; i < rc && i < (int) sizeof buf; i++)
            if (buf[i] >= 0x20 && buf[i] < 0x7f)
                putchar (buf[i]);
            else
                printf ("\\%02x", (unsigned char) buf[i]);
        putchar ('>');
    }
    putchar ('\n');
}

static int
events (void *s)
{
    return get_int (s, ZMQ_EVENTS);
}

/* zmq_poll of one socket; returns the revents. */
static int
wait_for (void *s, int what, int timeout)
{
    zmq_pollitem_t item = {s, 0, (short) what, 0};
    int rc = zmq_poll (&item, 1, timeout);
    CHECK (rc >= 0);
    return item.revents;
}

/* Nothing to receive for a while. */
#define quiet(s) CHECK_EQ (wait_for (s, ZMQ_POLLIN, SHORT_WAIT), 0)

/* Sends until the socket would block; returns how many were taken. */
static int
fill (void *s, const char *text, int limit)
{
    int n = 0;
    while (n < limit && zmq_send (s, text, strlen (text), ZMQ_DONTWAIT) != -1)
        n++;
    CHECK (n == limit || errno == EAGAIN);
    return n;
}

/* Receives until nothing came for a while; returns how many messages. */
static int
drain (void *s, int wait)
{
    int n = 0;
    while (wait_for (s, ZMQ_POLLIN, wait)) {
        char buf[16];
        OK (zmq_recv (s, buf, sizeof buf, 0));
        if (!rcvmore (s))
            n++;
    }
    return n;
}

/* Receives exactly n messages. */
static void
take (void *s, int n)
{
    char buf[16];
    for (int i = 0; i < n; i++)
        do
            OK (zmq_recv (s, buf, sizeof buf, 0));
        while (rcvmore (s));
}

/* ------------------------------------------------------------- monitors */

typedef struct
{
    int event;
    int value;
    char address[EP_MAX];
} mon_event;

static const char *
event_name (int event)
{
    switch (event) {
        case ZMQ_EVENT_CONNECTED: return "CONNECTED";
        case ZMQ_EVENT_CONNECT_DELAYED: return "CONNECT_DELAYED";
        case ZMQ_EVENT_CONNECT_RETRIED: return "CONNECT_RETRIED";
        case ZMQ_EVENT_LISTENING: return "LISTENING";
        case ZMQ_EVENT_BIND_FAILED: return "BIND_FAILED";
        case ZMQ_EVENT_ACCEPTED: return "ACCEPTED";
        case ZMQ_EVENT_ACCEPT_FAILED: return "ACCEPT_FAILED";
        case ZMQ_EVENT_CLOSED: return "CLOSED";
        case ZMQ_EVENT_CLOSE_FAILED: return "CLOSE_FAILED";
        case ZMQ_EVENT_DISCONNECTED: return "DISCONNECTED";
        case ZMQ_EVENT_MONITOR_STOPPED: return "MONITOR_STOPPED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return "HANDSHAKE_FAILED_NO_DETAIL";
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return "HANDSHAKE_SUCCEEDED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return "HANDSHAKE_FAILED_PROTOCOL";
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return "HANDSHAKE_FAILED_AUTH";
        default: return "unknown event";
    }
}

/* Starts a monitor on s and gives the connected PAIR that reads it. */
static void *
mon_open (void *ctx, void *s, int mask)
{
    static int counter;
    char ep[EP_MAX];
    snprintf (ep, sizeof ep, "inproc://monitor-%d",
              __atomic_add_fetch (&counter, 1, __ATOMIC_SEQ_CST));
    OK (zmq_socket_monitor (s, ep, mask));
    void *m = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_connect (m, ep));
    return m;
}

/* Ends the monitor of a socket that is still open. (Events for a monitor that
   nobody reads block the thread that raises them, for ever on the original;
   so never close the reader first.) */
static void
mon_close (void *s, void *m)
{
    OK (zmq_socket_monitor (s, NULL, 0));
    close0 (m);
}

/* The protocol errors that monitors of this program have told, each once. */
static int faults_[64], n_faults_;

static void
note_fault_ (int value)
{
    for (int i = 0; i < n_faults_; i++)
        if (faults_[i] == value)
            return;
    CHECK (n_faults_ < 64);
    faults_[n_faults_++] = value;
}

static int
was_told_ (int value)
{
    for (int i = 0; i < n_faults_; i++)
        if (faults_[i] == value)
            return 1;
    return 0;
}

/* A program that prints values says at its end which ones it has met. */
#define CHECK_TOLD(fault) CHECK (was_told_ (fault))

/* Next event, or event -1 after `timeout` ms. */
static mon_event
mon_next (void *m, int timeout)
{
    mon_event e = {-1, 0, ""};
    if (!wait_for (m, ZMQ_POLLIN, timeout))
        return e;
    unsigned char head[16];
    CHECK_EQ (zmq_recv (m, head, sizeof head, 0), 6);
    CHECK (rcvmore (m));
    uint16_t event;
    int32_t value;
    memcpy (&event, head, 2);
    memcpy (&value, head + 2, 4);
    e.event = event;
    e.value = value;
    int n = zmq_recv (m, e.address, sizeof e.address - 1, 0);
    CHECK (n >= 0 && n < (int) sizeof e.address);
    e.address[n] = 0;
    CHECK (!rcvmore (m));
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        note_fault_ (value);
    return e;
}

#define mon_expect(m, want) mon_expect_ (__FILE__, __LINE__, m, want)

static mon_event
mon_expect_ (const char *file, int line, void *m, int want)
{
    mon_event e = mon_next (m, LONG_WAIT);
    if (e.event != want) {
        fprintf (stderr, "%s:%d: ", file, line);
        FAIL ("expected event %s, got %s", event_name (want),
              e.event == -1 ? "nothing" : event_name (e.event));
    }
    return e;
}

/* Skips events until the wanted one. */
static mon_event
mon_until (void *m, int want)
{
    for (;;) {
        mon_event e = mon_next (m, LONG_WAIT);
        if (e.event == want)
            return e;
        if (e.event == -1)
            FAIL ("waited in vain for event %s", event_name (want));
    }
}

/* ----------------------------------------------------------- raw sockets */

static int
port_of (const char *ep)
{
    const char *colon = strrchr (ep, ':');
    CHECK (colon != NULL);
    return atoi (colon + 1);
}

static int
raw_connect (const char *ep)
{
    struct sockaddr_in a = {0};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    a.sin_port = htons ((uint16_t) port_of (ep));
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (fd);
    OK (connect (fd, (struct sockaddr *) &a, sizeof a));
    int one = 1;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* A listening socket on a free port, and its endpoint. */
static int
raw_listen (char ep[EP_MAX])
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (fd);
    OK (bind (fd, (struct sockaddr *) &a, sizeof a));
    OK (listen (fd, 16));
    OK (getsockname (fd, (struct sockaddr *) &a, &size));
    snprintf (ep, EP_MAX, "tcp://127.0.0.1:%d", ntohs (a.sin_port));
    return fd;
}

/* A port for a group that nobody else is in. */
static int
free_udp_port (void)
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    a.sin_family = AF_INET;
    int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    OK (fd);
    OK (bind (fd, (struct sockaddr *) &a, sizeof a));
    OK (getsockname (fd, (struct sockaddr *) &a, &size));
    OK (close (fd));
    return ntohs (a.sin_port);
}

/* Waits for the fd; 1 when ready. */
static int
raw_wait (int fd, int what, int timeout)
{
    struct pollfd p = {fd, (short) what, 0};
    int64_t end = now_ms () + timeout;
    for (;;) {
        int64_t left = end - now_ms ();
        int rc = poll (&p, 1, left > 0 ? (int) left : 0);
        if (rc == -1 && errno == EINTR)
            continue;
        OK (rc);
        return rc;
    }
}

static int
raw_accept (int listener)
{
    CHECK (raw_wait (listener, POLLIN, LONG_WAIT));
    int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    OK (fd);
    int one = 1;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void
raw_send (int fd, const void *data, size_t size)
{
    const char *p = data;
    while (size) {
        ssize_t n = send (fd, p, size, MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR)
            continue;
        OK (n);
        p += n;
        size -= (size_t) n;
    }
}

/* Up to `size` bytes; fewer only when the peer closed or `timeout` passed. */
static size_t
raw_recv (int fd, void *data, size_t size, int timeout)
{
    size_t got = 0;
    int64_t end = now_ms () + timeout;
    while (got < size) {
        int64_t left = end - now_ms ();
        if (!raw_wait (fd, POLLIN, left > 0 ? (int) left : 0))
            break;
        ssize_t n = recv (fd, (char *) data + got, size - got, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t) n;
    }
    return got;
}

#define raw_expect(fd, bytes, size)                                            \
    do {                                                                       \
        unsigned char got_[size];                                              \
        size_t n_ = raw_recv (fd, got_, size, LONG_WAIT);                      \
        if (n_ != (size) || memcmp (got_, bytes, size) != 0) {                 \
            say_bytes ("got", got_, n_);                                       \
            FAIL ("the peer did not send the %zu bytes %s", (size_t) (size),   \
                  #bytes);                                                     \
        }                                                                      \
    } while (0)

/* Reads on until the peer has closed; 0 when it has not in time. */
static int
raw_closed (int fd, int timeout)
{
    char buf[4096];
    int64_t end = now_ms () + timeout;
    for (;;) {
        int64_t left = end - now_ms ();
        if (!raw_wait (fd, POLLIN, left > 0 ? (int) left : 0))
            return 0;
        ssize_t n = recv (fd, buf, sizeof buf, 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            return 1;
    }
}

/* --------------------------------------------------------- ZMTP by hand */

#define Z_MORE 1
#define Z_LARGE 2
#define Z_COMMAND 4

/* A 64-byte greeting with the NULL mechanism. */
static void
z_greeting (unsigned char g[64], int major, int minor)
{
    memset (g, 0, 64);
    g[0] = 0xff;
    g[8] = 1;
    g[9] = 0x7f;
    g[10] = (unsigned char) major;
    g[11] = (unsigned char) minor;
    memcpy (g + 12, "NULL", 4);
}

/* One v2 frame into out; returns its size. */
static size_t
z_frame_bytes (unsigned char *out, int flags, const void *body, size_t size)
{
    size_t n = 0;
    if (size > 255) {
        out[n++] = (unsigned char) (flags | Z_LARGE);
        for (int shift = 56; shift >= 0; shift -= 8)
            out[n++] = (unsigned char) ((uint64_t) size >> shift);
    } else {
        out[n++] = (unsigned char) flags;
        out[n++] = (unsigned char) size;
    }
    if (size)
        memcpy (out + n, body, size);
    return n + size;
}

static void
z_send (int fd, int flags, const void *body, size_t size)
{
    unsigned char *out = malloc (size + 9);
    CHECK (out != NULL);
    raw_send (fd, out, z_frame_bytes (out, flags, body, size));
    free (out);
}

#define z_send_str(fd, flags, text) z_send (fd, flags, text, strlen (text))

static size_t
z_property (unsigned char *out, const char *name, const void *value, size_t size)
{
    size_t n = 0;
    out[n++] = (unsigned char) strlen (name);
    memcpy (out + n, name, strlen (name));
    n += strlen (name);
    for (int shift = 24; shift >= 0; shift -= 8)
        out[n++] = (unsigned char) (size >> shift);
    if (size)
        memcpy (out + n, value, size);
    return n + size;
}

/* The body of a READY; id NULL leaves Identity out. */
static size_t
z_ready_body (unsigned char *out, const char *type, const char *id)
{
    size_t n = 6;
    memcpy (out, "\5READY", 6);
    n += z_property (out + n, "Socket-Type", type, strlen (type));
    if (id)
        n += z_property (out + n, "Identity", id, strlen (id));
    return n;
}

static void
z_send_ready (int fd, const char *type, const char *id)
{
    unsigned char body[1024];
    z_send (fd, Z_COMMAND, body, z_ready_body (body, type, id));
}

typedef struct
{
    int flags; /* -1: closed or nothing in time */
    size_t size;
    unsigned char body[70000];
} z_frame;

static z_frame *
z_recv (int fd)
{
    static __thread z_frame f;
    unsigned char head[9];
    memset (&f, 0, sizeof f);
    f.flags = -1;
    if (raw_recv (fd, head, 1, LONG_WAIT) != 1)
        return &f;
    size_t width = head[0] & Z_LARGE ? 8 : 1;
    if (raw_recv (fd, head + 1, width, LONG_WAIT) != width)
        return &f;
    for (size_t i = 1; i <= width; i++)
        f.size = f.size << 8 | head[i];
    CHECK (f.size <= sizeof f.body);
    if (raw_recv (fd, f.body, f.size, LONG_WAIT) != f.size)
        return &f;
    f.flags = head[0];
    return &f;
}

#define z_expect(fd, want_flags, want, want_size)                              \
    do {                                                                       \
        z_frame *f_ = z_recv (fd);                                             \
        if (f_->flags != (want_flags) || f_->size != (want_size)               \
            || memcmp (f_->body, want, want_size) != 0) {                      \
            say_bytes ("got", f_->body, f_->size);                             \
            FAIL ("expected frame %s, got flags %d", #want, f_->flags);        \
        }                                                                      \
    } while (0)

#define z_expect_str(fd, want_flags, text)                                     \
    z_expect (fd, want_flags, text, strlen (text))

/* Full NULL handshake of a 3.x peer: greeting, READY both ways. */
static void
z_handshake (int fd, int minor, const char *type, const char *id)
{
    unsigned char g[64], theirs[64];
    z_greeting (g, 3, minor);
    raw_send (fd, g, sizeof g);
    CHECK_EQ (raw_recv (fd, theirs, 64, LONG_WAIT), 64);
    CHECK_EQ (theirs[10], 3);
    z_frame *f = z_recv (fd);
    CHECK (f->flags == Z_COMMAND && f->size > 6);
    CHECK (memcmp (f->body, "\5READY", 6) == 0);
    z_send_ready (fd, type, id);
}

/* Waits until the peer has sent something; calls on the socket meanwhile,
   because a socket that nobody calls may have work waiting. */
#define z_await(fd, s) AWAIT (events (s) != -1 && raw_wait (fd, POLLIN, 20))

/* -------------------------------------------------------------- threads */

static pthread_t
start (void *(*fn) (void *), void *arg)
{
    pthread_t t;
    CHECK_EQ (pthread_create (&t, NULL, fn, arg), 0);
    return t;
}

static void *
finish (pthread_t t)
{
    void *result;
    CHECK_EQ (pthread_join (t, &result), 0);
    return result;
}

/* Waits until the thread (by its kernel id) or the first thread of the process sleeps. */
static void
await_sleeping (pid_t tid)
{
    char path[64], state;
    int calm = 0;
    snprintf (path, sizeof path, "/proc/%d/stat", (int) tid);
    for (int64_t end = now_ms () + LONG_WAIT; calm < 10;) {
        FILE *f = fopen (path, "r");
        CHECK (f != NULL);
        CHECK_EQ (fscanf (f, "%*d (%*[^)]) %c", &state), 1);
        fclose (f);
        calm = state == 'S' ? calm + 1 : 0;
        CHECK (now_ms () < end);
        pause_ms (5);
    }
}

#endif
