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

int
main (void)
{
    void *ctx = zmq_ctx_new ();
    over (ctx, "tcp://127.0.0.1:*");
    over (ctx, "ipc://*");
    term (ctx);
    return 0;
}
