/* Peers of ZMTP 2.0 and 1.0, with and without the version signature. */
#include "check.h"

static const unsigned char signature[10] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f};

/* A 2.0 peer: revision 1, its type, then frames; the first is the id. */
static int
peer_v2 (const char *ep, int type, const char *id)
{
    unsigned char b[64];
    int fd = raw_connect (ep);
    raw_send (fd, signature, 10);
    CHECK_EQ (raw_recv (fd, b, 11, LONG_WAIT), 11);
    SAY ("  offered version %d", b[10]);
    unsigned char rest[2] = {1, (unsigned char) type};
    raw_send (fd, rest, 2);
    CHECK_EQ (raw_recv (fd, b, 1, LONG_WAIT), 1);
    SAY ("  socket type %d", b[0]);
    z_send_str (fd, 0, id);
    return fd;
}

/* v1 frames: length of flags and body, flags, body. */
static void
v1_send (int fd, int flags, const char *text)
{
    unsigned char head[2] = {(unsigned char) (strlen (text) + 1), (unsigned char) flags};
    raw_send (fd, head, 2);
    raw_send (fd, text, strlen (text));
}

static void
v1_say (const char *label, int fd)
{
    unsigned char head[2], body[256];
    CHECK_EQ (raw_recv (fd, head, 2, LONG_WAIT), 2);
    CHECK (head[0] >= 1 && head[0] < 255);
    CHECK_EQ (raw_recv (fd, body, head[0] - 1u, LONG_WAIT), head[0] - 1u);
    SAY ("  flags %d", head[1]);
    say_bytes (label, body, head[0] - 1u);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX];
    unsigned char b[64];
    z_frame *f;

    SAY ("2.0 PUSH to PULL");
    void *s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    int fd = peer_v2 (ep, ZMQ_PUSH, "");
    f = z_recv (fd);
    SAY ("  its id: flags %d size %zu", f->flags, f->size);
    z_send_str (fd, Z_MORE, "one");
    z_send_str (fd, 0, "two");
    expect (s, "one", "two");
    close (fd);
    close0 (s);

    SAY ("2.0 DEALER to ROUTER");
    s = new_sock (ctx, ZMQ_ROUTER);
    OK (set_str (s, ZMQ_ROUTING_ID, "router"));
    bind_tcp (s, ep);
    fd = peer_v2 (ep, ZMQ_DEALER, "old");
    f = z_recv (fd);
    say_bytes ("  its id", f->body, f->size);
    z_send_str (fd, 0, "hello");
    expect (s, "old", "hello");
    send_parts (s, "old", "back");
    z_expect_str (fd, 0, "back");
    zmq_msg_t m;
    z_send_str (fd, 0, "meta");
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, s, 0));
    OK (zmq_msg_recv (&m, s, 0));
    SAY ("  Socket-Type %s", zmq_msg_gets (&m, "Socket-Type") ? "there" : "none");
    OK (zmq_msg_close (&m));
    close (fd);
    close0 (s);

    SAY ("2.0 SUB to XPUB");
    s = new_sock (ctx, ZMQ_XPUB);
    bind_tcp (s, ep);
    fd = peer_v2 (ep, ZMQ_SUB, "");
    z_recv (fd);
    z_send (fd, 0, "\1top", 4);
    say_message ("  XPUB", s);
    send_str (s, "topic", 0);
    z_expect_str (fd, 0, "topic");
    close (fd);
    close0 (s);

    SAY ("2.0 PUB for SUB");
    s = new_sock (ctx, ZMQ_SUB);
    OK (set_str (s, ZMQ_SUBSCRIBE, "t"));
    bind_tcp (s, ep);
    fd = peer_v2 (ep, ZMQ_PUB, "");
    z_recv (fd);
    z_await (fd, s);
    f = z_recv (fd);
    SAY ("  flags %d", f->flags);
    say_bytes ("  subscription", f->body, f->size);
    z_send_str (fd, 0, "topic");
    expect (s, "topic");
    close (fd);
    close0 (s);

    SAY ("2.0 REP for REQ");
    s = new_sock (ctx, ZMQ_REQ);
    bind_tcp (s, ep);
    fd = peer_v2 (ep, ZMQ_REP, "");
    z_recv (fd);
    send_str (s, "question", 0);
    z_expect_str (fd, Z_MORE, "");
    z_expect_str (fd, 0, "question");
    z_send_str (fd, Z_MORE, "");
    z_send_str (fd, 0, "answer");
    expect (s, "answer");
    close (fd);
    close0 (s);

    SAY ("1.0 with a signature, PUSH to PULL");
    s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    raw_send (fd, signature, 10);
    CHECK_EQ (raw_recv (fd, b, 11, LONG_WAIT), 11);
    raw_send (fd, "\0\10", 2);
    CHECK_EQ (raw_recv (fd, b, 1, LONG_WAIT), 1);
    SAY ("  socket type %d", b[0]);
    v1_send (fd, 0, "");
    v1_say ("  its id", fd);
    v1_send (fd, 1, "one");
    v1_send (fd, 0, "two");
    expect (s, "one", "two");
    close (fd);
    close0 (s);

    SAY ("1.0 without, DEALER to ROUTER");
    s = new_sock (ctx, ZMQ_ROUTER);
    OK (set_str (s, ZMQ_ROUTING_ID, "AB"));
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    CHECK_EQ (raw_recv (fd, b, 10, LONG_WAIT), 10);
    say_bytes ("  looks like the head of an id frame", b, 10);
    v1_send (fd, 0, "ancient");
    CHECK_EQ (raw_recv (fd, b, 2, LONG_WAIT), 2);
    say_bytes ("  the rest of its id", b, 2);
    v1_send (fd, 0, "hello");
    expect (s, "ancient", "hello");
    send_parts (s, "ancient", "back", "2");
    v1_say ("  reply", fd);
    v1_say ("  reply", fd);
    /* long form of the length */
    static char big[300];
    memset (big, 'b', sizeof big);
    raw_send (fd, "\xff\0\0\0\0\0\0\1\x2d\0", 10);
    raw_send (fd, big, 300);
    CHECK_EQ (zmq_recv (s, b, sizeof b, 0), 7);
    CHECK_EQ (zmq_recv (s, big, sizeof big, 0), 300);
    memset (big, 'c', sizeof big);
    CHECK_EQ (zmq_send (s, "ancient", 7, ZMQ_SNDMORE), 7);
    CHECK_EQ (zmq_send (s, big, 300, 0), 300);
    CHECK_EQ (raw_recv (fd, b, 10, LONG_WAIT), 10);
    say_bytes ("  long form", b, 10);
    close (fd);
    close0 (s);

    SAY ("1.0 without, SUB to PUB: gets everything");
    s = new_sock (ctx, ZMQ_XPUB);
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    v1_send (fd, 0, "");
    CHECK_EQ (raw_recv (fd, b, 10, LONG_WAIT), 10);
    say_message ("  XPUB", s);
    send_str (s, "anything", 0);
    v1_say ("  message", fd);
    close (fd);
    close0 (s);

    SAY ("1.0, how it ends");
    static const char *const last[] = {"", "\0\0", "\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0"};
    static const size_t size[] = {0, 2, 10};
    for (int i = 0; i < 3; i++) {
        s = new_sock (ctx, ZMQ_PULL);
        bind_tcp (s, ep);
        void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CLOSED & ~ZMQ_EVENT_MONITOR_STOPPED);
        fd = raw_connect (ep);
        v1_send (fd, 0, "");
        v1_send (fd, 0, "hello");
        expect (s, "hello");
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        raw_send (fd, last[i], size[i]);
        if (size[i] == 0)
            shutdown (fd, SHUT_WR);
        for (mon_event e = {0}; e.event != ZMQ_EVENT_DISCONNECTED;) {
            e = mon_next (m, LONG_WAIT);
            SAY ("  %s %s", event_name (e.event), e.event == ZMQ_EVENT_DISCONNECTED ? "" : err_name (e.value));
        }
        CHECK (raw_closed (fd, LONG_WAIT));
        close (fd);
        mon_close (s, m);
        close0 (s);
    }
    term (ctx);
    return 0;
}
