/* A READY whose properties end inside a length, or announce more than can be
   there, is refused. (The original takes both.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL);
    char ep[EP_MAX];
    bind_tcp (s, ep);
    static const struct
    {
        const char *body;
        size_t size;
    } bad[] = {{"\5READY\1a", 8}, {"\5READY\1a\0\0", 10}, {"\5READY\1a\xff\xff\xff\xff", 12}};
    for (int i = 0; i < 3; i++) {
        unsigned char g[64], b[64];
        int fd = raw_connect (ep);
        z_greeting (g, 3, 1);
        raw_send (fd, g, 64);
        CHECK_EQ (raw_recv (fd, b, 64, LONG_WAIT), 64);
        z_recv (fd);
        z_send (fd, Z_COMMAND, bad[i].body, bad[i].size);
        CHECK (raw_closed (fd, LONG_WAIT));
        close (fd);
    }
    close0 (s);
    term (ctx);
    return 0;
}
