/* pgm, epgm and norm on one host: addresses, types, what binding and leaving
   do. `scripts/multicast` shows that messages arrive. But norm is heard on the
   host that it is sent from, and on the interface of this host all are. So
   sockets that are not to meet have ports of their own: in one run, and in
   several at once. */
#include "../check.h"

/* A group of PGM that nobody is in. */
static void
free_group (char group[EP_MAX])
{
    snprintf (group, EP_MAX, "epgm://127.0.0.1;239.192.77.1:%d", free_udp_port ());
}

static void
addresses (void *ctx, const char *scheme)
{
    static const char *const texts[] = {
      "x", "127.0.0.1;239.1.1.1", "127.0.0.1;239.1.1.1:5577x", "127.0.0.1;239.1.1.1:71113",
      "127.0.0.1;10.1.1.1:5577", "nosuch0;239.1.1.1:5577", "127.0.0.1;239.1.1.1:1:2", "192.0.2.1;239.1.1.1:5577"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int binds = 0; binds < 2; binds++) {
            char text[EP_MAX], last[EP_MAX];
            size_t size = sizeof last;
            void *s = new_sock (ctx, ZMQ_PUB);
            snprintf (text, sizeof text, "%s://%s", scheme, texts[i]);
            SHOW_AS (text, binds ? zmq_bind (s, text) : zmq_connect (s, text));
            OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, last, &size));
            SAY ("  last '%s'", last);
            close0 (s);
        }
}

static void
types (void *ctx)
{
    static const char *const schemes[] = {"pgm", "epgm", "norm"};
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        if (type == ZMQ_PUB || type == ZMQ_SUB || type == ZMQ_XPUB || type == ZMQ_XSUB)
            continue;
        void *s = new_sock (ctx, type);
        for (int i = 0; i < 3; i++) {
            char text[EP_MAX];
            snprintf (text, sizeof text, "%s://127.0.0.1;239.192.77.1:5577", schemes[i]);
            CHECK_ERRNO (zmq_bind (s, text), ENOCOMPATPROTO);
            CHECK_ERRNO (zmq_connect (s, text), ENOCOMPATPROTO);
            CHECK_ERRNO (zmq_disconnect (s, text), ENOCOMPATPROTO);
        }
        close0 (s);
    }
}

/* Joins twice, and leaves. */
static void
members (void *ctx, int type)
{
    char group[EP_MAX];
    void *s = new_sock (ctx, type);
    free_group (group);
    OK (set_int (s, ZMQ_RCVTIMEO, 0));
    OK (set_int (s, ZMQ_IMMEDIATE, 1));
    SAY ("type %d", type);
    SHOW (zmq_bind (s, group));
    SHOW (zmq_connect (s, group));
    SAY ("events %d", get_int (s, ZMQ_EVENTS));
    if (type == ZMQ_PUB || type == ZMQ_XPUB)
        SHOW (zmq_send (s, "nobody", 6, 0));
    if (type == ZMQ_XSUB)
        SHOW (zmq_send (s, "\1upstream", 9, 0));
    SHOW (zmq_disconnect (s, group));
    SHOW (zmq_unbind (s, group));
    if (type == ZMQ_XPUB) {
        /* the subscriber that took everything is gone */
        char topic[8];
        OK (set_int (s, ZMQ_RCVTIMEO, LONG_WAIT));
        SHOW (zmq_recv (s, topic, sizeof topic, 0));
    }
    close0 (s);
}

/* A publisher that is faster than ZMQ_RATE gets to its mark; its messages
   are given up when the time is over. */
static void
slow (void *ctx)
{
    char body[2000] = "", group[EP_MAX];
    int sent = 0;
    void *s = new_sock (ctx, ZMQ_XPUB);
    free_group (group);
    OK (set_int (s, ZMQ_SNDHWM, 5));
    OK (set_int (s, ZMQ_XPUB_NODROP, 1));
    OK (zmq_connect (s, group));
    while (sent < 10000 && zmq_send (s, body, sizeof body, ZMQ_DONTWAIT) >= 0)
        sent++;
    CHECK (errno == EAGAIN && sent < 1000);
    OK (set_int (s, ZMQ_SNDTIMEO, LONG_WAIT));
    CHECK_EQ (zmq_send (s, body, sizeof body, 0), sizeof body);
    OK (set_int (s, ZMQ_LINGER, 100));
    OK (zmq_close (s));
}

static int
joins (void *ctx, const char *where, int port)
{
    char endpoint[EP_MAX];
    void *s = new_sock (ctx, ZMQ_SUB);
    snprintf (endpoint, sizeof endpoint, "norm://%s:%d", where, port);
    OK (zmq_connect (s, endpoint));
    close0 (s);
    return 1;
}

/* Several that send and listen on one host, with frames and filters. */
static void
norm (void *ctx)
{
    int port = free_udp_port ();
    char endpoint[EP_MAX];
    snprintf (endpoint, sizeof endpoint, "norm://127.0.0.1;239.192.77.2:%d", port);
    void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "yes"));
    OK (zmq_bind (pub, endpoint));
    OK (zmq_connect (sub, endpoint));
    OK (set_int (sub, ZMQ_RCVTIMEO, 50));
    char first[8] = "";
    for (int i = 0; i < LONG_WAIT / 50; i++) {
        send_parts (pub, "no", "body");
        send_parts (pub, "yes", "", "body");
        if (zmq_recv (sub, first, sizeof first, 0) == 3)
            break;
    }
    CHECK (memcmp (first, "yes", 3) == 0);
    CHECK_EQ (get_int (sub, ZMQ_RCVMORE), 1);
    CHECK_EQ (zmq_recv (sub, first, sizeof first, 0), 0);
    CHECK_EQ (zmq_recv (sub, first, sizeof first, 0), 4);
    CHECK_EQ (get_int (sub, ZMQ_RCVMORE), 0);
    close0 (pub);
    close0 (sub);
    CHECK (joins (ctx, "5,127.0.0.1;239.192.77.2", port));
    CHECK (joins (ctx, "7,239.192.77.2", port));
    CHECK (joins (ctx, "127.0.0.1", free_udp_port ()));
}

int
main (void)
{
    /* or its library speaks on stdout */
    setenv ("PGM_MIN_LOG_LEVEL", "FATAL", 1);
    void *ctx = new_ctx ();
    SAY ("pgm %d, norm %d", zmq_has ("pgm"), zmq_has ("norm"));
    SAY ("epgm %d", zmq_has ("epgm"));
    types (ctx);
    if (zmq_has ("pgm")) {
        addresses (ctx, "epgm");
        members (ctx, ZMQ_PUB);
        members (ctx, ZMQ_SUB);
        members (ctx, ZMQ_XPUB);
        members (ctx, ZMQ_XSUB);
        slow (ctx);
    }
    if (zmq_has ("norm"))
        norm (ctx);
    term (ctx);
    return 0;
}
