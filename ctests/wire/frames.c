/* Frames of ZMTP 3 in both directions: size forms, flags, commands. */
#include "check.h"

static int
peer_of (void *s, int minor, const char *type, const char *id)
{
    char ep[EP_MAX];
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, minor, type, id);
    return fd;
}

int
main (void)
{
    void *ctx = new_ctx ();
    static char big[70000];
    memset (big, 'b', sizeof big);
    static const size_t sizes[] = {0, 1, 254, 255, 256, 8191, 8192, 65535, 66000};

    /* outgoing */
    void *s = new_sock (ctx, ZMQ_PUSH);
    int fd = peer_of (s, 1, "PULL", NULL);
    for (int i = 0; i < 9; i++) {
        CHECK_EQ (zmq_send (s, big, sizes[i], 0), sizes[i]);
        z_frame *f = z_recv (fd);
        SAY ("sent %zu: flags %d size %zu", sizes[i], f->flags, f->size);
        CHECK (f->flags >= 0 && memcmp (f->body, big, f->size) == 0);
    }
    close (fd);
    close0 (s);

    /* incoming; the long form of a short size is fine, other flag bits too */
    s = new_sock (ctx, ZMQ_PULL);
    fd = peer_of (s, 1, "PUSH", NULL);
    for (int i = 0; i < 9; i++) {
        z_send (fd, 0, big, sizes[i]);
        CHECK_EQ (zmq_recv (s, big, sizeof big, 0), sizes[i]);
        CHECK_EQ (rcvmore (s), 0);
    }
    raw_send (fd, "\2\0\0\0\0\0\0\0\3abc", 12);
    expect (s, "abc");
    raw_send (fd, "\xf8\3def", 5);
    expect (s, "def");
    raw_send (fd, "\1\1x\0\1y", 6);
    expect (s, "x", "y");
    /* commands are not messages: unknown ones are ignored */
    z_send (fd, Z_COMMAND, "\7UNKNOWNxyz", 11);
    z_send (fd, Z_COMMAND, "\4PING\0\0", 7);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    z_send (fd, Z_COMMAND, "\4PING\0\0context", 14);
    z_expect (fd, Z_COMMAND, "\4PONGcontext", 12);
    z_send (fd, Z_COMMAND, "\4PING\0\0" "0123456789abcdef", 23);
    z_expect (fd, Z_COMMAND, "\4PONG0123456789abcdef", 21);
    z_send (fd, Z_COMMAND, "\4PONG", 5);
    z_send_str (fd, 0, "after commands");
    expect (s, "after commands");
    /* between the frames of a message */
    z_send_str (fd, Z_MORE, "part");
    z_send (fd, Z_COMMAND, "\4PING\0\0", 7);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    z_send_str (fd, 0, "end");
    expect (s, "part", "end");
    /* half a message, then gone: nothing */
    z_send_str (fd, Z_MORE, "half");
    close (fd);
    quiet (s);
    close0 (s);

    /* properties: strangers are kept, and readable */
    s = new_sock (ctx, ZMQ_PULL);
    char ep[EP_MAX];
    bind_tcp (s, ep);
    fd = raw_connect (ep);
    unsigned char g[64], b[64], body[400];
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
    z_recv (fd);
    size_t n = z_ready_body (body, "PUSH", NULL);
    n += z_property (body + n, "X-Colour", "red", 3);
    n += z_property (body + n, "X-Colour", "blue", 4);
    n += z_property (body + n, "anything", "goes", 4);
    z_send (fd, Z_COMMAND, body, n);
    z_send_str (fd, 0, "m");
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, s, 0));
    static const char *const names[] = {"X-Colour", "anything", "x-colour", "Socket-Type"};
    for (int i = 0; i < 4; i++) {
        const char *v = zmq_msg_gets (&m, names[i]);
        SAY ("property %s: %s", names[i], v ? v : "none");
    }
    OK (zmq_msg_close (&m));
    close (fd);
    close0 (s);

    /* READY in an ordinary frame, without a type, with a type in small letters */
    for (int i = 0; i < 3; i++) {
        s = new_sock (ctx, ZMQ_PULL);
        bind_tcp (s, ep);
        fd = raw_connect (ep);
        raw_send (fd, g, 64);
        CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
        z_recv (fd);
        n = i == 0 ? z_ready_body (body, "PUSH", NULL) : i == 1 ? 6 : z_ready_body (body, "push", NULL);
        z_send (fd, i == 0 ? 0 : Z_COMMAND, body, n);
        z_send_str (fd, 0, "m");
        int seen = wait_for (s, ZMQ_POLLIN, 1000);
        SAY ("odd READY %d: %s", i, seen ? "accepted" : "refused");
        close (fd);
        close0 (s);
    }
    term (ctx);
    return 0;
}
