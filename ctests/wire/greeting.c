/* The greeting and the first commands, byte for byte, in their stages. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX];
    unsigned char g[64], b[64];
    static const unsigned char signature[10] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f};

    /* ten bytes at once, no more until ours have come */
    void *s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    raw_expect (fd, signature, 10);
    CHECK_EQ (raw_wait (fd, POLLIN, SHORT_WAIT), 0);
    z_greeting (g, 3, 1);
    raw_send (fd, g, 10);
    CHECK_EQ (raw_recv (fd, b, 1, LONG_WAIT), 1);
    SAY ("after the signature: %d", b[0]);
    CHECK_EQ (raw_wait (fd, POLLIN, SHORT_WAIT), 0);
    raw_send (fd, g + 10, 1);
    CHECK_EQ (raw_recv (fd, b, 53, LONG_WAIT), 53);
    say_bytes ("after the version", b, 53);
    CHECK_EQ (raw_wait (fd, POLLIN, SHORT_WAIT), 0);
    raw_send (fd, g + 11, 53);
    z_frame *f = z_recv (fd);
    SAY ("flags %d", f->flags);
    say_bytes ("READY", f->body, f->size);
    z_send_ready (fd, "PUSH", NULL);
    z_send_str (fd, 0, "first");
    expect (s, "first");
    close (fd);
    close0 (s);

    /* a routing id shows in the signature's length */
    s = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (s, ZMQ_ROUTING_ID, "four"));
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    CHECK_EQ (raw_recv (fd, b, 10, LONG_WAIT), 10);
    say_bytes ("signature with an id of 4", b, 10);
    close (fd);
    close0 (s);

    /* READY of every type, with and without an id */
    static const char *const peer[] = {"PAIR", "SUB", "PUB", "REP", "REQ", "DEALER",
                                       "DEALER", "PUSH", "PULL", "SUB", "PUB"};
    for (int type = 0; type <= 10; type++)
        for (int id = 0; id < 2; id++) {
            s = new_sock (ctx, type);
            if (id)
                OK (set_str (s, ZMQ_ROUTING_ID, "me"));
            bind_tcp (s, ep);
            fd = raw_connect (ep);
            z_greeting (g, 3, 1);
            raw_send (fd, g, 64);
            CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
            f = z_recv (fd);
            SAY ("type %d flags %d", type, f->flags);
            say_bytes ("  READY", f->body, f->size);
            z_send_ready (fd, peer[type], NULL);
            close (fd);
            close0 (s);
        }

    /* one byte at a time */
    s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    z_greeting (g, 3, 0);
    for (int i = 0; i < 64; i++) {
        raw_send (fd, g + i, 1);
        pause_ms (1);
    }
    CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
    f = z_recv (fd);
    unsigned char body[100], bytes[400];
    size_t n = z_frame_bytes (bytes, Z_COMMAND, body, z_ready_body (body, "PUSH", NULL));
    for (size_t i = 0; i < n; i++) {
        raw_send (fd, bytes + i, 1);
        pause_ms (1);
    }
    char text[300];
    memset (text, 't', sizeof text);
    n = z_frame_bytes (bytes, Z_MORE, "one", 3);
    n += z_frame_bytes (bytes + n, 0, text, 300);
    for (size_t i = 0; i < n; i++)
        raw_send (fd, bytes + i, 1);
    CHECK_EQ (zmq_recv (s, text, sizeof text, 0), 3);
    CHECK (rcvmore (s));
    CHECK_EQ (zmq_recv (s, text, sizeof text, 0), 300);
    SAY ("byte by byte done");
    close (fd);
    close0 (s);

    /* versions above three are spoken to as three */
    static const int versions[][2] = {{3, 0}, {3, 1}, {3, 9}, {4, 0}, {9, 9}, {2, 0}};
    for (int i = 0; i < 6; i++) {
        s = new_sock (ctx, ZMQ_PULL);
        bind_tcp (s, ep);
        fd = raw_connect (ep);
        z_greeting (g, versions[i][0], versions[i][1]);
        raw_send (fd, g, 64);
        CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
        f = z_recv (fd);
        SAY ("version %d.%d: answered %d.%d, frame of flags %d", versions[i][0], versions[i][1],
             b[10], b[11], f->flags);
        z_send_ready (fd, "PUSH", NULL);
        z_send_str (fd, 0, "x");
        expect (s, "x");
        close (fd);
        close0 (s);
    }
    /* the connecting side speaks version three, too */
    int listener = raw_listen (ep);
    s = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (s, ep));
    fd = raw_accept (listener);
    raw_expect (fd, signature, 10);
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    CHECK_EQ (raw_recv (fd, b, 54, LONG_WAIT), 54);
    f = z_recv (fd);
    say_bytes ("READY of a connect", f->body, f->size);
    z_send_ready (fd, "PULL", NULL);
    send_parts (s, "a", "", "c");
    z_expect_str (fd, Z_MORE, "a");
    z_expect_str (fd, Z_MORE, "");
    z_expect_str (fd, 0, "c");
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
    return 0;
}
