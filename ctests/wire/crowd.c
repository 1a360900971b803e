/* Of peers that left messages behind 8,192 are kept for a program that does not read. Others wait to be let in
   until it does, and nothing is lost. (The original keeps any number of them, with 36 KB each.) */
#include "check.h"

#define MOST 8192

static int came;

/* Says "hello" and leaves; the descriptor if it is not let in. */
static int
visit (const char *ep)
{
    unsigned char g[64];
    int fd = raw_connect (ep);
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    if (!raw_wait (fd, POLLIN, came < MOST - 64 ? LONG_WAIT : SHORT_WAIT))
        return fd;
    CHECK_EQ (raw_recv (fd, g, 64, LONG_WAIT), 64);
    z_recv (fd);
    z_send_ready (fd, "PUSH", NULL);
    z_send_str (fd, 0, "hello");
    z_send (fd, Z_COMMAND, "\4PING\0\0", 7);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    close (fd);
    came++;
    return -1;
}

int
main (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    int waits;
    while ((waits = visit (ep)) == -1)
        CHECK (came < MOST + 200);
    CHECK (came >= MOST);
    /* a look at them is not enough */
    CHECK (events (s) & ZMQ_POLLIN);
    CHECK (!raw_wait (waits, POLLIN, 2 * SHORT_WAIT));
    for (int i = 0; i < came; i++)
        expect (s, "hello");
    quiet (s);
    unsigned char g[64];
    CHECK_EQ (raw_recv (waits, g, 64, LONG_WAIT), 64);
    z_recv (waits);
    z_send_ready (waits, "PUSH", NULL);
    z_send_str (waits, 0, "at last");
    expect (s, "at last");
    close (waits);
    close0 (s);
    term (ctx);
    return 0;
}
