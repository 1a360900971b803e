/* The descriptor of a socket tells by being readable only. (That of the original
   is writable at all times, which means nothing.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *a, *b;
    pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    int fd = get_int (a, ZMQ_FD);
    while (events (a) != ZMQ_POLLOUT || raw_wait (fd, POLLIN, 0))
        ;
    CHECK_EQ (raw_wait (fd, POLLOUT, 0), 0);
    send_str (b, "x", 0);
    CHECK (raw_wait (fd, POLLIN | POLLOUT, LONG_WAIT));
    expect (a, "x");
    close0 (a);
    close0 (b);
    term (ctx);
    return 0;
}
