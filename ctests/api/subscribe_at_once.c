/* A subscription counts for what is published after zmq_setsockopt has returned, once the
   connection is up: the publisher looks for subscriptions before it publishes. */
#include "check.h"

enum { ROUNDS = 200 };

static void
spin_for (long microseconds)
{
    void *watch = zmq_stopwatch_start ();
    while (zmq_stopwatch_intermediate (watch) < (unsigned long) microseconds)
        ;
    zmq_stopwatch_stop (watch);
}

static void
over (void *ctx, const char *wildcard)
{
    char ep[EP_MAX], topic[16];
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    bind_to (pub, wildcard, ep);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "joined"));
    OK (zmq_connect (sub, ep));
    expect (pub, "\1joined");
    for (int i = 0; i < ROUNDS; i++) {
        snprintf (topic, sizeof topic, "t%d.", i);
        /* Sometimes the publisher is busy all the time, sometimes it was away for a while. */
        if (i % 20 == 0)
            zmq_poll (NULL, 0, 5);
        for (int k = 0; k < i % 5; k++)
            send_str (pub, "nobody", 0);
        OK (set_str (sub, ZMQ_SUBSCRIBE, topic));
        spin_for (100);
        send_str (pub, topic, 0);
        expect (sub, topic);
    }
    close0 (pub);
    close0 (sub);
}

/* It also counts if the subscriber learns of the publisher in its own next call. */
static void
subscriber_binds (void *ctx, const char *wildcard)
{
    char ep[EP_MAX], buf[8];
    void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
    void *mon = mon_open (ctx, pub, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "t"));
    bind_to (sub, wildcard, ep);
    OK (zmq_connect (pub, ep));
    mon_until (mon, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zmq_poll (NULL, 0, 20);
    CHECK_ERRNO (zmq_recv (sub, buf, sizeof buf, ZMQ_DONTWAIT), EAGAIN);
    send_str (pub, "topic", 0);
    expect (sub, "topic");
    mon_close (pub, mon);
    close0 (pub);
    close0 (sub);
}

int
main (void)
{
    void *ctx = zmq_ctx_new ();
    over (ctx, "tcp://127.0.0.1:*");
    over (ctx, "ipc://*");
    for (int i = 0; i < 20; i++)
        subscriber_binds (ctx, i % 2 ? "tcp://127.0.0.1:*" : "ipc://*");
    term (ctx);
    return 0;
}
