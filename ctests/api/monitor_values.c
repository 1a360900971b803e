/* Monitors: the descriptors and errors that come with events, connections that
   are turned away, names that cannot be cleaned up. */
#include "check.h"
#include <libgen.h>

static int
local_port (int fd)
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    OK (getsockname (fd, (struct sockaddr *) &a, &size));
    return ntohs (a.sin_port);
}

static int
peer_port (int fd)
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    OK (getpeername (fd, (struct sockaddr *) &a, &size));
    return ntohs (a.sin_port);
}

/* Descriptors are those of the sockets, and do not change from the first event
   of a connection to its last. */
static void
descriptors (void *ctx)
{
    char ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    void *mb = mon_open (ctx, b, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
    bind_tcp (b, ep);
    mon_event listening = mon_expect (mb, ZMQ_EVENT_LISTENING);
    CHECK_EQ (local_port (listening.value), port_of (ep));
    CHECK_STR (listening.address, ep);
    OK (zmq_connect (c, ep));
    CHECK_EQ (mon_expect (mc, ZMQ_EVENT_CONNECT_DELAYED).value, EINPROGRESS);
    mon_event connected = mon_expect (mc, ZMQ_EVENT_CONNECTED);
    CHECK_EQ (peer_port (connected.value), port_of (ep));
    CHECK_STR (connected.address, ep);
    mon_event accepted = mon_expect (mb, ZMQ_EVENT_ACCEPTED);
    CHECK_EQ (peer_port (accepted.value), local_port (connected.value));
    CHECK_STR (accepted.address, ep);
    CHECK_EQ (mon_expect (mb, ZMQ_EVENT_HANDSHAKE_SUCCEEDED).value, 0);
    CHECK_EQ (mon_expect (mc, ZMQ_EVENT_HANDSHAKE_SUCCEEDED).value, 0);
    /* the peer's end is closed behind its back */
    OK (shutdown (accepted.value, SHUT_RDWR));
    mon_event lost = mon_expect (mc, ZMQ_EVENT_DISCONNECTED);
    CHECK_EQ (lost.value, connected.value);
    CHECK_STR (lost.address, ep);
    lost = mon_expect (mb, ZMQ_EVENT_DISCONNECTED);
    CHECK_EQ (lost.value, accepted.value);
    CHECK_STR (lost.address, ep);
    OK (zmq_unbind (b, ep));
    mon_event closed = mon_expect (mb, ZMQ_EVENT_CLOSED);
    CHECK_EQ (closed.value, listening.value);
    CHECK_STR (closed.address, ep);
    mon_close (b, mb);
    mon_close (c, mc);
    close0 (c);
    close0 (b);
    SAY ("descriptors");
}

/* An attempt that fails: its descriptor, and the interval. */
static void
attempts (void *ctx)
{
    void *c = new_sock (ctx, ZMQ_PUSH);
    void *m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    OK (zmq_connect (c, "tcp://127.0.0.1:1"));
    CHECK_EQ (mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED).value, EINPROGRESS);
    CHECK (mon_expect (m, ZMQ_EVENT_CLOSED).value > 2);
    mon_event retried = mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK (retried.value >= 20 && retried.value < 40);
    CHECK_STR (retried.address, "tcp://127.0.0.1:1");
    mon_close (c, m);
    close0 (c);
    /* a longest interval that is shorter counts for nothing */
    c = new_sock (ctx, ZMQ_PUSH);
    m = mon_open (ctx, c, ZMQ_EVENT_CONNECT_RETRIED);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 50));
    OK (set_int (c, ZMQ_RECONNECT_IVL_MAX, 20));
    OK (zmq_connect (c, "tcp://127.0.0.1:1"));
    for (int i = 0; i < 3; i++) {
        retried = mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
        CHECK (retried.value >= 50 && retried.value < 100);
    }
    mon_close (c, m);
    close0 (c);
    SAY ("attempts");
}

