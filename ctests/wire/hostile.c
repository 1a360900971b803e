/* Peers that break the rules are dropped, at which point and with which
   events; a good client is served all the while. */
#include "check.h"

static void *ctx, *server, *good, *monitor;
static char ep[EP_MAX];

static void
serves (void)
{
    send_str (good, "good", 0);
    expect (server, "good");
}

/* Raw bytes, then: was the connection closed? `shut`: we end our side. */
static void
raw_case (const char *label, const void *data, size_t size, int shut)
{
    int fd = raw_connect (ep);
    raw_send (fd, data, size);
    if (shut)
        shutdown (fd, SHUT_WR);
    printf ("%s: closed %d\n", label, raw_closed (fd, LONG_WAIT));
    close (fd);
    serves ();
}

/* A greeting and one frame instead of (or after) READY. */
static void
handshake_case (const char *label, int flags, const void *body, size_t size)
{
    unsigned char g[64], b[64];
    int fd = raw_connect (ep);
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
    z_recv (fd);
    z_send (fd, flags, body, size);
    printf ("%s: closed %d", label, raw_closed (fd, LONG_WAIT));
    close (fd);
    for (;;) {
        mon_event e = mon_until (monitor, ZMQ_EVENT_ACCEPTED);
        e = mon_next (monitor, LONG_WAIT);
        if (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            printf (", %s %x", event_name (e.event), (unsigned) e.value);
        else
            printf (", %s", event_name (e.event));
        break;
    }
    putchar ('\n');
    serves ();
}

/* After a good handshake. */
static void
traffic_case (const char *label, const void *data, size_t size)
{
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    raw_send (fd, data, size);
    printf ("%s: closed %d\n", label, raw_closed (fd, LONG_WAIT));
    close (fd);
    serves ();
}

int
main (void)
{
    ctx = new_ctx ();
    server = new_sock (ctx, ZMQ_PULL);
    int64_t limit = 1000;
    OK (zmq_setsockopt (server, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    OK (set_int (server, ZMQ_HANDSHAKE_IVL, 10000));
    bind_tcp (server, ep);
    good = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (good, ep));
    serves ();

    unsigned char g[64];
    raw_case ("nothing", "", 0, 1);
    raw_case ("one byte", "\xff", 1, 1);
    z_greeting (g, 3, 1);
    raw_case ("half a greeting", g, 30, 1);
    raw_case ("a greeting", g, 64, 1);
    memcpy (g + 12, "PLAIN", 5);
    raw_case ("another mechanism", g, 64, 0);
    memcpy (g + 12, "NULLX", 5);
    raw_case ("a longer name", g, 64, 0);
    memset (g + 12, 0, 20);
    raw_case ("no mechanism", g, 64, 0);

    monitor = mon_open (ctx, server, ZMQ_EVENT_ALL & ~ZMQ_EVENT_MONITOR_STOPPED);
    unsigned char body[600];
    size_t n = z_ready_body (body, "PUB", NULL);
    handshake_case ("a misfit type", Z_COMMAND, body, n);
    n = z_ready_body (body, "NONSENSE", NULL);
    handshake_case ("an unknown type", Z_COMMAND, body, n);
    handshake_case ("an empty command", Z_COMMAND, "", 0);
    handshake_case ("one byte", Z_COMMAND, "\5", 1);
    handshake_case ("a short name", Z_COMMAND, "\5READ", 5);
    handshake_case ("another command", Z_COMMAND, "\5HELLO", 6);
    handshake_case ("a message", 0, "hello", 5);
    handshake_case ("ERROR", Z_COMMAND, "\5ERROR\3abc", 10);
    handshake_case ("ERROR 400", Z_COMMAND, "\5ERROR\003400", 10);
    handshake_case ("ERROR too short", Z_COMMAND, "\5ERROR", 6);
    handshake_case ("ERROR with a wrong length", Z_COMMAND, "\5ERROR\11abc", 10);
    handshake_case ("half a property", Z_COMMAND, "\5READY\13Socket", 13);
    handshake_case ("a value too long", Z_COMMAND, "\5READY\1a\0\0\0\11xy", 14);
    mon_close (server, monitor);

    traffic_case ("too big, short form is fine, long form not",
                  "\2\0\0\0\0\0\0\3\xe9", 9);
    traffic_case ("far too big", "\2\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
    traffic_case ("negative", "\2\xff\xff\xff\xff\xff\xff\xff\xff", 9);

    /* exactly the limit */
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    static char big[1000];
    memset (big, 'b', sizeof big);
    z_send (fd, 0, big, sizeof big);
    CHECK_EQ (zmq_recv (server, big, sizeof big, 0), 1000);
    SAY ("exactly the limit passes");
    close (fd);
    close0 (good);
    close0 (server);

    /* a connecting side whose peer just hung up comes back */
    int listener = raw_listen (ep);
    void *c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 10));
    OK (zmq_connect (c, ep));
    for (int i = 0; i < 3; i++)
        close (raw_accept (listener));
    SAY ("came back");
    close0 (c);
    close (listener);

    /* the envelope of a REQ is checked */
    void *req = new_sock (ctx, ZMQ_REQ);
    bind_tcp (req, ep);
    fd = raw_connect (ep);
    z_handshake (fd, 1, "REP", NULL);
    send_str (req, "q", 0);
    z_expect_str (fd, Z_MORE, "");
    z_expect_str (fd, 0, "q");
    z_send_str (fd, 0, "no delimiter");
    SAY ("reply without delimiter: closed %d", raw_closed (fd, LONG_WAIT));
    close (fd);
    close0 (req);
    term (ctx);
    return 0;
}
