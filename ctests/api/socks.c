/* Connections through a SOCKS5 proxy without a login: requests to the proxy,
   the effect of its answers, events, reconnecting. An attempt that fails for
   ever has a process of its own, which ends without closing the socket: the
   original closes a descriptor twice then, and it may be another by now. */
#include "socks.h"
#include <sys/wait.h>

static int proxy;
static char at[EP_MAX];

/* Every event is the proxy's. */
static void
say_events (void *m, int last)
{
    for (;;) {
        mon_event e = mon_next (m, LONG_WAIT);
        SAY ("  %s at %s", event_name (e.event),
             strcmp (e.address, at) == 0 ? "the proxy" : e.address);
        if (e.event == last || e.event == -1)
            return;
    }
}

/* Whether this is the child. */
static int
in_a_child (void)
{
    int status;
    fflush (NULL);
    pid_t child = fork ();
    OK (child);
    if (child) {
        CHECK_EQ (waitpid (child, &status, 0), child);
        CHECK_EQ (status, 0);
    }
    return child == 0;
}

static void
ends (void *m)
{
    say_events (m, ZMQ_EVENT_CLOSED);
    fflush (NULL);
    _exit (0);
}

/* The proxy is asked for this, and refuses. */
static void
asked_for (const char *ep)
{
    if (!in_a_child ())
        return;
    char last[EP_MAX];
    void *m, *s = proxied_once (new_ctx (), at, ep, &m);
    last_endpoint (s, last);
    SAY ("%s", last);
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    raw_send (fd, NO_LOGIN);
    say_request (fd);
    raw_send (fd, "\5\5\0\1\0\0\0\0\0\0", 10);
    /* an orderly end, although the answer was bad from its second byte on */
    CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
    CHECK_EQ (recv (fd, &(char){0}, 1, 0), 0);
    ends (m);
}

/* The answers to greeting and request; a bad one ends the attempt. */
static void
answered (const char *label, const char *first, size_t n, const char *second, size_t n2)
{
    if (!in_a_child ())
        return;
    SAY ("%s", label);
    void *m;
    proxied_once (new_ctx (), at, "tcp://1.2.3.4:5", &m);
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    raw_send (fd, first, n);
    if (second) {
        raw_expect (fd, "\5\1\0\1\1\2\3\4\0\5", 10);
        raw_send (fd, second, n2);
    }
    shutdown (fd, SHUT_WR);
    ends (m);
}

static void
refusals (void)
{
    answered ("no method", "\5\377", 2, NULL, 0);
    answered ("another version", "\4\0", 2, NULL, 0);
    answered ("an end before the first answer", "", 0, NULL, 0);
    answered ("an end in the first answer", "\5", 1, NULL, 0);
    answered ("an end before the reply", NO_LOGIN, "", 0);
    answered ("an end in the reply", NO_LOGIN, "\5\0\0\1\0\0\0\0\0", 9);
    for (int code = 1; code < 10; code++) {
        char reply[10] = {5, (char) code, 0, 1};
        answered ("refused", NO_LOGIN, reply, 10);
    }
    answered ("another version in the reply", NO_LOGIN, "\4\0\0\1\0\0\0\0\0\0", 10);
    answered ("a reserved byte", NO_LOGIN, "\5\0\1\1\0\0\0\0\0\0", 10);
    answered ("an unknown kind of address", NO_LOGIN, "\5\0\0\2\0\0\0\0\0\0", 10);
}

/* The proxy grants everything, with this reply. The peer's bytes follow the
   reply in one piece with it. */
