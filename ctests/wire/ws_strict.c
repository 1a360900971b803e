/* A peer that breaks the rules of WebSockets costs its own connection and
   nothing else, and is told why; input that only looks unusual is understood. */
#include "web.h"

/* A DEALER with the time limit and the size limit, bound, and its monitor. */
static void *
opened (void *ctx, int ivl, int64_t most, void **m, char ep[EP_MAX])
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_HANDSHAKE_IVL, ivl));
    OK (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &most, sizeof most));
    *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_LISTENING);
    bind_ws (s, ep);
    return s;
}

/* Frames that are none: the connection ends with this status. */
static void
broken_frame (const char *what, size_t size, int status)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *m, *s = opened (ctx, LONG_WAIT, 1000, &m, ep);
    int good = w_client (ep, "DEALER", ""), bad = w_client (ep, "DEALER", "");
    for (int i = 0; i < 6; i++)
        mon_next (m, LONG_WAIT);
    w_send_str (bad, 1, "\0before");
    expect (s, "before");
    raw_send (bad, what, size);
    z_await (bad, s);
    unsigned char said[2] = {(unsigned char) (status >> 8), (unsigned char) status};
    w_expect (bad, W_CLOSE, 0, said, 2);
    CHECK (raw_closed (bad, LONG_WAIT));
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    w_send_str (good, 1, "\0still here");
    expect (s, "still here");
    close (bad);
    close (good);
    mon_close (s, m);
    close0 (s);
    term (ctx);
}

#define BROKEN(bytes, status) broken_frame (bytes, sizeof (bytes) - 1, status)

static void
frames (void)
{
    BROKEN ("\x82\3\0hi", 1002);                 /* not masked */
    BROKEN ("\x81\x83\0\0\0\0\0hi", 1002);       /* text */
    BROKEN ("\x80\x83\0\0\0\0\0hi", 1002);       /* goes on with nothing */
    BROKEN ("\x02\x83\0\0\0\0\0hi", 1002);       /* a fragment */
    BROKEN ("\xc2\x83\0\0\0\0\0hi", 1002);       /* reserved */
    BROKEN ("\x8b\x80\0\0\0\0", 1002);           /* unknown */
    BROKEN ("\x82\x80\0\0\0\0", 1002);           /* no flags */
    BROKEN ("\x89\xfe\0\x7e", 1002);             /* long ping */
    BROKEN ("\x09\x80\0\0\0\0", 1002);           /* a ping in fragments */
    BROKEN ("\x82\xfe\3\xea\0\0\0\0", 1009);     /* above the limit */
    BROKEN ("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009);
    SAY ("frames");
}

/* Input that only the original takes amiss, or answers in its own way. */
static void
pings_and_leaves (void)
{
    char ep[EP_MAX], longest[125];
    void *ctx = new_ctx (), *m, *s = opened (ctx, LONG_WAIT, -1, &m, ep);
    int fd = w_client (ep, "DEALER", "");
    for (int i = 0; i < 3; i++)
        mon_next (m, LONG_WAIT);
    memset (longest, 'p', sizeof longest);
    w_send (fd, W_PING, 1, longest, sizeof longest);
    z_await (fd, s);
    w_expect (fd, W_PONG, 0, longest, sizeof longest);
    w_send_str (fd, 1, "\0before");
    w_send (fd, W_CLOSE, 1, "\3\xe8", 2);
    z_await (fd, s);
    w_expect (fd, W_CLOSE, 0, "\3\xe8", 2);
    CHECK (raw_closed (fd, LONG_WAIT));
    expect (s, "before");
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    close (fd);
    mon_close (s, m);
    close0 (s);

    /* a client that is left comes back */
    s = new_sock (ctx, ZMQ_DEALER);
    int listener = raw_listen_ws (ep);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    OK (zmq_connect (s, ep));
    fd = w_server (listener, "DEALER", "");
    w_send (fd, W_CLOSE, 0, "\3\xe9", 2);
    z_await (fd, s);
    w_expect (fd, W_CLOSE, 1, "\3\xe9", 2);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    fd = w_server (listener, "DEALER", "");
    w_send_str (fd, 0, "\0again");
    expect (s, "again");
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
    SAY ("pings and leaves");
}

/* Without a mechanism a routing id comes first; a ping before it is none. */
static void
early_ping (void)
{
    char ep[EP_MAX], head[4096];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    bind_ws (s, ep);
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("ZWS2.0"));
    w_head (fd, head);
    w_expect_str (fd, 0, "\0");
    w_send (fd, W_PING, 1, "early", 5);
    w_send_str (fd, 1, "\0peer");
    w_send_str (fd, 1, "\0message");
    expect (s, "message");
    w_expect (fd, W_PONG, 0, "early", 5);
    close (fd);
    close0 (s);
    term (ctx);
    SAY ("early ping");
}

