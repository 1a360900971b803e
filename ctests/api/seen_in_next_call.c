/* A socket carries out what happens to it in its own next call and not before.
   Its descriptor tells, goes on telling, and falls silent after a call. */
#include "check.h"

static void
waits_for_a_call (const char *what, void *s, int fd)
{
    CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
    pause_ms (SHORT_WAIT);
    int still = raw_wait (fd, POLLIN, 0);
    events (s);
    AWAIT (events (s) != -1 && !raw_wait (fd, POLLIN, 0));
    SAY ("%s: told until a call %d", what, still);
}

int
main (void)
{
    char buf[16];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_XPUB);
    OK (zmq_bind (s, "inproc://socket"));
    int fd = get_int (s, ZMQ_FD);
    events (s);
    CHECK_EQ (raw_wait (fd, POLLIN, 0), 0);

    void *sub = new_sock (ctx, ZMQ_SUB);
    OK (zmq_connect (sub, "inproc://socket"));
    waits_for_a_call ("a new peer", s, fd);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "a"));
    waits_for_a_call ("a subscription", s, fd);
    expect (s, "\1a");
    close0 (sub);
    waits_for_a_call ("a peer that left", s, fd);
    CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 2);

    /* one that came, subscribed and left meanwhile is still seen as a whole */
    sub = new_sock (ctx, ZMQ_SUB);
    OK (zmq_connect (sub, "inproc://socket"));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "b"));
    close0 (sub);
    expect (s, "\1b");
    CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 2);
    CHECK (buf[0] == 0 && buf[1] == 'b');
    close0 (s);
    term (ctx);
    return 0;
}
