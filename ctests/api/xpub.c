/* XPUB: which subscriptions the application sees, by option. */
#include "check.h"

static void
sub_to (void *s, const char *t)
{
    OK (set_str (s, ZMQ_SUBSCRIBE, t));
}

static void
unsub_from (void *s, const char *t)
{
    OK (set_str (s, ZMQ_UNSUBSCRIBE, t));
}

/* Prints what arrived at pub; a marker topic ends each step. */
static void
step (const char *label, void *pub, void *last)
{
    static int marker;
    char topic[32], buf[64];
    snprintf (topic, sizeof topic, "marker%d", ++marker);
    sub_to (last, topic);
    printf ("%s:", label);
    for (;;) {
        int n = zmq_recv (pub, buf, sizeof buf, 0);
        OK (n);
        if (n == (int) strlen (topic) + 1 && memcmp (buf + 1, topic, (size_t) n - 1) == 0)
            break;
        printf (" %c%.*s", buf[0] == 0 ? '-' : buf[0] == 1 ? '+' : '?', n - 1, buf + 1);
    }
    putchar ('\n');
}

static void
session (void *ctx, const char *wildcard, int option, int option2)
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_XPUB), *a = new_sock (ctx, ZMQ_SUB), *b = new_sock (ctx, ZMQ_SUB);
    SAY ("%.6s options %d %d", wildcard, option, option2);
    if (option)
        OK (set_int (pub, option, 1));
    if (option2)
        OK (set_int (pub, option2, 0));
    bind_to (pub, wildcard, ep);
    OK (zmq_connect (a, ep));
    sub_to (a, "A");
    step ("a subscribes A", pub, a);
    sub_to (a, "A");
    step ("a subscribes A again", pub, a);
    OK (zmq_connect (b, ep));
    sub_to (b, "A");
    sub_to (b, "B");
    step ("b subscribes A B", pub, b);
    unsub_from (a, "A");
    step ("a leaves A once", pub, a);
    unsub_from (a, "A");
    step ("a leaves A twice", pub, a);
    send_str (pub, "A", 0);
    expect (b, "A");
    quiet (a);
    unsub_from (b, "A");
    step ("b leaves A", pub, b);
    unsub_from (b, "B");
    step ("b leaves B", pub, b);
    /* a goes away: cancels for what it alone had */
    sub_to (a, "gone");
    step ("a subscribes gone", pub, a);
    close0 (a);
    /* the rest of a's topics, in the order of the store */
    int n = 0;
    for (;;) {
        char buf[64];
        int size = zmq_recv (pub, buf, sizeof buf, 0);
        CHECK (size > 0 && buf[0] == 0);
        n++;
        if (size == 5 && memcmp (buf, "\0gone", 5) == 0)
            break;
    }
    /* "gone" sorts before the markers in some stores: take all 5 of them */
    while (n < 6) {
        char buf[64];
        if (!wait_for (pub, ZMQ_POLLIN, SHORT_WAIT))
            break;
        OK (zmq_recv (pub, buf, sizeof buf, 0));
        n++;
    }
    SAY ("cancels after a closed: %d", n);
    close0 (b);
    close0 (pub);
}

int
main (void)
{
    void *ctx = new_ctx ();
    static const char *const wild[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    for (int i = 0; i < 3; i++) {
        session (ctx, wild[i], 0, 0);
        session (ctx, wild[i], ZMQ_XPUB_VERBOSE, 0);
        session (ctx, wild[i], ZMQ_XPUB_VERBOSER, 0);
        session (ctx, wild[i], ZMQ_XPUB_VERBOSER, ZMQ_XPUB_VERBOSE);
    }
    /* topics of every size class, also longer than a short command */
    void *pub, *sub;
    pair_up (ctx, ZMQ_XPUB, ZMQ_SUB, &pub, &sub);
    static char topic[600];
    static const size_t sizes[] = {0, 1, 100, 243, 244, 245};
    memset (topic, 't', sizeof topic);
    for (int i = 0; i < 6; i++) {
        char buf[700];
        OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, sizes[i]));
        CHECK_EQ (zmq_recv (pub, buf, sizeof buf, 0), (int) sizes[i] + 1);
        CHECK (buf[0] == 1 && memcmp (buf + 1, topic, sizes[i]) == 0);
        CHECK_EQ (zmq_send (pub, topic, sizes[i], 0), (int) sizes[i]);
        CHECK_EQ (zmq_recv (sub, buf, sizeof buf, 0), (int) sizes[i]);
        OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, sizes[i]));
        CHECK_EQ (zmq_recv (pub, buf, sizeof buf, 0), (int) sizes[i] + 1);
        CHECK_EQ (buf[0], 0);
    }
    close0 (sub);
    close0 (pub);
    term (ctx);
    return 0;
}
