/* A peer that sends and hangs up in one breath: its messages arrive, and its
   end is noticed, whether the socket has room for all of them or not. */
#include "check.h"

static void
hang_up_behind (void *ctx, int hwm, int messages, int linger)
{
    char ep[EP_MAX], buf[16];
    void *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (pull, ZMQ_RCVHWM, hwm));
    void *m = mon_open (ctx, pull, ZMQ_EVENT_DISCONNECTED);
    bind_tcp (pull, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    unsigned char bytes[64 * 16];
    size_t size = 0;
    for (int i = 0; i < messages; i++)
        size += z_frame_bytes (bytes + size, 0, "last words", 10);
    raw_send (fd, bytes, size);
    /* with linger 0 the peer does not say goodbye */
    if (!linger)
        setsockopt (fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof (struct linger));
    close (fd);
    if (hwm > messages)
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    if (linger)
        for (int i = 0; i < messages; i++)
            CHECK_EQ (zmq_recv (pull, buf, sizeof buf, 0), 10);
    else
        while (wait_for (pull, ZMQ_POLLIN, 0))
            CHECK_EQ (zmq_recv (pull, buf, sizeof buf, 0), 10);
    if (hwm <= messages)
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    mon_close (pull, m);
    close0 (pull);
}

int
main (void)
{
    void *ctx = new_ctx ();
    for (int i = 0; i < 20; i++) {
        hang_up_behind (ctx, 1000, 0, 1);
        hang_up_behind (ctx, 1000, 1, 1);
        hang_up_behind (ctx, 1000, 50, 1);
        hang_up_behind (ctx, 1000, 50, 0);
        hang_up_behind (ctx, 1, 50, 1);
        hang_up_behind (ctx, 10, 50, 1);
    }
    term (ctx);
    return 0;
}
