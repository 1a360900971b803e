/* A peer may send greeting, READY and its first messages in one piece,
   without waiting for the other READY; nothing of it is lost. (The original
   drops such a peer.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL);
    char ep[EP_MAX];
    bind_tcp (s, ep);
    for (int round = 0; round < 20; round++) {
        unsigned char all[500], body[100];
        z_greeting (all, 3, 1);
        size_t n = 64;
        n += z_frame_bytes (all + n, Z_COMMAND, body, z_ready_body (body, "PUSH", NULL));
        n += z_frame_bytes (all + n, Z_MORE, "first", 5);
        n += z_frame_bytes (all + n, 0, "second", 6);
        n += z_frame_bytes (all + n, 0, "third", 5);
        int fd = raw_connect (ep);
        raw_send (fd, all, n);
        expect (s, "first", "second");
        expect (s, "third");
        close (fd);
    }
    close0 (s);
    /* a subscription too */
    s = new_sock (ctx, ZMQ_XPUB);
    bind_tcp (s, ep);
    unsigned char all[500], body[100];
    z_greeting (all, 3, 1);
    size_t n = 64;
    n += z_frame_bytes (all + n, Z_COMMAND, body, z_ready_body (body, "SUB", NULL));
    n += z_frame_bytes (all + n, Z_COMMAND, "\11SUBSCRIBEtop", 13);
    int fd = raw_connect (ep);
    raw_send (fd, all, n);
    char buf[8];
    CHECK_EQ (zmq_recv (s, buf, 8, 0), 4);
    CHECK (memcmp (buf, "\1top", 4) == 0);
    close (fd);
    close0 (s);
    term (ctx);
    return 0;
}
