/* PUSH, PULL and DEALER: balance over peers, fair queueing, blocking,
   atomicity of multipart messages. */
#include "check.h"

static void
balance (void *ctx, int from, int to, const char *wildcard)
{
    char ep[EP_MAX], text[8];
    void *out = new_sock (ctx, from), *in[3];
    SAY ("%d to %d %.6s", from, to, wildcard);
    for (int i = 0; i < 3; i++) {
        in[i] = new_sock (ctx, to);
        bind_to (in[i], wildcard, ep);
        OK (zmq_connect (out, ep));
    }
    /* connected pipes exist at once: strict rotation, whole messages */
    for (int i = 0; i < 9; i++) {
        snprintf (text, sizeof text, "%d", i);
        send_str (out, text, ZMQ_SNDMORE);
        send_str (out, "+", 0);
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            snprintf (text, sizeof text, "%d", k * 3 + i);
            expect (in[i], text, "+");
        }
    for (int i = 0; i < 3; i++)
        close0 (in[i]);
    close0 (out);

    /* fair queue: one message of each sender in turn */
    void *sink = new_sock (ctx, to), *src[3];
    bind_to (sink, wildcard, ep);
    for (int i = 0; i < 3; i++) {
        src[i] = new_sock (ctx, from);
        OK (zmq_connect (src[i], ep));
        snprintf (text, sizeof text, "%d", i);
        for (int k = 0; k < 10; k++)
            send_parts (src[i], text, "+");
    }
    int count[3] = {0, 0, 0};
    for (int k = 0; k < 30; k++) {
        char buf[4];
        CHECK_EQ (zmq_recv (sink, buf, 4, 0), 1);
        CHECK (rcvmore (sink));
        count[buf[0] - '0']++;
        expect (sink, "+");
    }
    SAY ("got %d %d %d", count[0], count[1], count[2]);
    quiet (sink);
    for (int i = 0; i < 3; i++)
        close0 (src[i]);
    close0 (sink);

    /* nobody there: blocks */
    out = new_sock (ctx, from);
    SHOW (zmq_send (out, "x", 1, ZMQ_DONTWAIT));
    SAY ("events %d", events (out));
    bind_to (out, wildcard, ep);
    SHOW (zmq_send (out, "x", 1, ZMQ_DONTWAIT));
    /* a blocked send goes on when a peer comes */
    void *late = new_sock (ctx, to);
    OK (zmq_connect (late, ep));
    CHECK_EQ (zmq_send (out, "now", 3, 0), 3);
    expect (late, "now");
    CHECK (wait_for (out, ZMQ_POLLOUT, LONG_WAIT));
    close0 (late);
    AWAIT (zmq_send (out, "y", 1, ZMQ_DONTWAIT) == -1);
    close0 (out);
}

int
main (void)
{
    void *ctx = new_ctx ();
    static const char *const wild[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    for (int i = 0; i < 3; i++) {
        balance (ctx, ZMQ_PUSH, ZMQ_PULL, wild[i]);
        balance (ctx, ZMQ_DEALER, ZMQ_DEALER, wild[i]);
    }
    /* fair queueing is exact on inproc when all is there before */
    void *sink = new_sock (ctx, ZMQ_PULL), *src[3];
    OK (zmq_bind (sink, "inproc://fair"));
    for (int i = 0; i < 3; i++) {
        src[i] = new_sock (ctx, ZMQ_PUSH);
        OK (zmq_connect (src[i], "inproc://fair"));
        for (int k = 0; k < 4; k++)
            send_str (src[i], i == 0 ? "0" : i == 1 ? "1" : "2", 0);
    }
    for (int k = 0; k < 12; k++)
        say_message ("fair", sink);
    for (int i = 0; i < 3; i++)
        close0 (src[i]);
    close0 (sink);

    /* half a message is never seen, wherever the sender goes away */
    char ep[EP_MAX];
    sink = new_sock (ctx, ZMQ_PULL);
    bind_tcp (sink, ep);
    void *a = new_sock (ctx, ZMQ_PUSH), *b = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (a, ep));
    send_str (a, "whole", 0);
    expect (sink, "whole");
    CHECK_EQ (zmq_send (a, "half", 4, ZMQ_SNDMORE), 4);
    OK (zmq_connect (b, ep));
    send_str (b, "other", 0);
    expect (sink, "other");
    close0 (a);
    send_parts (b, "two", "parts");
    expect (sink, "two", "parts");
    quiet (sink);
    close0 (b);
    close0 (sink);

    /* CONFLATE keeps the last one only */
    sink = new_sock (ctx, ZMQ_PULL);
    OK (set_int (sink, ZMQ_CONFLATE, 1));
    bind_tcp (sink, ep);
    a = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (a, ep));
    for (int i = 0; i < 20; i++) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        send_str (a, text, 0);
    }
    for (int64_t end = now_ms () + LONG_WAIT;;) {
        char buf[8] = "";
        OK (zmq_recv (sink, buf, 7, 0));
        if (strcmp (buf, "19") == 0)
            break;
        CHECK (now_ms () < end);
    }
    quiet (sink);
    close0 (a);
    close0 (sink);
    /* on inproc: exact, and frames count as messages */
    sink = new_sock (ctx, ZMQ_PULL);
    a = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (sink, ZMQ_CONFLATE, 1));
    OK (set_int (a, ZMQ_CONFLATE, 1));
    OK (zmq_bind (sink, "inproc://conflate"));
    OK (zmq_connect (a, "inproc://conflate"));
    for (int i = 0; i < 5; i++)
        send_str (a, "early", 0);
    send_parts (a, "1", "2");
    char buf[8];
    CHECK_EQ (zmq_recv (sink, buf, 8, 0), 1);
    SAY ("conflated multipart: %c, more %d", buf[0], rcvmore (sink));
    CHECK_ERRNO (zmq_recv (sink, buf, 8, ZMQ_DONTWAIT), EAGAIN);
    close0 (a);
    close0 (sink);

    /* IMMEDIATE: nothing is queued for a peer that is not there */
    a = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (a, "tcp://127.0.0.1:1"));
    SHOW (zmq_send (a, "queued", 6, ZMQ_DONTWAIT));
    close0 (a);
    a = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (a, ZMQ_IMMEDIATE, 1));
    OK (zmq_connect (a, "tcp://127.0.0.1:1"));
    SHOW (zmq_send (a, "refused", 7, ZMQ_DONTWAIT));
    sink = new_sock (ctx, ZMQ_PULL);
    bind_tcp (sink, ep);
    OK (zmq_connect (a, ep));
    for (int i = 0; i < 10; i++)
        send_str (a, "live", 0);
    take (sink, 10);
    close0 (sink);
    AWAIT (zmq_send (a, "x", 1, ZMQ_DONTWAIT) == -1 && errno == EAGAIN);
    sink = new_sock (ctx, ZMQ_PULL);
    AWAIT (zmq_bind (sink, ep) == 0);
    send_str (a, "back", 0);
    expect (sink, "back");
    close0 (a);
    close0 (sink);
    term (ctx);
    return 0;
}
