/* inproc: either order of bind and connect, high-water marks added up, names
   per context, no reconnect, early closing. */
#include "check.h"

static void
capacity (void *ctx, int snd, int rcv, int bind_first)
{
    static int n;
    char ep[EP_MAX];
    snprintf (ep, sizeof ep, "inproc://capacity-%d", ++n);
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (push, ZMQ_SNDHWM, snd));
    OK (set_int (pull, ZMQ_RCVHWM, rcv));
    int early = -1;
    if (bind_first) {
        OK (zmq_bind (pull, ep));
        OK (zmq_connect (push, ep));
    } else {
        OK (zmq_connect (push, ep));
        if (snd)
            early = fill (push, "x", 10000);
        OK (zmq_bind (pull, ep));
    }
    events (push); /* hears of the other side */
    int more = fill (push, "x", 10000);
    int got = drain (pull, SHORT_WAIT);
    SAY ("SNDHWM %d RCVHWM %d %s: %d before, %d after, %d received", snd, rcv,
         bind_first ? "bind first" : "connect first", early, more, got);
    close0 (push);
    close0 (pull);
}

static void *
connector (void *arg)
{
    void *ctx = arg, *s = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (s, "inproc://race"));
    send_str (s, "racer", 0);
    OK (zmq_close (s));
    return NULL;
}

int
main (void)
{
    void *ctx = new_ctx ();
    static const int hwm[][2] = {{1, 1}, {5, 7}, {1, 0}, {0, 1}, {10, 10}, {1000, 1000}};
    for (int i = 0; i < 6; i++) {
        capacity (ctx, hwm[i][0], hwm[i][1], 1);
        capacity (ctx, hwm[i][0], hwm[i][1], 0);
    }
    /* room comes back after about half was read */
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (push, ZMQ_SNDHWM, 10));
    OK (set_int (pull, ZMQ_RCVHWM, 10));
    OK (zmq_bind (pull, "inproc://credit"));
    OK (zmq_connect (push, "inproc://credit"));
    SAY ("filled %d", fill (push, "x", 100));
    int reads = 0;
    while (!(events (push) & ZMQ_POLLOUT)) {
        take (pull, 1);
        reads++;
    }
    SAY ("room after %d reads, then %d more", reads, fill (push, "x", 100));
    close0 (push);
    close0 (pull);

    /* connect, send and close before anybody binds */
    push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, "inproc://late"));
    send_parts (push, "from", "the past");
    OK (zmq_close (push));
    pull = new_sock (ctx, ZMQ_PULL);
    OK (zmq_bind (pull, "inproc://late"));
    expect (pull, "from", "the past");
    close0 (pull);

    /* many connect first, then one binds: routing ids come along */
    void *dealers[10], *router = new_sock (ctx, ZMQ_ROUTER);
    for (int i = 0; i < 10; i++) {
        char id[8];
        dealers[i] = new_sock (ctx, ZMQ_DEALER);
        snprintf (id, sizeof id, "id%d", i);
        OK (set_str (dealers[i], ZMQ_ROUTING_ID, id));
        OK (zmq_connect (dealers[i], "inproc://many"));
        send_str (dealers[i], "hi", 0);
    }
    OK (zmq_bind (router, "inproc://many"));
    for (int i = 0; i < 10; i++) {
        char id[8];
        int n = zmq_recv (router, id, sizeof id, 0);
        CHECK_EQ (n, 3);
        expect (router, "hi");
        CHECK_EQ (zmq_send (router, id, 3, ZMQ_SNDMORE), 3);
        CHECK_EQ (zmq_send (router, id, 3, 0), 3);
    }
    for (int i = 0; i < 10; i++) {
        char id[8];
        snprintf (id, sizeof id, "id%d", i);
        expect (dealers[i], id);
        close0 (dealers[i]);
    }
    close0 (router);

    /* some threads connect while this one binds */
    for (int round = 0; round < 20; round++) {
        pthread_t t[4];
        void *c2 = new_ctx ();
        for (int i = 0; i < 4; i++)
            t[i] = start (connector, c2);
        pull = new_sock (c2, ZMQ_PULL);
        OK (zmq_bind (pull, "inproc://race"));
        take (pull, 4);
        for (int i = 0; i < 4; i++)
            finish (t[i]);
        close0 (pull);
        term (c2);
    }
    SAY ("races done");

    /* names belong to their context */
    void *other = new_ctx (), *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (other, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://same"));
    OK (zmq_bind (b, "inproc://same"));
    close0 (b);
    term (other);

    /* unbind frees the name at once and leaves connections alone */
    b = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_connect (b, "inproc://same"));
    send_str (b, "1", 0);
    expect (a, "1");
    OK (zmq_unbind (a, "inproc://same"));
    send_str (b, "2", 0);
    expect (a, "2");
    void *c = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (c, "inproc://same"));
    close0 (c);
    /* the binder goes: no reconnect to a later one */
    close0 (a);
    AWAIT (events (b) == 0);
    a = new_sock (ctx, ZMQ_PAIR);
    AWAIT (zmq_bind (a, "inproc://same") == 0);
    SHOW (zmq_send (b, "x", 1, ZMQ_DONTWAIT));
    quiet (a);
    /* disconnect ends the connection */
    OK (zmq_connect (b, "inproc://same"));
    send_str (b, "3", 0);
    expect (a, "3");
    OK (zmq_disconnect (b, "inproc://same"));
    AWAIT (events (a) == 0);
    SHOW (zmq_disconnect (b, "inproc://same"));
    close0 (a);
    close0 (b);

    /* socket types are not compared */
    void *pub = new_sock (ctx, ZMQ_PUSH), *rep = new_sock (ctx, ZMQ_DEALER);
    OK (zmq_bind (rep, "inproc://mixed"));
    OK (zmq_connect (pub, "inproc://mixed"));
    send_str (pub, "odd pair", 0);
    expect (rep, "odd pair");
    close0 (pub);
    close0 (rep);

    /* a context ends although a connect never met its bind */
    push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, "inproc://never"));
    send_str (push, "x", 0);
    OK (zmq_close (push));
    term (ctx);
    return 0;
}
