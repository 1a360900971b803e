/* Short messages in a row to and from one peer, and what may change in the middle of them: peers, options,
   subscriptions, sizes, parts. */
#include "check.h"

static void
stream (void *from, void *to, int count, int base)
{
    for (int i = base; i < base + count; i++)
        CHECK_EQ (zmq_send (from, &i, sizeof i, 0), sizeof i);
    for (int i = base, got; i < base + count; i++) {
        CHECK_EQ (zmq_recv (to, &got, sizeof got, 0), sizeof got);
        CHECK_EQ (got, i);
    }
}

static void *
joined (void *ctx, int type, const char *ep)
{
    void *s = new_sock (ctx, type);
    OK (zmq_connect (s, ep));
    return s;
}

static const char *const wild[] = {"tcp://127.0.0.1:*", "inproc://*"};

static void
sizes_and_parts (void *ctx, const char *where)
{
    static const size_t sizes[] = {0, 1, 33, 40, 41, 254, 255, 256, 257, 8192, 8193, 40000};
    static char out[40000], in[40000];
    char ep[EP_MAX];
    void *a = new_sock (ctx, ZMQ_PUSH), *b = new_sock (ctx, ZMQ_PULL);
    bind_to (b, where, ep);
    OK (zmq_connect (a, ep));
    for (int round = 0; round < 3; round++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            stream (a, b, 3, 0);
            memset (out, 'a' + round, sizes[k]);
            CHECK_EQ (zmq_send (a, out, sizes[k], 0), sizes[k]);
            send_parts (a, "part", "", "end");
            send_str (a, "short", 0);
            CHECK_EQ (zmq_recv (b, in, sizeof in, 0), sizes[k]);
            CHECK (memcmp (in, out, sizes[k]) == 0);
            CHECK (!rcvmore (b));
            expect (b, "part", "", "end");
            expect (b, "short");
            CHECK (!rcvmore (b));
        }
    /* a body that does not fit is cut; a message's own buffer is one more way */
    send_str (a, "cut here", 0);
    CHECK_EQ (zmq_recv (b, in, 3, 0), 8);
    zmq_msg_t m;
    for (int i = 0; i < 5; i++) {
        OK (zmq_msg_init_size (&m, 100));
        memset (zmq_msg_data (&m), i, 100);
        CHECK_EQ (zmq_msg_send (&m, a, 0), 100);
        CHECK_EQ (zmq_msg_size (&m), 0);
        OK (zmq_msg_close (&m));
        OK (zmq_msg_init (&m));
        CHECK_EQ (zmq_msg_recv (&m, b, 0), 100);
        CHECK_EQ (((char *) zmq_msg_data (&m))[99], i);
        CHECK (!zmq_msg_more (&m));
        OK (zmq_msg_close (&m));
    }
    close0 (a);
    close0 (b);
}

/* The mark counts as always, and options count from the next call on. */
static void
marks_and_options (void *ctx)
{
    char ep[EP_MAX];
    void *a = new_sock (ctx, ZMQ_PUSH), *b = new_sock (ctx, ZMQ_PULL);
    OK (set_int (a, ZMQ_SNDHWM, 5));
    OK (set_int (b, ZMQ_RCVHWM, 5));
    bind_to (b, "inproc://*", ep);
    OK (zmq_connect (a, ep));
    stream (a, b, 5, 0);
    CHECK_EQ (events (a), ZMQ_POLLOUT);
    int sent = 0;
    OK (set_int (a, ZMQ_SNDTIMEO, 0));
    while (zmq_send (a, "x", 1, 0) == 1)
        sent++;
    SAY ("%d fit, then %s", sent, err_name (errno));
    OK (set_int (a, ZMQ_SNDTIMEO, SHORT_WAIT));
    int64_t start_ms = now_ms ();
    CHECK_ERRNO (zmq_send (a, "x", 1, 0), EAGAIN);
    CHECK (now_ms () - start_ms >= SHORT_WAIT / 2);
    for (int i = 0; i < sent; i++)
        expect (b, "x");
    OK (set_int (b, ZMQ_RCVTIMEO, 0));
    CHECK_ERRNO (zmq_recv (b, NULL, 0, 0), EAGAIN);
    close0 (a);
    close0 (b);
}