/* Turned away: nothing else is told about the connection. */
static void
turned_away (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    void *m = mon_open (ctx, b, ZMQ_EVENT_ALL & ~ZMQ_EVENT_LISTENING);
    if (strncmp (wildcard, "tcp", 3) == 0)
        OK (set_str (b, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24"));
    else {
        pid_t nobody = 1;
        OK (zmq_setsockopt (b, ZMQ_IPC_FILTER_PID, &nobody, sizeof nobody));
    }
    bind_to (b, wildcard, ep);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    OK (zmq_connect (c, ep));
    for (int i = 0; i < 2; i++) {
        mon_event e = mon_expect (m, ZMQ_EVENT_ACCEPT_FAILED);
        SAY ("%.3s: %s at %s", wildcard, event_name (e.event),
             strcmp (e.address, ep) == 0 ? "the endpoint" : "something else");
    }
    mon_close (b, m);
    close0 (c);
    close0 (b);
}

/* (On the original the monitor may put another error in its place.) */
static void
bind_fails_with (void *s, const char *ep, int want)
{
    errno = 0;
    int rc = zmq_bind (s, ep), e = errno;
    CHECK_EQ (rc, -1);
    if (zmq_has ("zincmq"))
        CHECK_EQ (e, want);
}

/* Binding fails: the error. */
static void
bind_fails (void *ctx)
{
    char ep[EP_MAX], name[EP_MAX];
    void *taken = new_sock (ctx, ZMQ_PULL), *s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CLOSED);
    bind_tcp (taken, ep);
    bind_fails_with (s, ep, EADDRINUSE);
    mon_event e = mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    CHECK_EQ (e.value, EADDRINUSE);
    CHECK_STR (e.address, ep + 6);
    snprintf (name, sizeof name, "ipc://@zct-values-%d", (int) getpid ());
    bind_to (taken, name, ep);
    bind_fails_with (s, ep, EADDRINUSE);
    e = mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    CHECK_EQ (e.value, EADDRINUSE);
    CHECK_STR (e.address, name + 6);
    bind_fails_with (s, "ipc:///nonexistent/directory/x", ENOENT);
    e = mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    CHECK_EQ (e.value, ENOENT);
    SAY ("ipc nowhere: %s", e.address);
    mon_close (s, m);
    close0 (taken);
    close0 (s);
}

/* The directory that was made for a name is not empty. */
static void
cannot_clean_up (void *ctx)
{
    char ep[EP_MAX], dir[EP_MAX], stray[EP_MAX + 8];
    void *s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    bind_to (s, "ipc://*", ep);
    mon_expect (m, ZMQ_EVENT_LISTENING);
    snprintf (dir, sizeof dir, "%s", ep + 6);
    snprintf (stray, sizeof stray, "%s/stray", dirname (dir));
    int fd = open (stray, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    OK (fd);
    close (fd);
    OK (zmq_unbind (s, ep));
    for (;;) {
        mon_event e = mon_next (m, SHORT_WAIT);
        if (e.event == -1)
            break;
        SAY ("stray: %s %s at %s", event_name (e.event),
             e.event == ZMQ_EVENT_CLOSE_FAILED ? err_name (e.value) : "",
             strcmp (e.address, ep) == 0 ? "the endpoint" : "something else");
    }
    OK (unlink (stray));
    OK (rmdir (dir));
    mon_close (s, m);
    close0 (s);
}

/* A peer that hangs up in the middle of its greeting, or breaks the connection. */
static void
hangs_up (void *ctx, int breaks)
{
    char ep[EP_MAX], half[10] = "\377\0\0\0\0\0\0\0\1\177";
    int listener = raw_listen (ep);
    void *s = new_sock (ctx, ZMQ_DEALER), *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    OK (zmq_connect (s, ep));
    int fd = raw_accept (listener);
    CHECK_EQ (raw_recv (fd, (char[10]){0}, 10, LONG_WAIT), 10);
    if (breaks) {
        raw_send (fd, half, sizeof half);
        OK (setsockopt (fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof (struct linger)));
    }
    close (fd);
    CHECK_EQ (mon_until (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value,
              breaks ? ECONNRESET : EPIPE);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    mon_close (s, m);
    close0 (s);
    close (listener);
}

int
main (void)
{
    void *ctx = new_ctx ();
    descriptors (ctx);
    attempts (ctx);
    turned_away (ctx, "tcp://127.0.0.1:*");
    turned_away (ctx, "ipc://*");
    bind_fails (ctx);
    cannot_clean_up (ctx);
    for (int i = 0; i < 10; i++)
        hangs_up (ctx, i > 0);
    term (ctx);
    return 0;
}
