/* A connecting endpoint tries again after whatever its peer did, less and less
   often until a handshake has succeeded. Only ZMQ_RECONNECT_STOP ends it. */
#include "check.h"

#define RECONNECT_STOP 109
#define STOP_HANDSHAKE_FAILED 2

#define SHORTEST 5
#define LONGEST 40

static void *ctx;
static char ep[EP_MAX];

/* The manners of a listener that is no peer towards its visitors. */
typedef enum
{
    CLOSES,       /* a forwarder without a server */
    HEARS,        /* closes when it has read the greeting */
    RESETS,       /* a server that is full */
    GREETS,       /* closes after its own greeting */
    PAGE,         /* a proxy with an error page */
    OTHER,        /* another mechanism */
    UNFIT,        /* a socket type that does not fit */
    TOO_LONG,     /* a handshake, then a frame beyond ZMQ_MAXMSGSIZE */
    NO_ENVELOPE,  /* a handshake, then a reply without its empty frame */
    MANNERS
} manner;

static const char *const names[] = {
  "closes", "hears", "resets", "greets", "page", "other", "unfit", "too long", "no envelope",
};

static void
receive_visitor (int listener, manner how)
{
    unsigned char g[64], theirs[64];
    int fd = raw_accept (listener);
    z_greeting (g, 3, 1);
    switch (how) {
    case CLOSES:
        break;
    case HEARS:
        CHECK (raw_recv (fd, theirs, 10, LONG_WAIT) == 10);
        break;
    case RESETS: {
        struct linger now = {1, 0};
        OK (setsockopt (fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
        break;
    }
    case GREETS:
        raw_send (fd, g, 64);
        CHECK_EQ (raw_recv (fd, theirs, 64, LONG_WAIT), 64);
        break;
    case PAGE:
        raw_send (fd, "HTTP/1.1 502 Bad Gateway\r\n\r\n", 28);
        CHECK (raw_closed (fd, LONG_WAIT));
        break;
    case OTHER:
        memcpy (g + 12, "NULLX", 5);
        raw_send (fd, g, 64);
        CHECK (raw_closed (fd, LONG_WAIT));
        break;
    case UNFIT:
        z_handshake (fd, 1, "PUB", NULL);
        CHECK (raw_closed (fd, LONG_WAIT));
        break;
    case TOO_LONG:
        z_handshake (fd, 1, "REP", NULL);
        raw_send (fd, "\1\0\0\101", 4);
        CHECK (raw_closed (fd, LONG_WAIT));
        break;
    case NO_ENVELOPE:
        z_handshake (fd, 1, "REP", NULL);
        raw_send (fd, "\0\1!", 3);
        CHECK (raw_closed (fd, LONG_WAIT));
        break;
    case MANNERS:
        break;
    }
    close (fd);
}

static void *
client_of (int type)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_RECONNECT_IVL, SHORTEST));
    OK (set_int (s, ZMQ_RECONNECT_IVL_MAX, LONGEST));
    return s;
}

static void
expect_pauses (void *monitor, int count)
{
    int pause = SHORTEST;
    for (int i = 0; i < count; i++) {
        CHECK_EQ (mon_expect (monitor, ZMQ_EVENT_CONNECT_RETRIED).value, pause);
        pause = pause * 2 < LONGEST ? pause * 2 : LONGEST;
    }
}

/* The pauses grow; the message that waits goes to the first proper peer; and
   after that the pause is short again. */
static void
tries (manner how)
{
    int64_t most = 64;
    void *s = client_of (ZMQ_REQ);
    if (how == PAGE) {
        /* A client without a mechanism takes the page for an old peer's name. */
        OK (set_str (s, ZMQ_PLAIN_USERNAME, "user"));
        OK (set_str (s, ZMQ_PLAIN_PASSWORD, "word"));
    }
    OK (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &most, sizeof most));
    void *m = mon_open (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    for (int i = 0; i < 5; i++)
        receive_visitor (listener, how);
    expect_pauses (m, 5);
    SAY ("%s: the pauses grow", names[how]);
    if (how == PAGE) {
        mon_close (s, m);
        close0 (s);
        close (listener);
        return;
    }
    int fd = raw_accept (listener);
    z_handshake (fd, 1, "REP", NULL);
    send_str (s, "question", 0);
    z_expect_str (fd, Z_MORE, "");
    z_expect_str (fd, 0, "question");
    z_send_str (fd, Z_MORE, "");
    z_send_str (fd, 0, "answer");
    expect (s, "answer");
    close (fd);
    CHECK_EQ (mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED).value, SHORTEST);
    mon_close (s, m);
    close0 (s);
    close (listener);
}