/* A second peer gets its turn, and the first all of it again when the second has left. */
static void
peers_come_and_go (void *ctx)
{
    char ep[EP_MAX];
    void *a = new_sock (ctx, ZMQ_DEALER);
    bind_to (a, "inproc://*", ep);
    void *b = joined (ctx, ZMQ_DEALER, ep);
    stream (a, b, 10, 0);
    stream (b, a, 10, 0);
    void *c = joined (ctx, ZMQ_DEALER, ep);
    CHECK_EQ (events (a), ZMQ_POLLOUT);
    for (int i = 0; i < 4; i++)
        send_str (a, "turn", 0);
    for (int i = 0; i < 2; i++) {
        expect (b, "turn");
        expect (c, "turn");
    }
    for (int i = 0; i < 3; i++) {
        send_str (b, "b", 0);
        send_str (c, "c", 0);
    }
    int seen[2] = {0, 0};
    for (int i = 0; i < 6; i++) {
        char from;
        CHECK_EQ (zmq_recv (a, &from, 1, 0), 1);
        seen[from == 'c']++;
    }
    CHECK (seen[0] == 3 && seen[1] == 3);
    close0 (c);
    for (int n = 0; n < 2;) {
        send_str (a, "alone?", 0);
        send_str (a, "alone?", 0);
        for (n = 0; wait_for (b, ZMQ_POLLIN, SHORT_WAIT); n++)
            expect (b, "alone?");
    }
    stream (a, b, 10, 0);
    send_str (b, "last words", 0);
    close0 (b);
    expect (a, "last words");
    AWAIT (events (a) == 0);
    CHECK_ERRNO (zmq_send (a, "nobody", 6, ZMQ_DONTWAIT), EAGAIN);
    OK (set_int (a, ZMQ_SNDTIMEO, SHORT_WAIT));
    CHECK_ERRNO (zmq_send (a, "nobody", 6, 0), EAGAIN);
    close0 (a);
}

static void
subscribers (void *ctx, const char *where)
{
    char ep[EP_MAX], topic[8];
    void *p = new_sock (ctx, ZMQ_XPUB), *s = new_sock (ctx, ZMQ_SUB);
    OK (set_int (p, ZMQ_XPUB_VERBOSE, 1));
    bind_to (p, where, ep);
    OK (zmq_connect (s, ep));
    OK (set_str (s, ZMQ_SUBSCRIBE, ""));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 1);
    stream (p, s, 100, 0);
    /* another topic, and no longer everything */
    OK (set_str (s, ZMQ_SUBSCRIBE, "in"));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 3);
    stream (p, s, 10, 0);
    OK (set_str (s, ZMQ_UNSUBSCRIBE, ""));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 1);
    send_str (p, "out", 0);
    send_str (p, "in time", 0);
    send_str (p, "out again", 0);
    send_str (p, "in", 0);
    expect (s, "in time");
    expect (s, "in");
    OK (set_str (s, ZMQ_SUBSCRIBE, ""));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 1);
    stream (p, s, 10, 0);
    /* a second subscriber hears from its subscription on */
    void *t = joined (ctx, ZMQ_SUB, ep);
    OK (set_str (t, ZMQ_SUBSCRIBE, "b"));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 2);
    send_str (p, "both", 0);
    send_str (p, "one", 0);
    expect (s, "both");
    expect (s, "one");
    expect (t, "both");
    quiet (t);
    close0 (t);
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 2);
    stream (p, s, 10, 0);
    close0 (s);
    CHECK (zmq_recv (p, topic, sizeof topic, 0) > 0);
    send_str (p, "nobody", 0);
    close0 (p);
}

int
main (void)
{
    void *ctx = new_ctx ();
    for (int i = 0; i < 2; i++) {
        sizes_and_parts (ctx, wild[i]);
        subscribers (ctx, wild[i]);
    }
    marks_and_options (ctx);
    peers_come_and_go (ctx);
    term (ctx);
    SAY ("done");
    return 0;
}
