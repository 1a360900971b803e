/* zmq_proxy, zmq_proxy_steerable, zmq_device: forwarding both ways, capture,
   control commands, statistics, the end. */
#include "check.h"

typedef struct
{
    void *front, *back, *capture, *control;
    int how, rc, error;
} proxy;

static void *
run (void *arg)
{
    proxy *p = arg;
    switch (p->how) {
        case 0: p->rc = zmq_proxy (p->front, p->back, p->capture); break;
        case 1: p->rc = zmq_proxy_steerable (p->front, p->back, p->capture, p->control); break;
        case 2: p->rc = zmq_device (ZMQ_QUEUE, p->front, p->back); break;
    }
    p->error = p->rc == -1 ? zmq_errno () : 0;
    OK (zmq_close (p->front));
    if (p->back != p->front)
        OK (zmq_close (p->back));
    if (p->capture)
        OK (zmq_close (p->capture));
    if (p->control)
        OK (zmq_close (p->control));
    return NULL;
}

static void
no_linger (void *s)
{
    OK (set_int (s, ZMQ_LINGER, 0));
}

/* requests through ROUTER and DEALER, ended by the context */
static void
queue (int how)
{
    void *ctx = new_ctx ();
    char front[EP_MAX], back[EP_MAX];
    proxy p = {new_sock (ctx, ZMQ_ROUTER), new_sock (ctx, ZMQ_DEALER), NULL, NULL, how, 0, 0};
    bind_tcp (p.front, front);
    bind_tcp (p.back, back);
    no_linger (p.front);
    no_linger (p.back);
    void *capture = NULL;
    if (how != 2) {
        p.capture = new_sock (ctx, ZMQ_PAIR);
        OK (zmq_bind (p.capture, "inproc://capture"));
        capture = new_sock (ctx, ZMQ_PAIR);
        OK (zmq_connect (capture, "inproc://capture"));
    }
    pthread_t t = start (run, &p);
    void *req = new_sock (ctx, ZMQ_REQ), *rep = new_sock (ctx, ZMQ_REP);
    OK (set_str (req, ZMQ_ROUTING_ID, "R"));
    OK (zmq_connect (req, front));
    OK (zmq_connect (rep, back));
    for (int i = 0; i < 20; i++) {
        send_parts (req, "q", "2");
        expect (rep, "q", "2");
        send_parts (rep, "a");
        expect (req, "a");
        if (capture) {
            expect (capture, "R", "", "q", "2");
            expect (capture, "R", "", "a");
        }
    }
    OK (zmq_ctx_shutdown (ctx));
    finish (t);
    SAY ("how %d ended: %d %s", how, p.rc, err_name (p.error));
    OK (zmq_close (req));
    OK (zmq_close (rep));
    if (capture)
        OK (zmq_close (capture));
    term (ctx);
}

/* PULL to PUSH, steered */
static void
steered (void)
{
    void *ctx = new_ctx ();
    proxy p = {new_sock (ctx, ZMQ_PULL), new_sock (ctx, ZMQ_PUSH), NULL, new_sock (ctx, ZMQ_PAIR), 1, 0, 0};
    OK (zmq_bind (p.front, "inproc://front"));
    OK (zmq_bind (p.back, "inproc://back"));
    OK (zmq_bind (p.control, "inproc://control"));
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL), *control = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_connect (push, "inproc://front"));
    OK (zmq_connect (pull, "inproc://back"));
    OK (zmq_connect (control, "inproc://control"));
    pthread_t t = start (run, &p);

    /* one frame: of longer messages some releases count the messages and some the frames */
    send_str (push, "one", 0);
    expect (pull, "one");
    send_str (control, "PAUSE", 0);
    send_str (control, "STATISTICS", 0);
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        CHECK_EQ (zmq_recv (control, &v, sizeof v, 0), 8);
        SAY ("statistics %d: %llu, more %d", i, (unsigned long long) v, rcvmore (control));
    }
    /* paused: it stays where it is */
    send_str (push, "two", 0);
    quiet (pull);
    send_str (control, "RESUME", 0);
    expect (pull, "two");
    send_str (control, "STATISTICS", 0);
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        CHECK_EQ (zmq_recv (control, &v, sizeof v, 0), 8);
        SAY ("statistics %d: %llu", i, (unsigned long long) v);
    }
    send_str (control, "TERMINATE", 0);
    finish (t);
    SAY ("ended: %d", p.rc);
    close0 (push);
    close0 (pull);
    close0 (control);
    term (ctx);
}