/* Requests as browsers and proxies make them. */
static void
requests (void)
{
    static const char *const good[] = {
      "GET http://localhost/path HTTP/1.1\r\nUpgrade: websocket\r\n"
      "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: " W_KEY "\r\n"
      "Sec-WebSocket-Protocol: ZWS2.0/NULL\r\n\r\n",
      "GET / HTTP/1.1\r\nupgrade:\tWebSocket \r\nconnection:upgrade\r\n"
      "sec-websocket-key: " W_KEY "\r\nsec-websocket-protocol: a\r\n"
      "sec-websocket-protocol: b , ZWS2.0/NULL , ZWS2.0\r\n\r\n",
    };
    static const char *const bad[] = {
      "\xff",
      "POST / HTTP/1.1\r\n",
      "GET / HTTP/1.1\n",
      "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nHost: \1\r\n"
      "Sec-WebSocket-Key: " W_KEY "\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n",
      "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: " W_KEY "\r\nSec-WebSocket-Protocol: ZWS2.0/PLAIN\r\n\r\n",
    };
    char ep[EP_MAX], head[4096];
    void *ctx = new_ctx (), *m, *s = opened (ctx, LONG_WAIT, -1, &m, ep);
    for (int i = 0; i < 2; i++) {
        int fd = raw_connect (ep);
        raw_send_str (fd, good[i]);
        w_head (fd, head);
        CHECK_STR (head, W_RESPONSE ("ZWS2.0/NULL"));
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (fd);
        mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    }
    for (int i = 0; i < 5; i++) {
        int fd = raw_connect (ep);
        raw_send_str (fd, bad[i]);
        CHECK (raw_closed (fd, LONG_WAIT));
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        CHECK_EQ (mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value,
                  ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED);
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
        close (fd);
    }
    /* one that does not end */
    int fd = raw_connect (ep);
    raw_send_str (fd, "GET / HTTP/1.1\r\nA: ");
    char line[64];
    memset (line, 'x', sizeof line);
    int64_t end = now_ms () + LONG_WAIT;
    size_t sent = 0;
    while (send (fd, line, sizeof line, MSG_NOSIGNAL) > 0 && now_ms () < end)
        sent += sizeof line;
    CHECK (sent >= 16000);
    mon_expect (m, ZMQ_EVENT_ACCEPTED);
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    close (fd);
    mon_close (s, m);
    close0 (s);
    term (ctx);
    SAY ("requests");
}

/* The time limit of handshakes holds for the whole opening. */
static void
time_limit (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *m, *s = opened (ctx, 50, -1, &m, ep);
    static const char *const starts[] = {"", "GET / HT", W_REQUEST ("ZWS2.0/NULL")};
    for (int i = 0; i < 3; i++) {
        int fd = raw_connect (ep);
        raw_send_str (fd, starts[i]);
        CHECK (raw_closed (fd, LONG_WAIT));
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        if (i == 2)
            mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        CHECK_EQ (mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, ETIMEDOUT);
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
        close (fd);
    }
    mon_close (s, m);
    close0 (s);
    term (ctx);
    SAY ("time limit");
}

/* A client that has to be authenticated does not get in without a mechanism. */
static void
authenticated (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (s, ZMQ_ZAP_DOMAIN, "domain"));
    bind_ws (s, ep);
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("ZWS2.0"));
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    close0 (s);
    term (ctx);
    SAY ("authenticated");
}

/* A path that HTTP cannot ask for. */
static void
paths (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    CHECK_ERRNO (zmq_connect (s, "ws://127.0.0.1:1/a b"), EINVAL);
    CHECK_ERRNO (zmq_connect (s, "ws://127.0.0.1:1/a\r\nHost: b"), EINVAL);
    close0 (s);
    term (ctx);
}

int
main (void)
{
    frames ();
    pings_and_leaves ();
    early_ping ();
    requests ();
    time_limit ();
    authenticated ();
    paths ();
    return 0;
}
