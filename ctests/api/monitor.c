/* Socket monitors: registration errors, and the events of a connection's
   life in their order. */
#include "check.h"

static void
say_event (const char *label, mon_event e, const char *ep, int with_value)
{
    const char *where = strcmp (e.address, ep) == 0 ? "the endpoint"
                        : e.address[0] == 0 ? "nothing" : "something else";
    if (e.event == -1)
        SAY ("%s: no event", label);
    else if (with_value)
        SAY ("%s: %s %d at %s", label, event_name (e.event), e.value, where);
    else
        SAY ("%s: %s at %s", label, event_name (e.event), where);
}

/* Whether the value means something that does not change from run to run. */
static int
plain_value (int event)
{
    return event == ZMQ_EVENT_CONNECT_DELAYED || event == ZMQ_EVENT_BIND_FAILED
           || event == ZMQ_EVENT_MONITOR_STOPPED || event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED
           || event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
}

/* Prints the events up to and including `last`. */
static void
up_to (const char *label, void *m, const char *ep, int last)
{
    for (;;) {
        mon_event e = mon_next (m, LONG_WAIT);
        say_event (label, e, ep, plain_value (e.event));
        if (e.event == last || e.event == -1)
            return;
    }
}

static void
life (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    SAY ("life on %.4s", wildcard);
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    void *mb = mon_open (ctx, b, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 50));
    bind_to (b, wildcard, ep);
    up_to ("bound", mb, ep, ZMQ_EVENT_LISTENING);
    OK (zmq_connect (c, ep));
    up_to ("connected", mc, ep, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    up_to ("bound", mb, ep, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_str (c, "x", 0);
    expect (b, "x");
    /* the bound side goes away: closed, the other side tries again. (A socket
       that nobody calls does not let go of its connections.) */
    OK (zmq_unbind (b, ep));
    up_to ("bound", mb, ep, ZMQ_EVENT_CLOSED);
    AWAIT (events (b) != -1 && wait_for (mc, ZMQ_POLLIN, 20));
    up_to ("connected", mc, ep, ZMQ_EVENT_DISCONNECTED);
    up_to ("connected", mc, ep, ZMQ_EVENT_CONNECT_RETRIED);
    up_to ("connected", mc, ep, ZMQ_EVENT_CLOSED);
    up_to ("connected", mc, ep, ZMQ_EVENT_CONNECT_RETRIED);
    /* a local close says MONITOR_STOPPED last */
    close0 (c);
    mon_event e;
    do
        e = mon_next (mc, LONG_WAIT);
    while (e.event == ZMQ_EVENT_CLOSED || e.event == ZMQ_EVENT_CONNECT_RETRIED || e.event == ZMQ_EVENT_CONNECT_DELAYED);
    say_event ("connected", e, ep, 1);
    close0 (b);
    up_to ("bound", mb, ep, ZMQ_EVENT_MONITOR_STOPPED);
    close0 (mb);
    close0 (mc);

    /* the connecting side goes away */
    b = new_sock (ctx, ZMQ_DEALER);
    mb = mon_open (ctx, b, ZMQ_EVENT_ALL);
    bind_to (b, wildcard, ep);
    c = new_sock (ctx, ZMQ_DEALER);
    mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (zmq_connect (c, ep));
    up_to ("connected", mc, ep, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    up_to ("bound", mb, ep, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (zmq_disconnect (c, ep));
    AWAIT (events (c) != -1 && wait_for (mb, ZMQ_POLLIN, 20));
    up_to ("bound", mb, ep, ZMQ_EVENT_DISCONNECTED);
    /* a local disconnect raises nothing at its own side */
    OK (zmq_socket_monitor (c, NULL, 0));
    up_to ("connected", mc, ep, ZMQ_EVENT_MONITOR_STOPPED);
    mon_close (b, mb);
    close0 (c);
    close0 (b);
    close0 (mc);
}

/* A wildcard is bound; the address that was reached is shown. */
static void
wildcard (void *ctx)
{
    char ep[EP_MAX], reached[EP_MAX];
    void *b = new_sock (ctx, ZMQ_DEALER);
    void *m = mon_open (ctx, b, ZMQ_EVENT_ALL);
    bind_to (b, "tcp://*:*", ep);
    snprintf (reached, sizeof reached, "tcp://127.0.0.1:%d", port_of (ep));
    up_to ("wildcard", m, ep, ZMQ_EVENT_LISTENING);
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "DEALER", NULL);
    up_to ("reached", m, reached, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (fd);
    AWAIT (events (b) != -1 && wait_for (m, ZMQ_POLLIN, 20));
    up_to ("reached", m, reached, ZMQ_EVENT_DISCONNECTED);
    mon_close (b, m);
    close0 (b);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_DEALER);
    SHOW (zmq_socket_monitor (NULL, "inproc://m", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "ipc://*", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "foo://x", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "nonsense", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "inproc://", ZMQ_EVENT_ALL));
    SHOW (zmq_socket_monitor (s, "inproc://m", 0x10000));
    SHOW (zmq_socket_monitor (s, "inproc://m", ZMQ_EVENT_ALL | 0x10000));
    SHOW (zmq_socket_monitor (s, NULL, 0));
    SHOW (zmq_socket_monitor (s, NULL, ZMQ_EVENT_ALL));
    OK (zmq_bind (s, "inproc://in-use"));
    SHOW (zmq_socket_monitor (s, "inproc://in-use", ZMQ_EVENT_ALL));

    /* stopping, and replacing one by another */
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    SHOW (zmq_socket_monitor (s, NULL, 0));
    up_to ("stopped", m, "", ZMQ_EVENT_MONITOR_STOPPED);
    close0 (m);
    m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    void *m2 = mon_open (ctx, s, ZMQ_EVENT_LISTENING);
    up_to ("replaced", m, "", ZMQ_EVENT_MONITOR_STOPPED);
    bind_tcp (s, ep);
    up_to ("second", m2, ep, ZMQ_EVENT_LISTENING);
    SHOW (zmq_socket_monitor (s, NULL, 0));
    /* MONITOR_STOPPED was not asked for */
    CHECK_EQ (mon_next (m2, SHORT_WAIT).event, -1);
    close0 (m);
    close0 (m2);
    close0 (s);

    /* only the events asked for */
    s = new_sock (ctx, ZMQ_DEALER);
    m = mon_open (ctx, s, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    bind_tcp (s, ep);
    void *c = new_sock (ctx, ZMQ_DEALER);
    OK (zmq_connect (c, ep));
    up_to ("filtered", m, ep, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close0 (c);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    mon_close (s, m);

    /* a bind that fails; inproc says nothing */
    void *other = new_sock (ctx, ZMQ_DEALER);
    m = mon_open (ctx, other, ZMQ_EVENT_ALL);
    CHECK_ERRNO (zmq_bind (other, ep), EADDRINUSE);
    /* (a CLOSED without address comes before it on the original) */
    say_event ("in use", mon_until (m, ZMQ_EVENT_BIND_FAILED), ep, 1);
    OK (zmq_bind (other, "inproc://silent"));
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    mon_close (other, m);
    close0 (other);
    close0 (s);

    life (ctx, "tcp://127.0.0.1:*");
    life (ctx, "ipc://*");
    wildcard (ctx);

    /* refused: tried again and again */
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 30));
    m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (zmq_connect (c, "tcp://127.0.0.1:1"));
    for (int i = 0; i < 2; i++)
        up_to ("refused", m, "tcp://127.0.0.1:1", ZMQ_EVENT_CONNECT_RETRIED);
    mon_close (c, m);
    close0 (c);
    /* the interval grows up to about the maximum */
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 10));
    OK (set_int (c, ZMQ_RECONNECT_IVL_MAX, 50));
    m = mon_open (ctx, c, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (c, "tcp://127.0.0.1:1"));
    for (int i = 0; i < 5; i++) {
        int v = mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED).value;
        CHECK (v >= 10 && v < 100);
    }
    mon_close (c, m);
    close0 (c);
    /* without a maximum: the interval and up to as much again */
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    m = mon_open (ctx, c, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (c, "tcp://127.0.0.1:1"));
    for (int i = 0; i < 5; i++) {
        int v = mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED).value;
        CHECK (v >= 20 && v < 40);
    }
    mon_close (c, m);
    close0 (c);
    /* a name that does not resolve looks like a refused connection */
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 30));
    m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (zmq_connect (c, "ipc:///nonexistent/zct/x"));
    up_to ("no such path", m, "ipc:///nonexistent/zct/x", ZMQ_EVENT_CONNECT_RETRIED);
    mon_close (c, m);
    close0 (c);
    /* no attempt without a source: nothing was opened, nothing is closed */
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 30));
    m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (zmq_connect (c, "tcp://nosuch:0;127.0.0.1:1"));
    up_to ("no such source", m, "tcp://nosuch:0;127.0.0.1:1", ZMQ_EVENT_CONNECT_RETRIED);
    mon_close (c, m);
    close0 (c);
    /* socket types that do not fit: nothing is said of the reason */
    s = new_sock (ctx, ZMQ_PUSH);
    c = new_sock (ctx, ZMQ_PUSH);
    m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    bind_tcp (s, ep);
    OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
    OK (zmq_connect (c, ep));
    up_to ("misfit", m, ep, ZMQ_EVENT_DISCONNECTED);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    mon_close (c, m);
    close0 (c);
    close0 (s);
    /* the socket goes, its monitor says so */
    s = new_sock (ctx, ZMQ_DEALER);
    m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    close0 (s);
    up_to ("closed", m, "", ZMQ_EVENT_MONITOR_STOPPED);
    close0 (m);
    term (ctx);
    return 0;
}
