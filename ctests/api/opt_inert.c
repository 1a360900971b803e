/* Options of multicast, or of another implementation: they keep their value
   and change nothing about other transports. */
#include "check.h"

/* Of the draft API's header, but known to every build. */
#ifndef ZMQ_LOOPBACK_FASTPATH
#define ZMQ_LOOPBACK_FASTPATH 94
#endif
#ifndef ZMQ_MULTICAST_LOOP
#define ZMQ_MULTICAST_LOOP 96
#endif
#ifndef ZMQ_ZERO_COPY_RECV
#define ZMQ_ZERO_COPY_RECV 10
#endif

static const struct
{
    const char *name;
    int option, other;
} OPTIONS[] = {{"ZMQ_RATE", ZMQ_RATE, 7},
               {"ZMQ_RECOVERY_IVL", ZMQ_RECOVERY_IVL, 0},
               {"ZMQ_MULTICAST_HOPS", ZMQ_MULTICAST_HOPS, 3},
               {"ZMQ_MULTICAST_MAXTPDU", ZMQ_MULTICAST_MAXTPDU, 9000},
               {"ZMQ_MULTICAST_LOOP", ZMQ_MULTICAST_LOOP, 0},
               {"ZMQ_LOOPBACK_FASTPATH", ZMQ_LOOPBACK_FASTPATH, 1}};
#define N (int) (sizeof OPTIONS / sizeof *OPTIONS)

static void
try (void *s, int i, int value)
{
    SHOW_AS (OPTIONS[i].name, set_int (s, OPTIONS[i].option, value));
    SAY ("after %d it is %d", value, get_int (s, OPTIONS[i].option));
}

int
main (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx ();
    SAY ("ZMQ_ZERO_COPY_RECV is %d", zmq_ctx_get (ctx, ZMQ_ZERO_COPY_RECV));
    SHOW (zmq_ctx_set (ctx, ZMQ_ZERO_COPY_RECV, 0));
    SAY ("ZMQ_ZERO_COPY_RECV is %d", zmq_ctx_get (ctx, ZMQ_ZERO_COPY_RECV));

    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    for (int i = 0; i < N; i++) {
        SAY ("%s is %d", OPTIONS[i].name, get_int (pub, OPTIONS[i].option));
        try (pub, i, -1);
        try (pub, i, 0);
        try (pub, i, 2);
        try (pub, i, OPTIONS[i].other);
        OK (set_int (sub, OPTIONS[i].option, OPTIONS[i].other));
    }
    /* and they are what they were when the socket is in use */
    OK (set_str (sub, ZMQ_SUBSCRIBE, ""));
    bind_tcp (pub, ep);
    OK (zmq_connect (sub, ep));
    CHECK_EQ (zmq_recv (pub, ep, sizeof ep, 0), 1);
    for (int size = 1; size <= 100000; size *= 10) {
        char *body = calloc (1, (size_t) size);
        CHECK_EQ (zmq_send (pub, body, (size_t) size, 0), size);
        CHECK_EQ (zmq_recv (sub, body, (size_t) size, 0), size);
        free (body);
    }
    for (int i = 0; i < N; i++)
        CHECK_EQ (get_int (pub, OPTIONS[i].option), OPTIONS[i].other);
    close0 (pub);
    close0 (sub);
    term (ctx);
    return 0;
}
