/* High-water marks on tcp and ipc, changed while in use; linger; messages
   kept over a reconnect. */
#include "check.h"

static void *
terminate (void *ctx)
{
    int64_t t = now_ms ();
    term (ctx);
    return (void *) (intptr_t) (now_ms () - t);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX];

    /* the queue of a connect is there at once, and exactly so long */
    void *push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_SNDHWM, 7));
    OK (zmq_connect (push, "tcp://127.0.0.1:1"));
    SAY ("queued for nobody: %d", fill (push, "x", 100));
    close0 (push);
    /* raised while in use, not yet full; lowering drops nothing */
    push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_SNDHWM, 7));
    OK (zmq_connect (push, "tcp://127.0.0.1:1"));
    CHECK_EQ (fill (push, "x", 5), 5);
    OK (set_int (push, ZMQ_SNDHWM, 10));
    SAY ("5, then raised from 7 to 10: %d", fill (push, "x", 100));
    OK (set_int (push, ZMQ_SNDHWM, 3));
    SAY ("more after lowering: %d", fill (push, "x", 100));
    close0 (push);

    /* on inproc: lowered while full, nothing is lost */
    void *pull = new_sock (ctx, ZMQ_PULL);
    push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_SNDHWM, 5));
    OK (set_int (pull, ZMQ_RCVHWM, 5));
    OK (zmq_bind (pull, "inproc://live"));
    OK (zmq_connect (push, "inproc://live"));
    SAY ("inproc 5 + 5: %d", fill (push, "x", 100));
    OK (set_int (push, ZMQ_SNDHWM, 2));
    SAY ("lowered: %d", fill (push, "x", 100));
    SAY ("received: %d", drain (pull, SHORT_WAIT));
    close0 (push);
    close0 (pull);

    /* messages of several frames count as one */
    push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_SNDHWM, 2));
    OK (zmq_connect (push, "inproc://multi"));
    int n = 0;
    while (zmq_send (push, "1", 1, ZMQ_DONTWAIT | ZMQ_SNDMORE) == 1) {
        for (int i = 0; i < 20; i++)
            CHECK_EQ (zmq_send (push, "more", 4, ZMQ_DONTWAIT | ZMQ_SNDMORE), 4);
        CHECK_EQ (zmq_send (push, "end", 3, ZMQ_DONTWAIT), 3);
        n++;
    }
    SAY ("messages of 22 frames: %d", n);
    close0 (push);

    /* a slow reader on tcp stops the writer, and nothing is lost */
    static const char *const wild[] = {"tcp://127.0.0.1:*", "ipc://*"};
    static char big[60000];
    for (int i = 0; i < 2; i++) {
        pull = new_sock (ctx, ZMQ_PULL);
        push = new_sock (ctx, ZMQ_PUSH);
        OK (set_int (pull, ZMQ_RCVHWM, 5));
        OK (set_int (push, ZMQ_SNDHWM, 5));
        OK (set_int (pull, ZMQ_RCVBUF, 65536));
        OK (set_int (push, ZMQ_SNDBUF, 65536));
        bind_to (pull, wild[i], ep);
        OK (zmq_connect (push, ep));
        OK (set_int (push, ZMQ_SNDTIMEO, 300));
        int sent = 0;
        while (zmq_send (push, big, sizeof big, 0) != -1)
            CHECK (++sent < 5000);
        CHECK (errno == EAGAIN && sent >= 10);
        for (int k = 0; k < sent; k++)
            CHECK_EQ (zmq_recv (pull, big, sizeof big, 0), sizeof big);
        quiet (pull);
        SAY ("%.4s stopped by the reader, all received", wild[i]);
        close0 (push);
        close0 (pull);
    }

    /* linger 0: dropped, the context ends at once */
    void *c = new_ctx ();
    push = new_sock (c, ZMQ_PUSH);
    OK (zmq_connect (push, "tcp://127.0.0.1:1"));
    send_str (push, "dropped", 0);
    close0 (push);
    CHECK ((intptr_t) finish (start (terminate, c)) < LONG_WAIT);
    SAY ("linger 0 done");
    /* linger n: tried so long, then dropped */
    c = new_ctx ();
    push = new_sock (c, ZMQ_PUSH);
    OK (set_int (push, ZMQ_LINGER, 300));
    OK (zmq_connect (push, "tcp://127.0.0.1:1"));
    send_str (push, "dropped", 0);
    OK (zmq_close (push));
    intptr_t took = (intptr_t) finish (start (terminate, c));
    CHECK (took >= 250);
    SAY ("linger 300 waited");
    /* linger -1: delivered when the peer comes, however late */
    c = new_ctx ();
    push = new_sock (c, ZMQ_PUSH);
    make_dir (ep);
    char dir[EP_MAX], at[EP_MAX + 16];
    strcpy (dir, ep);
    snprintf (at, sizeof at, "ipc://%s/s", dir);
    OK (zmq_connect (push, at));
    for (int i = 0; i < 20; i++)
        send_str (push, "kept", 0);
    OK (zmq_close (push));
    pthread_t t = start (terminate, c);
    pause_ms (100);
    pull = new_sock (ctx, ZMQ_PULL);
    OK (zmq_bind (pull, at));
    take (pull, 20);
    finish (t);
    SAY ("linger -1 delivered 20");
    close0 (pull);
    remove_dir (dir);
    /* a big message is flushed before the context ends */
    for (int i = 0; i < 2; i++) {
        c = new_ctx ();
        pull = new_sock (ctx, ZMQ_PULL);
        bind_to (pull, wild[i], ep);
        push = new_sock (c, ZMQ_PUSH);
        OK (zmq_connect (push, ep));
        for (int k = 0; k < 50; k++)
            CHECK_EQ (zmq_send (push, big, sizeof big, 0), sizeof big);
        OK (zmq_close (push));
        t = start (terminate, c);
        take (pull, 50);
        finish (t);
        close0 (pull);
    }
    SAY ("flushed");
    /* the context option changes the default */
    c = new_ctx ();
    OK (zmq_ctx_set (c, ZMQ_BLOCKY, 0));
    push = new_sock (c, ZMQ_PUSH);
    OK (zmq_connect (push, "tcp://127.0.0.1:1"));
    send_str (push, "dropped", 0);
    OK (zmq_close (push));
    finish (start (terminate, c));
    SAY ("not blocky done");

    /* messages queued at a connect survive the loss of the connection */
    pull = new_sock (ctx, ZMQ_PULL);
    bind_tcp (pull, ep);
    push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_RECONNECT_IVL, 20));
    void *m = mon_open (ctx, push, ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (push, ep));
    send_str (push, "before", 0);
    expect (pull, "before");
    close0 (pull);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    for (int i = 0; i < 10; i++)
        send_parts (push, "kept", "whole");
    pull = new_sock (ctx, ZMQ_PULL);
    AWAIT (zmq_bind (pull, ep) == 0);
    for (int i = 0; i < 10; i++)
        expect (pull, "kept", "whole");
    SAY ("kept over the reconnect");
    mon_close (push, m);
    close0 (push);
    close0 (pull);

    /* RECONNECT_IVL -1: once lost, lost; a new connect works */
    static const int ivl[] = {-1, 0};
    for (int i = 0; i < 2; i++) {
        pull = new_sock (ctx, ZMQ_PULL);
        bind_tcp (pull, ep);
        push = new_sock (ctx, ZMQ_PUSH);
        OK (set_int (push, ZMQ_RECONNECT_IVL, ivl[i]));
        m = mon_open (ctx, push, ZMQ_EVENT_ALL);
        OK (zmq_connect (push, ep));
        send_str (push, "a", 0);
        expect (pull, "a");
        close0 (pull);
        mon_until (m, ZMQ_EVENT_DISCONNECTED);
        pull = new_sock (ctx, ZMQ_PULL);
        AWAIT (zmq_bind (pull, ep) == 0);
        CHECK_EQ (mon_next (m, 3 * SHORT_WAIT).event, -1);
        SHOW_AS ("disconnect of the lost one", zmq_disconnect (push, ep));
        OK (zmq_connect (push, ep));
        send_str (push, "b", 0);
        expect (pull, "b");
        mon_close (push, m);
        close0 (push);
        close0 (pull);
    }
    term (ctx);
    return 0;
}
