/* Heartbeats between two sockets, the handshake time limit, the connect
   timeout, seen through monitors. */
#include "check.h"

/* Input that comes while a closed socket lingers is a sign of life too. */
static void
lingering (void *ctx)
{
    enum { MESSAGES = 400, ANSWERED = 160, SIZE = 60000 };
    static char body[SIZE];
    char ep[EP_MAX];
    int got = 0, listener = raw_listen (ep);
    void *s = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (s, ZMQ_HEARTBEAT_IVL, 100));
    OK (set_int (s, ZMQ_HEARTBEAT_TIMEOUT, 1000));
    OK (set_int (s, ZMQ_SNDHWM, 0));
    OK (zmq_connect (s, ep));
    int fd = raw_accept (listener);
    z_handshake (fd, 1, "PULL", "");
    for (int i = 0; i < MESSAGES; i++)
        CHECK_EQ (zmq_send (s, body, SIZE, 0), SIZE);
    OK (set_int (s, ZMQ_LINGER, LONG_WAIT));
    OK (zmq_close (s));
    while (got < MESSAGES) {
        z_frame *f = z_recv (fd);
        CHECK (f->flags != -1);
        got += !(f->flags & Z_COMMAND);
        /* (what comes when all has been written resets the connection) */
        if (got < ANSWERED) {
            z_send (fd, Z_COMMAND, "\4PONG", 5);
            pause_ms (10);
        }
    }
    SAY ("lingered");
    close (fd);
    close (listener);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX];

    /* both alive: nothing happens for many intervals */
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (b, ZMQ_HEARTBEAT_IVL, 100));
    OK (set_int (b, ZMQ_HEARTBEAT_TIMEOUT, 10000));
    OK (set_int (b, ZMQ_HEARTBEAT_TTL, 20000));
    bind_tcp (b, ep);
    void *m = mon_open (ctx, c, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    OK (zmq_connect (c, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK_EQ (mon_next (m, 800).event, -1);
    send_str (c, "alive", 0);
    expect (b, "alive");
    mon_close (c, m);
    close0 (c);

    /* a peer that never answers a PING is dropped */
    close0 (b);
    b = new_sock (ctx, ZMQ_PULL);
    OK (set_int (b, ZMQ_HEARTBEAT_IVL, 100));
    OK (set_int (b, ZMQ_HEARTBEAT_TIMEOUT, 300));
    bind_tcp (b, ep);
    int fd = raw_connect (ep);
    int64_t t = now_ms ();
    z_handshake (fd, 1, "PUSH", NULL);
    SAY ("silent peer dropped %d", raw_closed (fd, LONG_WAIT));
    CHECK (now_ms () - t >= 350);
    close (fd);
    /* the timeout is the interval when it was not set */
    close0 (b);
    b = new_sock (ctx, ZMQ_PULL);
    OK (set_int (b, ZMQ_HEARTBEAT_IVL, 200));
    bind_tcp (b, ep);
    fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    SAY ("silent peer dropped %d", raw_closed (fd, LONG_WAIT));
    close (fd);
    /* any frame counts as a sign of life */
    fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    for (int i = 0; i < 40; i++) {
        z_send_str (fd, 0, "data");
        pause_ms (25);
    }
    take (b, 40);
    z_send_str (fd, 0, "last");
    expect (b, "last");
    SAY ("busy peer kept");
    close (fd);
    close0 (b);

    /* the other side's TTL, obeyed by one who has no heartbeats itself */
    b = new_sock (ctx, ZMQ_PULL);
    bind_tcp (b, ep);
    fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    t = now_ms ();
    z_send (fd, Z_COMMAND, "\4PING\0\3", 7);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    SAY ("dropped after the TTL %d", raw_closed (fd, LONG_WAIT));
    CHECK (now_ms () - t >= 250);
    close (fd);
    close0 (b);

    /* signs of life after that: whole frames, and not for ever a part of one */
    static const struct { const char *label, *bytes; size_t size; } life[] = {
      {"a message", "\0\1x", 3}, {"PONG", "\4\5\4PONG", 7}, {"PING without a TTL", "\4\7\4PING\0\0", 9},
      {"half a frame", "\0\5x", 3}, {"half a large frame", "\2\0\0\0\0\0\1\0\0x", 10}};
    for (int i = 0; i < 5; i++) {
        b = new_sock (ctx, ZMQ_PULL);
        bind_tcp (b, ep);
        fd = raw_connect (ep);
        z_handshake (fd, 1, "PUSH", NULL);
        z_send (fd, Z_COMMAND, "\4PING\0\4", 7);
        z_expect (fd, Z_COMMAND, "\4PONG", 5);
        raw_send (fd, life[i].bytes, life[i].size);
        SAY ("TTL, then %s: dropped %d", life[i].label, raw_closed (fd, i < 3 ? 1200 : LONG_WAIT));
        close (fd);
        close0 (b);
    }
    /* the TTL and a message that come at once */
    b = new_sock (ctx, ZMQ_PULL);
    bind_tcp (b, ep);
    fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    raw_send (fd, "\4\7\4PING\0\3\0\1x", 12);
    SAY ("TTL and a message: dropped %d", raw_closed (fd, 1000));
    close (fd);
    close0 (b);

    /* a pipe that is full, with no message behind it: PINGs are still answered, and the end is seen */
    b = new_sock (ctx, ZMQ_PULL);
    OK (set_int (b, ZMQ_RCVHWM, 2));
    m = mon_open (ctx, b, ZMQ_EVENT_DISCONNECTED);
    bind_tcp (b, ep);
    fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    raw_send (fd, "\0\1x\0\1y\4\7\4PING\0\0", 15);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    z_send (fd, Z_COMMAND, "\4PING\0\0?", 8);
    z_expect (fd, Z_COMMAND, "\4PONG?", 6);
    raw_send (fd, "\0\5half", 6);
    close (fd);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    expect (b, "x");
    expect (b, "y");
    SAY ("a full pipe");
    mon_close (b, m);
    close0 (b);

    /* a silent peer during the handshake */
    b = new_sock (ctx, ZMQ_PULL);
    OK (set_int (b, ZMQ_HANDSHAKE_IVL, 200));
    m = mon_open (ctx, b, ZMQ_EVENT_ALL);
    bind_tcp (b, ep);
    fd = raw_connect (ep);
    mon_expect (m, ZMQ_EVENT_LISTENING);
    mon_expect (m, ZMQ_EVENT_ACCEPTED);
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    SAY ("handshake limit: closed %d", raw_closed (fd, LONG_WAIT));
    close (fd);
    /* one that has sent its greeting only */
    fd = raw_connect (ep);
    unsigned char g[64];
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    SAY ("handshake limit: closed %d", raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_close (b, m);
    close0 (b);
    /* the connecting side tries again */
    int listener = raw_listen (ep);
    c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (c, ZMQ_HANDSHAKE_IVL, 200));
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    OK (zmq_connect (c, ep));
    for (int i = 0; i < 2; i++) {
        fd = raw_accept (listener);
        SAY ("attempt %d closed %d", i, raw_closed (fd, LONG_WAIT));
        close (fd);
    }
    close0 (c);
    close (listener);
    lingering (ctx);
    term (ctx);
    return 0;
}
