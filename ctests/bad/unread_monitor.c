/* A monitor that nobody reads, or nobody has connected to, holds nothing up.
   (The original blocks, in zmq_bind or in a background thread.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL);
    char ep[EP_MAX];
    OK (zmq_socket_monitor (s, "inproc://nobody-listens", ZMQ_EVENT_ALL));
    bind_tcp (s, ep);
    for (int i = 0; i < 20; i++) {
        void *push = new_sock (ctx, ZMQ_PUSH);
        OK (zmq_connect (push, ep));
        send_str (push, "x", 0);
        expect (s, "x");
        close0 (push);
    }
    close0 (s);
    /* the reader leaves before the monitored socket */
    s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    close0 (m);
    bind_tcp (s, ep);
    close0 (s);
    term (ctx);
    return 0;
}
