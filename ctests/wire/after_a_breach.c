/* A frame that breaks the rules ends its connection. Messages before it are
   received, and nothing behind it is read: its contents, and the bytes that
   follow, may look like messages. */
#include "check.h"

/* Sends bytes that look like messages while the socket is called, until the
   connection is closed. */
static void
go_on (int fd, void *s, const void *bytes, size_t size)
{
    char buf[16];
    for (int i = 0; i < 60 && send (fd, bytes, size, MSG_NOSIGNAL) == (ssize_t) size; i++)
        CHECK_ERRNO (zmq_recv (s, buf, sizeof buf, ZMQ_DONTWAIT), EAGAIN);
    CHECK (raw_closed (fd, LONG_WAIT));
    CHECK_ERRNO (zmq_recv (s, buf, sizeof buf, ZMQ_DONTWAIT), EAGAIN);
}

/* A frame beyond ZMQ_MAXMSGSIZE, with short messages in it. */
static void
too_long (void *ctx)
{
    char ep[EP_MAX];
    int64_t most = 100;
    void *s = new_sock (ctx, ZMQ_PULL);
    OK (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &most, sizeof most));
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    raw_send (fd, "\0\4good\1\0\0\6better\0\310", 18);
    expect (s, "good");
    expect (s, "", "better");
    go_on (fd, s, "\0\1!", 3);
    close (fd);
    close0 (s);
}

/* A reply without its empty frame, and proper ones behind it. */
static void
no_envelope (void *ctx)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_REQ);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "REP", NULL);
    send_str (s, "question", 0);
    z_expect_str (fd, Z_MORE, "");
    z_expect_str (fd, 0, "question");
    z_send_str (fd, 0, "no answer");
    go_on (fd, s, "\1\0\0\1!", 5);
    close (fd);
    close0 (s);
}

int
main (void)
{
    void *ctx = new_ctx ();
    for (int i = 0; i < 50; i++) {
        too_long (ctx);
        no_envelope (ctx);
    }
    term (ctx);
    SAY ("nothing more was read");
    return 0;
}
