/* A STREAM socket has no handshake: its monitor shows one that failed whenever
   a connection ends. */
#include "check.h"

int
main (void)
{
    char ep[EP_MAX], buf[256];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_STREAM);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_MONITOR_STOPPED);
    bind_tcp (s, ep);
    mon_expect (m, ZMQ_EVENT_LISTENING);
    for (int i = 0; i < 2; i++) {
        int fd = raw_connect (ep);
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 5);
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 0);
        if (i)
            raw_send (fd, "bytes", 5);
        close (fd);
        mon_event e = mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        SAY ("the handshake failed: %s", err_name (e.value));
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    }
    mon_close (s, m);
    close0 (s);
    term (ctx);
    return 0;
}
