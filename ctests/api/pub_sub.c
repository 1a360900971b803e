/* PUB and SUB: prefixes, counting of subscriptions, no loss in order,
   replay of subscriptions to a publisher that appears later. */
#include "check.h"

/* Publishes a token until the subscriber has it: only then is it joined. */
static void
sync_up (void *pub, void *sub, const char *topic)
{
    for (int64_t end = now_ms () + LONG_WAIT;;) {
        send_str (pub, topic, 0);
        if (wait_for (sub, ZMQ_POLLIN, 10))
            break;
        CHECK (now_ms () < end);
    }
    while (wait_for (sub, ZMQ_POLLIN, SHORT_WAIT))
        expect (sub, topic);
}

static void
over (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
    bind_to (pub, wildcard, ep);
    SAY ("%.6s", wildcard);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "sync"));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "A"));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "A"));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "Bcd"));
    OK (zmq_connect (sub, ep));
    sync_up (pub, sub, "sync");
    static const char *const all[] = {"A", "AB", "B", "Bc", "Bcd", "Bcde", "C", "", "a"};
    for (int i = 0; i < 9; i++)
        send_parts (pub, all[i], "body");
    send_str (pub, "sync", 0);
    for (;;) {
        char buf[16];
        int n = zmq_recv (sub, buf, sizeof buf, 0);
        OK (n);
        SAY ("  got %.*s, more %d", n, buf, rcvmore (sub));
        if (n == 4 && memcmp (buf, "sync", 4) == 0)
            break;
        expect (sub, "body");
    }
    /* two subscriptions need two unsubscriptions */
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "A"));
    sync_up (pub, sub, "sync");
    send_str (pub, "A1", 0);
    expect (sub, "A1");
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "A"));
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "A"));
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "never"));
    send_str (pub, "A2", 0);
    sync_up (pub, sub, "sync");
    /* order and number */
    OK (set_str (sub, ZMQ_SUBSCRIBE, "n"));
    sync_up (pub, sub, "nsync");
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf (text, sizeof text, "n%03d", i);
        send_str (pub, text, 0);
    }
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf (text, sizeof text, "n%03d", i);
        expect (sub, text);
    }
    quiet (sub);
    SAY ("  events %d %d", events (pub), events (sub));
    close0 (sub);
    close0 (pub);
}

int
main (void)
{
    void *ctx = new_ctx ();
    over (ctx, "tcp://127.0.0.1:*");
    over (ctx, "ipc://*");
    over (ctx, "inproc://*");

    /* nobody there: dropped, never blocks */
    void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
    for (int i = 0; i < 3000; i++)
        CHECK_EQ (zmq_send (pub, "x", 1, 0), 1);
    /* no subscription: nothing */
    char ep[EP_MAX];
    bind_tcp (pub, ep);
    void *m = mon_open (ctx, sub, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (zmq_connect (sub, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    for (int i = 0; i < 20; i++)
        send_str (pub, "x", 0);
    quiet (sub);
    /* a subscriber bound, publishers connect and come back: replay */
    mon_close (sub, m);
    close0 (pub);
    close0 (sub);
    sub = new_sock (ctx, ZMQ_SUB);
    bind_tcp (sub, ep);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "s"));
    for (int i = 0; i < 3; i++) {
        pub = new_sock (ctx, ZMQ_PUB);
        OK (zmq_connect (pub, ep));
        sync_up (pub, sub, "s");
        close0 (pub);
    }
    /* from several publishers */
    void *pubs[3];
    for (int i = 0; i < 3; i++) {
        pubs[i] = new_sock (ctx, ZMQ_PUB);
        OK (zmq_connect (pubs[i], ep));
        sync_up (pubs[i], sub, "s");
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 20; k++)
            send_str (pubs[i], "s", 0);
    take (sub, 60);
    quiet (sub);
    for (int i = 0; i < 3; i++)
        close0 (pubs[i]);
    close0 (sub);

    /* XSUB filters nothing itself and takes subscriptions as messages */
    void *xsub;
    pair_up (ctx, ZMQ_XPUB, ZMQ_XSUB, &pub, &xsub);
    CHECK_EQ (zmq_send (xsub, "\1top", 4, 0), 4);
    say_message ("XPUB", pub);
    send_str (pub, "other", 0);
    send_parts (pub, "topic", "2");
    expect (xsub, "topic", "2");
    CHECK_EQ (zmq_send (xsub, "\0top", 4, 0), 4);
    say_message ("XPUB", pub);
    CHECK_EQ (zmq_send (xsub, "\0unknown", 8, 0), 8);
    CHECK_EQ (zmq_send (xsub, "hello", 5, 0), 5);
    say_message ("XPUB", pub);
    CHECK_EQ (zmq_send (xsub, "", 0, 0), 0);
    say_message ("XPUB", pub);
    send_parts (xsub, "user", "message", "parts");
    say_message ("XPUB", pub);
    CHECK_EQ (zmq_send (xsub, "first", 5, ZMQ_SNDMORE), 5);
    CHECK_EQ (zmq_send (xsub, "\1sub", 4, 0), 4);
    say_message ("XPUB", pub);
    int left = wait_for (pub, ZMQ_POLLIN, SHORT_WAIT);
    SAY ("another %d", left);
    if (left)
        say_message ("XPUB", pub);
    close0 (xsub);
    close0 (pub);
    term (ctx);
    return 0;
}