/* Messages to a peer that refuses wait, up to the mark. */
static void
waits (manner how)
{
    void *s = client_of (ZMQ_PUSH);
    OK (set_int (s, ZMQ_SNDHWM, 3));
    void *m = mon_open (ctx, s, ZMQ_EVENT_DISCONNECTED);
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    receive_visitor (listener, how);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    for (int i = 0; i < 3; i++)
        send_parts (s, "Hello", "World");
    CHECK_ERRNO (zmq_send (s, "", 0, ZMQ_DONTWAIT), EAGAIN);
    receive_visitor (listener, how);
    close (listener);
    void *pull = new_sock (ctx, ZMQ_PULL);
    AWAIT (zmq_bind (pull, ep) == 0);
    for (int i = 0; i < 3; i++)
        expect (pull, "Hello", "World");
    SAY ("%s: what was sent waits", names[how]);
    mon_close (s, m);
    close0 (s);
    close0 (pull);
}

/* Subscriptions are made once, however often the publisher refused. */
static void
subscribes (void)
{
    void *s = client_of (ZMQ_SUB);
    OK (set_str (s, ZMQ_SUBSCRIBE, "before"));
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    receive_visitor (listener, OTHER);
    OK (set_str (s, ZMQ_SUBSCRIBE, "between"));
    receive_visitor (listener, OTHER);
    close (listener);
    void *pub = new_sock (ctx, ZMQ_XPUB);
    AWAIT (zmq_bind (pub, ep) == 0);
    expect (pub, "\1before");
    expect (pub, "\1between");
    send_str (pub, "between us", 0);
    expect (s, "between us");
    SAY ("subscriptions arrive");
    close0 (s);
    close0 (pub);
}

static void
stops (manner how)
{
    void *s = client_of (ZMQ_REQ);
    OK (set_int (s, RECONNECT_STOP, STOP_HANDSHAKE_FAILED));
    void *m = mon_open (ctx, s, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    receive_visitor (listener, how);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    SAY ("%s: stopped", names[how]);
    mon_close (s, m);
    close0 (s);
    close (listener);
}

/* The authenticator of a server, which refuses. */
static void
is_refused (const char *status)
{
    void *handler = new_sock (ctx, ZMQ_REP), *server = new_sock (ctx, ZMQ_PULL);
    OK (zmq_bind (handler, "inproc://zeromq.zap.01"));
    OK (set_str (server, ZMQ_ZAP_DOMAIN, "domain"));
    bind_tcp (server, ep);
    void *s = client_of (ZMQ_PUSH);
    void *m = mon_open (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (s, ep));
    send_str (s, "patience", 0);
    for (int i = 0; i < 6; i++) {
        expect (handler, "1.0", "1", "domain", "127.0.0.1", "", "NULL");
        send_parts (handler, "1.0", "1", i < 5 ? status : "200", "", "", "");
    }
    expect_pauses (m, 5);
    expect (server, "patience");
    SAY ("%s: the pauses grow", status);
    mon_close (s, m);
    close0 (s);
    close0 (server);
    close0 (handler);
}

/* A socket that is closed does not wait for a peer that refuses it. */
static void
ends (void)
{
    void *own = new_ctx (), *s = zmq_socket (own, ZMQ_PUSH);
    CHECK (s != NULL);
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    receive_visitor (listener, OTHER);
    send_str (s, "never", 0);
    OK (zmq_close (s));
    receive_visitor (listener, OTHER);
    term (own);
    SAY ("the context ends");
    close (listener);
}

int
main (void)
{
    ctx = new_ctx ();
    for (manner how = 0; how < MANNERS; how++)
        tries (how);
    is_refused ("300");
    is_refused ("400");
    is_refused ("500");
    waits (CLOSES);
    waits (OTHER);
    waits (UNFIT);
    subscribes ();
    stops (CLOSES);
    stops (OTHER);
    stops (UNFIT);
    ends ();
    term (ctx);
    return 0;
}