int
main (void)
{
    queue (0);
    queue (1);
    queue (2);
    steered ();

    /* one socket as both ends: an echo */
    void *ctx = new_ctx ();
    proxy p = {new_sock (ctx, ZMQ_REP), NULL, NULL, NULL, 0, 0, 0};
    p.back = p.front;
    OK (zmq_bind (p.front, "inproc://echo"));
    void *req = new_sock (ctx, ZMQ_REQ);
    OK (zmq_connect (req, "inproc://echo"));
    pthread_t t = start (run, &p);
    for (int i = 0; i < 10; i++) {
        send_str (req, "say it", 0);
        expect (req, "say it");
    }
    OK (zmq_ctx_shutdown (ctx));
    finish (t);
    SAY ("echo ended: %d %s", p.rc, err_name (p.error));
    OK (zmq_close (req));
    term (ctx);

    /* subscriptions go through XSUB and XPUB */
    ctx = new_ctx ();
    p = (proxy){new_sock (ctx, ZMQ_XSUB), new_sock (ctx, ZMQ_XPUB), NULL, NULL, 0, 0, 0};
    OK (zmq_bind (p.front, "inproc://pubs"));
    OK (zmq_bind (p.back, "inproc://subs"));
    void *xpub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    OK (zmq_connect (xpub, "inproc://pubs"));
    OK (zmq_connect (sub, "inproc://subs"));
    t = start (run, &p);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "topic"));
    say_message ("seen by the publisher", xpub);
    send_parts (xpub, "topic", "news");
    expect (sub, "topic", "news");
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "topic"));
    say_message ("seen by the publisher", xpub);
    OK (zmq_ctx_shutdown (ctx));
    finish (t);
    OK (zmq_close (xpub));
    OK (zmq_close (sub));
    term (ctx);

    /* a full back end holds the front end up: nothing is lost or dropped */
    ctx = new_ctx ();
    p = (proxy){new_sock (ctx, ZMQ_PULL), new_sock (ctx, ZMQ_PUSH), NULL, NULL, 0, 0, 0};
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    void *all[4] = {p.front, p.back, push, pull};
    for (int i = 0; i < 4; i++) {
        OK (set_int (all[i], ZMQ_SNDHWM, 10));
        OK (set_int (all[i], ZMQ_RCVHWM, 10));
    }
    OK (zmq_bind (p.front, "inproc://in"));
    OK (zmq_bind (p.back, "inproc://out"));
    OK (zmq_connect (push, "inproc://in"));
    OK (zmq_connect (pull, "inproc://out"));
    t = start (run, &p);
    OK (set_int (push, ZMQ_SNDTIMEO, 500));
    int n = 0;
    while (zmq_send (push, "x", 1, 0) == 1)
        n++;
    SAY ("taken at least both queues %d, and at most a little more %d", n >= 40, n <= 42);
    take (pull, n);
    quiet (pull);
    OK (zmq_ctx_shutdown (ctx));
    finish (t);
    OK (zmq_close (push));
    OK (zmq_close (pull));
    term (ctx);

    /* errors */
    ctx = new_ctx ();
    void *s = new_sock (ctx, ZMQ_PAIR);
    SHOW (zmq_proxy (NULL, s, NULL));
    SHOW (zmq_proxy (s, NULL, NULL));
    SHOW (zmq_proxy_steerable (NULL, s, NULL, NULL));
    SHOW (zmq_proxy_steerable (s, NULL, NULL, NULL));
    close0 (s);
    term (ctx);
    return 0;
}
