/* A receiver that does not read takes no more than its mark, wherever a read
   ends: in the middle of a message, of a frame, or between two. */
#include "check.h"

/* Messages of a short frame and a long one. */
enum { MESSAGES = 20000, LONG = 1000, SIZE = 2 + 1 + 9 + LONG };

/* Sends as many bytes as the peer takes; it gets no room for a while at the end. */
static size_t
stuff (int fd, const char *bytes, size_t size)
{
    size_t sent = 0;
    while (sent < size && raw_wait (fd, POLLOUT, 500)) {
        ssize_t n = send (fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        CHECK (n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t) n : 0;
    }
    return sent;
}

/* So many bytes come before the rest. */
static void
is_limited (void *ctx, const char *messages, size_t first)
{
    char ep[EP_MAX], body[LONG];
    void *s = new_sock (ctx, ZMQ_PULL);
    set_int (s, ZMQ_RCVHWM, 10);
    set_int (s, ZMQ_RCVBUF, 16384);
    bind_tcp (s, ep);
    int fd = raw_connect (ep), small = 16384;
    OK (setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small));
    z_handshake (fd, 1, "PUSH", NULL);
    raw_send (fd, messages, first);
    CHECK_ERRNO (zmq_recv (s, NULL, 0, ZMQ_DONTWAIT), EAGAIN);
    size_t taken = first + stuff (fd, messages + first, (size_t) MESSAGES * SIZE - first);
    CHECK (taken < (size_t) MESSAGES * SIZE / 20);
    /* Nothing is lost. */
    for (size_t i = 0; i < taken / SIZE; i++) {
        CHECK_EQ (zmq_recv (s, body, sizeof body, 0), 1);
        CHECK (rcvmore (s));
        CHECK_EQ (zmq_recv (s, body, sizeof body, 0), LONG);
        CHECK (!rcvmore (s));
    }
    close (fd);
    close0 (s);
}

int
main (void)
{
    char *messages = calloc (MESSAGES, SIZE);
    CHECK (messages != NULL);
    for (char *at = messages; at < messages + (size_t) MESSAGES * SIZE; at += SIZE) {
        memcpy (at, "\1\1", 2);
        memcpy (at + 3, "\2\0\0\0\0\0\0\3\350", 9);
    }
    void *ctx = new_ctx ();
    is_limited (ctx, messages, 3);
    is_limited (ctx, messages, 1);
    is_limited (ctx, messages, SIZE - 1);
    term (ctx);
    free (messages);
    SAY ("as many as the mark");
    return 0;
}
