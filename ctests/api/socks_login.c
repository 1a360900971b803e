/* A SOCKS5 proxy that wants name and password (RFC 1929). (The original has
   these options only in builds with the draft API.) */
#define ZMQ_BUILD_DRAFT_API
#include "socks.h"

static int proxy;
static char at[EP_MAX];

/* A dialogue until the login is read; the answer to it is the caller's. */
static int
login (void *ctx, const char *user, const char *password, void **s, void **m)
{
    *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (*s, ZMQ_RECONNECT_IVL, -1));
    OK (set_str (*s, ZMQ_SOCKS_PROXY, proxy_text (at)));
    OK (set_str (*s, ZMQ_SOCKS_USERNAME, user));
    if (password)
        OK (set_str (*s, ZMQ_SOCKS_PASSWORD, password));
    *m = mon_open (ctx, *s, ZMQ_EVENT_ALL);
    OK (zmq_connect (*s, "tcp://name:80"));
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\2", 3);
    raw_drip (fd, "\5\2", 2);
    unsigned char got[2 + 255 + 1 + 255], want[sizeof got];
    size_t users = strlen (user), n = password ? strlen (password) : 0;
    want[0] = 1;
    want[1] = (unsigned char) users;
    memcpy (want + 2, user, users);
    want[2 + users] = (unsigned char) n;
    memcpy (want + 3 + users, password ? password : "", n);
    n += 3 + users;
    CHECK_EQ (raw_recv (fd, got, n, LONG_WAIT), n);
    CHECK (memcmp (got, want, n) == 0);
    return fd;
}

static void
accepted (void *ctx, const char *user, const char *password)
{
    void *s, *m;
    int fd = login (ctx, user, password, &s, &m);
    raw_send (fd, "\1\0", 2);
    raw_expect (fd, "\5\1\0\3\4name\0\120", 11);
    raw_send (fd, GRANTED);
    z_handshake (fd, 1, "DEALER", NULL);
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    CHECK_STR (mon_expect (m, ZMQ_EVENT_CONNECTED).address, at);
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    z_send_str (fd, 0, "in");
    expect (s, "in");
    mon_close (s, m);
    close0 (s);
    close (fd);
}

static void
refused (void *ctx, const char *answer, size_t n)
{
    void *s, *m;
    int fd = login (ctx, "me", "wrong", &s, &m);
    raw_send (fd, answer, n);
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    CHECK_STR (mon_expect (m, ZMQ_EVENT_CLOSED).address, at);
    CHECK (raw_closed (fd, LONG_WAIT));
    mon_close (s, m);
    close0 (s);
    close (fd);
}

/* A proxy that does not want the login, and one that was not told of one. */
static void
other_method (void *ctx, const char *user, const char *offer, const char *choice)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    OK (set_str (s, ZMQ_SOCKS_PROXY, proxy_text (at)));
    OK (set_str (s, ZMQ_SOCKS_USERNAME, user));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, "tcp://name:80"));
    int fd = raw_accept (proxy);
    raw_expect (fd, offer, 3);
    raw_send (fd, choice, 2);
    CHECK (raw_closed (fd, LONG_WAIT));
    mon_until (m, ZMQ_EVENT_CLOSED);
    mon_close (s, m);
    close0 (s);
    close (fd);
}

static void
options (void *ctx)
{
    char text[300];
    size_t size = sizeof text;
    void *s = new_sock (ctx, ZMQ_DEALER);
    memset (text, 'x', sizeof text);
    for (int option = ZMQ_SOCKS_USERNAME; option <= ZMQ_SOCKS_PASSWORD; option++) {
        OK (zmq_setsockopt (s, option, text, 255));
        CHECK_ERRNO (zmq_setsockopt (s, option, text, 256), EINVAL);
        OK (zmq_setsockopt (s, option, "", 0));
        OK (zmq_setsockopt (s, option, text, 2));
        OK (zmq_setsockopt (s, option, NULL, 0));
        OK (zmq_getsockopt (s, option, text, &size));
        CHECK_EQ (size, 1);
        size = sizeof text;
        memset (text, 'x', sizeof text);
    }
    close0 (s);
}

int
main (void)
{
    char longest[256] = {0};
    memset (longest, 'x', 255);
    void *ctx = new_ctx ();
    proxy = raw_listen (at);
    options (ctx);
    accepted (ctx, "someuser", "somepass");
    accepted (ctx, "someuser", "");
    accepted (ctx, "someuser", NULL);
    accepted (ctx, longest, longest);
    refused (ctx, "\1\1", 2);
    refused (ctx, "\5\0", 2);
    refused (ctx, "\2", 1);
    other_method (ctx, "me", "\5\1\2", "\5\0");
    other_method (ctx, "me", "\5\1\2", "\5\377");
    other_method (ctx, "", "\5\1\0", "\5\2");
    close (proxy);
    term (ctx);
    return 0;
}
