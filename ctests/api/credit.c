/* Room at the far end is noticed by a call that waits, by polling, and by reading ZMQ_EVENTS. A call
   that sends and does not wait looks about once a millisecond: so it gets to the mark, however fast
   the queue is emptied. */
#include "check.h"

/* How a message is begun: ROUTER puts the name of the peer in front. */
static int
one (void *s, int flags)
{
    int type = get_int (s, ZMQ_TYPE);
    if (type == ZMQ_ROUTER && zmq_send (s, "peer", 4, flags | ZMQ_SNDMORE) == -1)
        return -1;
    return zmq_send (s, "x", 1, flags);
}

/* Fills the queue, and empties it again. */
static void
fill_and_empty (void *s, void *reader)
{
    CHECK (wait_for (s, ZMQ_POLLOUT, LONG_WAIT));
    int sent = 0;
    while (one (s, ZMQ_DONTWAIT) != -1)
        CHECK (++sent < 1000);
    CHECK (errno == EAGAIN);
    CHECK (sent >= 5);
    char buf[8];
    while (sent--)
        CHECK_EQ (zmq_recv (reader, buf, sizeof buf, 0), 1);
}

static int
is_overlooked (void *s, void *reader)
{
    fill_and_empty (s, reader);
    if (one (s, ZMQ_DONTWAIT) != -1) {
        /* a slow machine was away for a millisecond: the next try begins with an empty queue too */
        char buf[8];
        CHECK_EQ (zmq_recv (reader, buf, sizeof buf, 0), 1);
        return 0;
    }
    CHECK (errno == EAGAIN);
    return 1;
}

static void
pair_of (const char *name, int from, int to)
{
    char ep[EP_MAX], buf[8];
    void *ctx = new_ctx (), *s = new_sock (ctx, from), *reader = new_sock (ctx, to);
    OK (set_int (s, ZMQ_SNDHWM, 5));
    OK (set_int (reader, ZMQ_RCVHWM, 5));
    if (from == ZMQ_XPUB)
        OK (set_int (s, ZMQ_XPUB_NODROP, 1));
    if (from == ZMQ_ROUTER)
        OK (set_int (s, ZMQ_ROUTER_MANDATORY, 1));
    if (to == ZMQ_SUB)
        OK (set_str (reader, ZMQ_SUBSCRIBE, ""));
    if (to == ZMQ_DEALER)
        OK (set_str (reader, ZMQ_ROUTING_ID, "peer"));
    bind_to (s, "inproc://credit", ep);
    OK (zmq_connect (reader, ep));
    if (from == ZMQ_XPUB)
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 1);

    /* a thread that was away for a millisecond is shown the room: then once more */
    AWAIT (is_overlooked (s, reader));
    AWAIT (one (s, ZMQ_DONTWAIT) != -1);
    drain (reader, 0);
    OK (set_int (s, ZMQ_SNDTIMEO, 0));
    AWAIT (is_overlooked (s, reader));
    AWAIT (one (s, 0) != -1);
    drain (reader, 0);
    OK (set_int (s, ZMQ_SNDTIMEO, -1));
    SAY ("%s: overlooked by a call that does not wait, for a while", name);

    for (int i = 0; i < 20; i++) {
        fill_and_empty (s, reader);
        CHECK (wait_for (s, ZMQ_POLLOUT, 0));
        CHECK (one (s, ZMQ_DONTWAIT) != -1);
        drain (reader, 0);
        fill_and_empty (s, reader);
        CHECK (events (s) & ZMQ_POLLOUT);
        CHECK (one (s, ZMQ_DONTWAIT) != -1);
        drain (reader, 0);
        fill_and_empty (s, reader);
        CHECK (one (s, 0) != -1);
        drain (reader, 0);
    }
    SAY ("%s: seen by polling, by ZMQ_EVENTS, by a call that waits", name);
    close0 (s);
    close0 (reader);
    term (ctx);
}

int
main (void)
{
    pair_of ("PUSH", ZMQ_PUSH, ZMQ_PULL);
    pair_of ("PAIR", ZMQ_PAIR, ZMQ_PAIR);
    pair_of ("XPUB", ZMQ_XPUB, ZMQ_SUB);
    pair_of ("ROUTER", ZMQ_ROUTER, ZMQ_DEALER);
    return 0;
}
