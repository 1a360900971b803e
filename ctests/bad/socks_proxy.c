/* Proxies that fall silent, sockets that are closed meanwhile, peers that no
   proxy can be asked for, and long replies in pieces. (The original waits for
   ever, takes the reply for the peer's words, or ends the process.) */
#define ZMQ_BUILD_DRAFT_API
#include "socks.h"

static int proxy;
static char at[EP_MAX];

static void *
through (void *ctx, void **m)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 20));
    OK (set_str (s, ZMQ_SOCKS_PROXY, proxy_text (at)));
    *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    return s;
}

/* The time of an attempt, or of a handshake, is up: the socket tries again. */
static void
silent (void *ctx, int option, int answers)
{
    void *m, *s = through (ctx, &m);
    OK (set_int (s, option, 50));
    OK (zmq_connect (s, "tcp://name:80"));
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    if (answers > 0)
        raw_send (fd, NO_LOGIN);
    if (answers > 1)
        raw_send (fd, "\5\0\0\1\0\0\0\0\0", 9);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (m, ZMQ_EVENT_CLOSED);
    mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    /* closed in the middle */
    mon_close (s, m);
    close0 (s);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
}

/* Disconnected in the middle. */
static void
disconnected (void *ctx)
{
    void *m, *s = through (ctx, &m);
    OK (zmq_connect (s, "tcp://name:80"));
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    OK (zmq_disconnect (s, "tcp://name:80"));
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_close (s, m);
    close0 (s);
}

/* The proxy is reached, and then there is nothing to ask. */
static void
unspeakable (void *ctx, const char *ep)
{
    void *m, *s = through (ctx, &m);
    OK (zmq_connect (s, ep));
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    raw_send (fd, NO_LOGIN);
    CHECK_EQ (raw_recv (fd, &(char){0}, 1, LONG_WAIT), 0);
    close (fd);
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (m, ZMQ_EVENT_CLOSED);
    mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    fd = raw_accept (proxy);
    mon_close (s, m);
    close0 (s);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
}

/* ZMQ_RECONNECT_STOP_CONN_REFUSED means the peer: an absent proxy is tried again. */
static void
absent (void *ctx)
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    char text[EP_MAX];
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    /* bound, so that nobody else gets the port, and not listening */
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (fd);
    OK (bind (fd, (struct sockaddr *) &a, sizeof a));
    OK (getsockname (fd, (struct sockaddr *) &a, &size));
    snprintf (text, sizeof text, "127.0.0.1:%d", ntohs (a.sin_port));
    for (int through_proxy = 0; through_proxy < 2; through_proxy++) {
        char ep[EP_MAX + 6];
        snprintf (ep, sizeof ep, "tcp://%s", through_proxy ? "name:80" : text);
        void *s = new_sock (ctx, ZMQ_DEALER);
        OK (set_int (s, ZMQ_RECONNECT_IVL, 20));
        OK (set_int (s, ZMQ_RECONNECT_STOP, ZMQ_RECONNECT_STOP_CONN_REFUSED));
        if (through_proxy)
            OK (set_str (s, ZMQ_SOCKS_PROXY, text));
        void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
        OK (zmq_connect (s, ep));
        mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
        mon_expect (m, ZMQ_EVENT_CLOSED);
        if (through_proxy)
            mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
        else
            CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
        mon_close (s, m);
        close0 (s);
    }
    close (fd);
}

/* A reply with an address of this kind, its last `late` bytes later than the others. */
static void
granted (void *ctx, int kind, size_t length, size_t late)
{
    unsigned char reply[4 + 1 + 255 + 2] = {5, 0, 0, (unsigned char) kind, (unsigned char) length};
    size_t size = kind == 3 ? 5 + length + 2 : 4 + length + 2;
    void *m, *s = through (ctx, &m);
    OK (zmq_connect (s, "tcp://name:80"));
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    raw_send (fd, NO_LOGIN);
    raw_expect (fd, "\5\1\0\3\4name\0\120", 11);
    raw_send (fd, reply, size - late);
    pause_ms (late ? 20 : 0);
    raw_send (fd, reply + size - late, late);
    z_handshake (fd, 1, "DEALER", NULL);
    z_send_str (fd, 0, "through");
    expect (s, "through");
    mon_close (s, m);
    close0 (s);
    close (fd);
}

int
main (void)
{
    char ep[300];
    void *ctx = new_ctx ();
    proxy = raw_listen (at);
    for (int answers = 0; answers < 3; answers++) {
        silent (ctx, ZMQ_CONNECT_TIMEOUT, answers);
        silent (ctx, ZMQ_HANDSHAKE_IVL, answers);
    }
    disconnected (ctx);
    unspeakable (ctx, "tcp://name:0");
    snprintf (ep, sizeof ep, "tcp://%0256d:80", 0);
    ep[6] = 'x';
    unspeakable (ctx, ep);
    absent (ctx);
    for (size_t late = 0; late < 3; late++) {
        granted (ctx, 1, 4, late);
        granted (ctx, 4, 16, late);
        granted (ctx, 3, 0, late);
        granted (ctx, 3, 255, late);
    }
    close (proxy);
    term (ctx);
    return 0;
}
