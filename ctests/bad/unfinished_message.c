/* A message that was begun and never finished is given back when its socket is closed, and the peer
   sees nothing of it. */
#include "check.h"

static int freed;

static void
release (void *data, void *hint)
{
    (void) data;
    (void) hint;
    __atomic_add_fetch (&freed, 1, __ATOMIC_SEQ_CST);
}

static void
begin (void *s, int from)
{
    static char body[5000];
    zmq_msg_t m;
    if (from == ZMQ_ROUTER) {
        OK (set_int (s, ZMQ_ROUTER_MANDATORY, 1));
        AWAIT (zmq_send (s, "peer", 4, ZMQ_SNDMORE) != -1);
    }
    OK (zmq_msg_init_data (&m, body, sizeof body, release, NULL));
    CHECK_EQ (zmq_msg_send (&m, s, ZMQ_SNDMORE), sizeof body);
    OK (zmq_msg_close (&m));
}

static void
unfinished (const char *name, const char *wildcard, int from, int to)
{
    char ep[EP_MAX], buf[8];
    void *ctx = new_ctx (), *s = new_sock (ctx, from), *peer = new_sock (ctx, to);
    if (to == ZMQ_SUB)
        OK (set_str (peer, ZMQ_SUBSCRIBE, ""));
    if (from == ZMQ_ROUTER)
        OK (set_str (peer, ZMQ_ROUTING_ID, "peer"));
    bind_to (s, wildcard, ep);
    OK (zmq_connect (peer, ep));
    if (from == ZMQ_XPUB)
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 1);
    else
        CHECK (wait_for (s, ZMQ_POLLOUT, LONG_WAIT));
    freed = 0;
    begin (s, from);
    CHECK_EQ (freed, 0);
    OK (zmq_close (s));
    CHECK_EQ (zmq_recv (peer, buf, sizeof buf, ZMQ_DONTWAIT), -1);
    close0 (peer);
    term (ctx);
    CHECK_EQ (freed, 1);
    SAY ("%s: freed once", name);
}

int
main (void)
{
    static const char *const wildcards[] = {"inproc://unfinished", "tcp://127.0.0.1:*"};
    for (int i = 0; i < 2; i++) {
        SAY ("%.6s", wildcards[i]);
        unfinished ("PUSH", wildcards[i], ZMQ_PUSH, ZMQ_PULL);
        unfinished ("PAIR", wildcards[i], ZMQ_PAIR, ZMQ_PAIR);
        unfinished ("DEALER", wildcards[i], ZMQ_DEALER, ZMQ_DEALER);
        unfinished ("ROUTER", wildcards[i], ZMQ_ROUTER, ZMQ_DEALER);
        unfinished ("XPUB", wildcards[i], ZMQ_XPUB, ZMQ_SUB);
        unfinished ("REQ", wildcards[i], ZMQ_REQ, ZMQ_REP);
    }
    return 0;
}