static void
granted (void *ctx, const char *label, const char *reply, size_t n, int slowly)
{
    SAY ("%s", label);
    void *m, *s = proxied_once (ctx, at, "tcp://somewhere:5", &m);
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    (slowly ? raw_drip : raw_send) (fd, NO_LOGIN);
    say_request (fd);
    unsigned char all[300];
    memcpy (all, reply, n);
    z_greeting (all + n, 3, 1);
    (slowly ? raw_drip : raw_send) (fd, all, n + 64);
    CHECK_EQ (raw_recv (fd, all, 64, LONG_WAIT), 64);
    CHECK_EQ (z_recv (fd)->flags, Z_COMMAND);
    z_send_ready (fd, "DEALER", NULL);
    say_events (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    z_send_str (fd, 0, "hello");
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    CHECK_EQ (zmq_msg_recv (&msg, s, 0), 5);
    SAY ("  from %s", zmq_msg_gets (&msg, "Peer-Address"));
    OK (zmq_msg_close (&msg));
    send_str (s, "world", 0);
    z_expect_str (fd, 0, "world");
    mon_close (s, m);
    close0 (s);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
}

typedef struct
{
    int client, peer;
} relayed;

static void *
relay (void *arg)
{
    relayed *r = arg;
    proxy_relay (r->client, r->peer);
    close (r->client);
    close (r->peer);
    return NULL;
}

/* The proxy dies, refuses, and comes back: the socket tries again and again,
   through the proxy each time. */
static void
reconnects (void *ctx)
{
    char ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (b, ep);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    OK (set_str (c, ZMQ_SOCKS_PROXY, proxy_text (at)));
    void *m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (zmq_connect (c, ep));
    /* the first attempt fails */
    int fd = raw_accept (proxy);
    raw_expect (fd, "\5\1\0", 3);
    close (fd);
    SAY ("reconnects");
    say_events (m, ZMQ_EVENT_CONNECT_RETRIED);
    for (int round = 0; round < 3; round++) {
        fd = raw_accept (proxy);
        raw_expect (fd, "\5\1\0", 3);
        raw_send (fd, NO_LOGIN);
        unsigned char request[10];
        CHECK_EQ (raw_recv (fd, request, 10, LONG_WAIT), 10);
        CHECK (memcmp (request, "\5\1\0\1\177\0\0\1", 8) == 0);
        CHECK_EQ (request[8] * 256 + request[9], port_of (ep));
        relayed r = {fd, raw_connect (ep)};
        raw_send (fd, GRANTED);
        pthread_t t = start (relay, &r);
        say_events (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        send_str (c, "there", 0);
        expect (b, "there");
        send_str (b, "and back", 0);
        expect (c, "and back");
        if (round == 2) {
            mon_close (c, m);
            close0 (c);
        } else
            shutdown (fd, SHUT_RDWR);
        finish (t);
        if (round < 2) {
            AWAIT (events (c) != -1 && wait_for (m, ZMQ_POLLIN, 20));
            say_events (m, ZMQ_EVENT_CONNECT_RETRIED);
        }
    }
    close0 (b);
}

/* The proxy grants what is asked on this connection, the peer behind it answers, and all ends. */
static void
let_through (void *s, void *m, int fd)
{
    raw_expect (fd, "\5\1\0", 3);
    raw_send (fd, NO_LOGIN);
    say_request (fd);
    raw_send (fd, GRANTED);
    z_handshake (fd, 1, "DEALER", NULL);
    mon_until (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_close (s, m);
    close0 (s);
    close (fd);
}

/* Nobody listens where the proxy should be, until later. */
static void
late (void *ctx)
{
    char ep[EP_MAX];
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (fd);
    OK (bind (fd, (struct sockaddr *) &a, sizeof a));
    OK (getsockname (fd, (struct sockaddr *) &a, &size));
    snprintf (ep, sizeof ep, "tcp://127.0.0.1:%d", ntohs (a.sin_port));
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 20));
    OK (set_str (s, ZMQ_SOCKS_PROXY, proxy_text (ep)));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, "tcp://1.2.3.4:5"));
    SAY ("late");
    CHECK_STR (mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED).address, ep);
    CHECK_STR (mon_expect (m, ZMQ_EVENT_CLOSED).address, ep);
    CHECK_STR (mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED).address, ep);
    OK (listen (fd, 1));
    int client = raw_accept (fd);
    let_through (s, m, client);
    close (fd);
}

/* Bytes behind the port in the proxy's text mean nothing, such as the NUL at its end. */
static void
followed (void *ctx, const char *rest, size_t n)
{
    char text[EP_MAX];
    size_t size = strlen (proxy_text (at));
    memcpy (text, proxy_text (at), size);
    memcpy (text + size, rest, n);
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, text, size + n));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, "tcp://1.2.3.4:5"));
    int fd = raw_accept (proxy);
    let_through (s, m, fd);
}

/* No proxy that could be reached: silence, and another try. */
static void
impossible (void *ctx, const char *text)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 20));
    OK (set_str (s, ZMQ_SOCKS_PROXY, text));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, "tcp://1.2.3.4:5"));
    mon_event e = mon_next (m, LONG_WAIT);
    SAY ("proxy %s: %s at %s", text, event_name (e.event), e.address);
    mon_close (s, m);
    close0 (s);
}

static void
options (void *ctx)
{
    char text[64];
    size_t size = sizeof text;
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (s, ZMQ_SOCKS_PROXY, "somehost:1080"));
    OK (zmq_getsockopt (s, ZMQ_SOCKS_PROXY, text, &size));
    SAY ("%s, %zu", text, size);
    SHOW (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, "", 0));
    SHOW (zmq_setsockopt (s, ZMQ_SOCKS_PROXY, NULL, 0));
    size = sizeof text;
    OK (zmq_getsockopt (s, ZMQ_SOCKS_PROXY, text, &size));
    SAY ("%s, %zu", text, size);
    SHOW (zmq_connect (s, "tcp://name:*"));
    close0 (s);
}

int
main (void)
{
    static const char *const forms[] = {
      "tcp://1.2.3.4:5555", "tcp://127.1:80", "tcp://some.name.org:5555", "tcp://localhost:70000",
      "tcp://[::1]:5555", "tcp://::1:5555", "tcp://[fe80::1%lo]:5555", "tcp://::ffff:1.2.3.4:55",
      "tcp://[some.name]:5555", "tcp://lo:12ab", "tcp://1.2.3.4:0;5.6.7.8:9",
      "tcp://1.2.3.4%lo:80", NULL};
    proxy = raw_listen (at);
    for (int i = 0; forms[i]; i++)
        asked_for (forms[i]);
    refusals ();
    void *ctx = new_ctx ();
    options (ctx);
    granted (ctx, "granted", GRANTED, 0);
    granted (ctx, "with an IPv6 address", "\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\5", 22, 0);
    granted (ctx, "with a name", "\5\0\0\3\4name\0\5", 11, 0);
    granted (ctx, "with a name without letters", "\5\0\0\3\0\0\5", 7, 0);
    granted (ctx, "slowly", GRANTED, 1);
    reconnects (ctx);
    late (ctx);
    followed (ctx, "", 1);
    followed (ctx, " ", 1);
    followed (ctx, "/path", 5);
    impossible (ctx, "foo");
    impossible (ctx, "*:80");
    impossible (ctx, "127.0.0.1:");
    impossible (ctx, "127.0.0.1:*");
    close (proxy);
    term (ctx);
    return 0;
}
