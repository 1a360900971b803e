/* ROUTER: ids, unroutable messages, MANDATORY, HANDOVER, PROBE, named
   connections, raw mode. */
#include "check.h"

/* Sends to `id` until the router knows it (MANDATORY must be on). */
static void
await_route (void *router, const char *id)
{
    AWAIT (zmq_send (router, id, strlen (id), ZMQ_SNDMORE | ZMQ_DONTWAIT) != -1);
    send_str (router, "hello", 0);
}

static void
await_gone (void *router, const char *id)
{
    for (int64_t end = now_ms () + LONG_WAIT;;) {
        if (zmq_send (router, id, strlen (id), ZMQ_SNDMORE) == -1)
            break;
        send_str (router, "still there", 0);
        events (router);
        CHECK (now_ms () < end);
        pause_ms (5);
    }
    CHECK (errno == EHOSTUNREACH);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX], id[300];

    /* ids: given, and made up: a zero byte and four more */
    void *router = new_sock (ctx, ZMQ_ROUTER), *named = new_sock (ctx, ZMQ_DEALER), *anonymous = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (router, ep);
    OK (set_str (named, ZMQ_ROUTING_ID, "named"));
    OK (zmq_connect (named, ep));
    send_parts (named, "x", "y");
    expect (router, "named", "x", "y");
    OK (zmq_connect (anonymous, ep));
    send_str (anonymous, "z", 0);
    int n = zmq_recv (router, id, sizeof id, 0);
    SAY ("made up id: %d bytes, first %d", n, id[0]);
    CHECK (rcvmore (router));
    expect (router, "z");

    /* another socket makes up other ones */
    void *elsewhere = new_sock (ctx, ZMQ_ROUTER), *there = new_sock (ctx, ZMQ_DEALER);
    char other[300];
    OK (zmq_bind (elsewhere, "inproc://elsewhere"));
    OK (zmq_connect (there, "inproc://elsewhere"));
    send_str (there, "z", 0);
    CHECK_EQ (zmq_recv (elsewhere, other, sizeof other, 0), 5);
    CHECK (memcmp (id, other, 5) != 0);
    expect (elsewhere, "z");
    close0 (there);
    close0 (elsewhere);
    CHECK_EQ (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
    send_str (router, "to you", 0);
    expect (anonymous, "to you");
    SAY ("events %d", events (router));

    /* unknown peer: swallowed */
    SHOW (zmq_send (router, "nobody", 6, ZMQ_SNDMORE));
    SHOW (zmq_send (router, "part", 4, ZMQ_SNDMORE));
    SHOW (zmq_send (router, "last", 4, 0));
    /* an id alone: swallowed too */
    SHOW (zmq_send (router, "named", 5, 0));
    send_parts (router, "named", "still good");
    expect (named, "still good");
    /* an empty message to a peer */
    send_parts (router, "named", "");
    expect (named, "");

    /* MANDATORY */
    OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    SHOW (zmq_send (router, "nobody", 6, ZMQ_SNDMORE));
    SHOW (zmq_send (router, "nobody", 6, 0));
    send_parts (router, "named", "found");
    expect (named, "found");
    close0 (named);
    await_gone (router, "named");
    close0 (anonymous);
    close0 (router);

    /* MANDATORY and a full peer: EAGAIN; room again after it has read */
    router = new_sock (ctx, ZMQ_ROUTER);
    named = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    OK (set_int (router, ZMQ_SNDHWM, 3));
    OK (set_int (named, ZMQ_RCVHWM, 3));
    OK (set_str (named, ZMQ_ROUTING_ID, "full"));
    OK (zmq_bind (router, "inproc://full"));
    OK (zmq_connect (named, "inproc://full"));
    for (n = 0; zmq_send (router, "full", 4, ZMQ_SNDMORE | ZMQ_DONTWAIT) != -1; n++)
        send_str (router, "m", 0);
    SAY ("full after %d with %s", n, err_name (errno));
    SAY ("events %d", events (router));
    OK (set_int (router, ZMQ_SNDTIMEO, 50));
    SHOW (zmq_send (router, "full", 4, ZMQ_SNDMORE));
    take (named, n);
    CHECK (wait_for (router, ZMQ_POLLOUT, LONG_WAIT));
    send_parts (router, "full", "again");
    expect (named, "again");
    close0 (named);
    close0 (router);

    /* two peers with one id: the second is mute */
    router = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    void *first = new_sock (ctx, ZMQ_DEALER), *second = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (router, ep);
    OK (set_str (first, ZMQ_ROUTING_ID, "twin"));
    OK (set_str (second, ZMQ_ROUTING_ID, "twin"));
    OK (zmq_connect (first, ep));
    await_route (router, "twin");
    expect (first, "hello");
    void *m = mon_open (ctx, second, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (second, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_str (second, "mute", 0);
    quiet (router);
    send_parts (router, "twin", "for the first");
    expect (first, "for the first");
    quiet (second);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    mon_close (second, m);
    close0 (second);
    /* with HANDOVER the second takes over */
    OK (set_int (router, ZMQ_ROUTER_HANDOVER, 1));
    second = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (second, ZMQ_ROUTING_ID, "twin"));
    m = mon_open (ctx, first, ZMQ_EVENT_ALL);
    OK (zmq_connect (second, ep));
    send_str (second, "mine now", 0);
    expect (router, "twin", "mine now");
    send_parts (router, "twin", "for the second");
    expect (second, "for the second");
    /* the first stays connected and mute: it does not come back to take the name again */
    send_str (first, "mute", 0);
    quiet (router);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    send_parts (router, "twin", "still for the second");
    expect (second, "still for the second");
    mon_close (first, m);
    close0 (first);
    close0 (second);
    close0 (router);

    /* PROBE_ROUTER: an empty message announces the connection */
    static const int probers[] = {ZMQ_ROUTER, ZMQ_DEALER};
    for (int i = 0; i < 2; i++) {
        router = new_sock (ctx, ZMQ_ROUTER);
        bind_tcp (router, ep);
        void *p = new_sock (ctx, probers[i]);
        OK (set_str (p, ZMQ_ROUTING_ID, "P"));
        OK (set_int (p, ZMQ_PROBE_ROUTER, 1));
        OK (zmq_connect (p, ep));
        expect (router, "P", "");
        send_parts (router, "P", "seen");
        if (i == 1)
            expect (p, "seen");
        else {
            n = zmq_recv (p, id, sizeof id, 0);
            SAY ("id at the prober %d bytes", n);
            expect (p, "seen");
        }
        close0 (p);
        close0 (router);
    }

    /* CONNECT_ROUTING_ID: my name for the peer, usable at once */
    router = new_sock (ctx, ZMQ_ROUTER);
    void *server = new_sock (ctx, ZMQ_ROUTER);
    OK (set_str (server, ZMQ_ROUTING_ID, "its own name"));
    bind_tcp (server, ep);
    OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    OK (set_str (router, ZMQ_ROUTING_ID, "caller"));
    OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "my name"));
    OK (zmq_connect (router, ep));
    send_parts (router, "my name", "called");
    expect (server, "caller", "called");
    send_parts (server, "caller", "answer");
    expect (router, "my name", "answer");
    SHOW (zmq_send (router, "its own name", 12, ZMQ_SNDMORE));
    close0 (router);
    close0 (server);

    /* raw mode: bytes as they come, an empty frame hangs up */
    router = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (router, ZMQ_ROUTER_RAW, 1));
    bind_tcp (router, ep);
    int fd = raw_connect (ep);
    n = zmq_recv (router, id, sizeof id, 0);
    SAY ("raw id %d bytes", n);
    expect (router, "");
    raw_send (fd, "GET", 3);
    CHECK_EQ (zmq_recv (router, id, sizeof id, 0), n);
    expect (router, "GET");
    CHECK_EQ (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
    send_str (router, "200 OK", 0);
    raw_expect (fd, "200 OK", 6);
    CHECK_EQ (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
    CHECK_EQ (zmq_send (router, "", 0, 0), 0);
    for (int64_t end = now_ms () + LONG_WAIT; !raw_closed (fd, 10);) {
        events (router);
        CHECK (now_ms () < end);
    }
    close (fd);
    close0 (router);
    term (ctx);
    return 0;
}
