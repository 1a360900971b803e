/* STREAM: raw TCP with ids, notifications, hanging up, unknown peers. */
#include "check.h"

/* One [id, data] pair; data is cut to `size`. */
static int
read_pair (void *s, char id[5], char *data, size_t size)
{
    CHECK_EQ (zmq_recv (s, id, 5, 0), 5);
    CHECK (rcvmore (s));
    int n = zmq_recv (s, data, size, 0);
    OK (n);
    CHECK (!rcvmore (s));
    return n;
}

static void
write_pair (void *s, const char id[5], const char *text)
{
    CHECK_EQ (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
    send_str (s, text, 0);
}

/* Gathers data until `want` has come. */
static void
gather (void *s, const char *want)
{
    char id[5], all[1000];
    size_t n = 0;
    while (n < strlen (want))
        n += (size_t) read_pair (s, id, all + n, sizeof all - n);
    CHECK (n == strlen (want) && memcmp (all, want, n) == 0);
}

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_STREAM);
    char ep[EP_MAX], id[5], id2[5], buf[20000];
    bind_tcp (s, ep);
    SAY ("events %d", events (s));
    int fd = raw_connect (ep);
    SAY ("notification %d bytes", read_pair (s, id, buf, sizeof buf));
    SAY ("id starts with %d", id[0]);
    raw_send (fd, "hello", 5);
    gather (s, "hello");
    write_pair (s, id, "world");
    raw_expect (fd, "world", 5);
    /* SNDMORE on the data frame does not matter */
    CHECK_EQ (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
    CHECK_EQ (zmq_send (s, "a", 1, ZMQ_SNDMORE), 1);
    write_pair (s, id, "b");
    raw_expect (fd, "ab", 2);
    /* unknown peer */
    SHOW (zmq_send (s, "wrong", 5, ZMQ_SNDMORE));
    SHOW (zmq_send (s, "", 0, ZMQ_SNDMORE));
    write_pair (s, id, "ok");
    raw_expect (fd, "ok", 2);
    /* more than one batch of input */
    memset (buf, 'z', sizeof buf);
    raw_send (fd, buf, 20000);
    size_t n = 0;
    while (n < 20000) {
        char part[20000];
        int got = read_pair (s, id2, part, sizeof part);
        CHECK (got > 0 && memcmp (id2, id, 5) == 0);
        n += (size_t) got;
    }
    CHECK_EQ (n, 20000);
    /* a second connection has another id */
    int fd2 = raw_connect (ep);
    CHECK_EQ (read_pair (s, id2, buf, sizeof buf), 0);
    CHECK (memcmp (id, id2, 5) != 0);
    /* the peer hangs up */
    close (fd2);
    CHECK_EQ (read_pair (s, id2, buf, sizeof buf), 0);
    AWAIT (events (s) && zmq_send (s, id2, 5, ZMQ_SNDMORE) == -1 && errno == EHOSTUNREACH);
    /* we hang up */
    CHECK_EQ (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
    CHECK_EQ (zmq_send (s, "", 0, 0), 0);
    for (int64_t end = now_ms () + LONG_WAIT; !raw_closed (fd, 10);) {
        events (s);
        CHECK (now_ms () < end);
    }
    close (fd);
    close0 (s);

    /* without notifications */
    s = new_sock (ctx, ZMQ_STREAM);
    OK (set_int (s, ZMQ_STREAM_NOTIFY, 0));
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    raw_send (fd, "x", 1);
    SAY ("first is data: %d", read_pair (s, id, buf, sizeof buf));
    close (fd);
    quiet (s);
    close0 (s);

    /* STREAM to STREAM; the id of a connection made here */
    void *c = new_sock (ctx, ZMQ_STREAM);
    s = new_sock (ctx, ZMQ_STREAM);
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    char mine[5];
    size_t size = sizeof mine;
    OK (zmq_getsockopt (c, ZMQ_ROUTING_ID, mine, &size));
    CHECK_EQ (size, 5);
    CHECK_EQ (read_pair (c, id, buf, sizeof buf), 0);
    CHECK (memcmp (mine, id, 5) == 0);
    CHECK_EQ (read_pair (s, id2, buf, sizeof buf), 0);
    write_pair (c, mine, "ping");
    gather (s, "ping");
    write_pair (s, id2, "pong");
    gather (c, "pong");
    /* the bound side hangs up: the other one is notified, and connects anew with its id */
    CHECK_EQ (zmq_send (s, id2, 5, ZMQ_SNDMORE), 5);
    CHECK_EQ (zmq_send (s, "", 0, 0), 0);
    for (int64_t end = now_ms () + LONG_WAIT; !wait_for (c, ZMQ_POLLIN, 10);) {
        events (s);
        CHECK (now_ms () < end);
    }
    CHECK_EQ (read_pair (c, id, buf, sizeof buf), 0);
    CHECK (memcmp (mine, id, 5) == 0);
    CHECK_EQ (read_pair (c, id, buf, sizeof buf), 0);
    CHECK (memcmp (mine, id, 5) == 0);
    close0 (c);
    close0 (s);

    /* a named connection */
    s = new_sock (ctx, ZMQ_STREAM);
    c = new_sock (ctx, ZMQ_STREAM);
    bind_tcp (s, ep);
    OK (set_str (c, ZMQ_CONNECT_ROUTING_ID, "named"));
    OK (zmq_connect (c, ep));
    write_pair (c, "named", "early");
    CHECK_EQ (read_pair (s, id, buf, sizeof buf), 0);
    gather (s, "early");
    CHECK_EQ (read_pair (c, id, buf, sizeof buf), 0);
    CHECK (memcmp (id, "named", 5) == 0);
    close0 (c);
    close0 (s);
    term (ctx);
    return 0;
}
