/* PAIR: one peer at a time, blocking without one, poll flags. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *a, *b;
    char ep[EP_MAX];

    a = new_sock (ctx, ZMQ_PAIR);
    CHECK_ERRNO (zmq_send (a, "x", 1, ZMQ_DONTWAIT), EAGAIN);
    SAY ("events alone %d", events (a));
    close0 (a);

    static const char *const wild[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    for (int i = 0; i < 3; i++) {
        a = new_sock (ctx, ZMQ_PAIR);
        b = new_sock (ctx, ZMQ_PAIR);
        bind_to (a, wild[i], ep);
        OK (zmq_connect (b, ep));
        send_parts (b, "to", "", "a");
        expect (a, "to", "", "a");
        send_parts (a, "to b");
        expect (b, "to b");
        SAY ("events %d %d", events (a), events (b));
        for (int k = 0; k < 500; k++)
            send_str (a, "many", 0);
        for (int k = 0; k < 500; k++)
            expect (b, "many");
        close0 (b);
        close0 (a);
    }

    /* a second peer is connected but never heard, nor does it hear */
    void *c;
    pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_str (b, "first", 0);
    expect (a, "first");
    c = new_sock (ctx, ZMQ_PAIR);
    last_endpoint (a, ep);
    void *m = mon_open (ctx, c, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (c, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_str (c, "nobody hears", 0);
    quiet (a);
    send_str (a, "for b", 0);
    expect (b, "for b");
    quiet (c);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    mon_close (c, m);
    close0 (c);
    /* a new connection after the first has left takes its place */
    close0 (b);
    AWAIT (zmq_send (a, "?", 1, ZMQ_DONTWAIT) == -1);
    /* (the place is free a moment after that) */
    for (int64_t end = now_ms () + LONG_WAIT;;) {
        b = new_sock (ctx, ZMQ_PAIR);
        OK (zmq_connect (b, ep));
        send_str (b, "again", 0);
        if (wait_for (a, ZMQ_POLLIN, 500))
            break;
        close0 (b);
        CHECK (now_ms () < end);
    }
    expect (a, "again");
    send_str (a, "welcome", 0);
    expect (b, "welcome");
    close0 (a);
    close0 (b);
    term (ctx);
    return 0;
}
