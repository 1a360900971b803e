/* A monitor that nobody reads, or nobody has connected to, holds nothing up.
   (The original blocks, in zmq_bind or in a background thread.) */
#include "check.h"

/* More events than any high water mark: all are there, in their order, also
   for a reader that connects late. */
static void
none_is_lost (void *ctx, const char *where, int late)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL), *m = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_socket_monitor (s, where, ZMQ_EVENT_LISTENING | ZMQ_EVENT_CLOSED));
    if (!late)
        OK (zmq_connect (m, where));
    for (int i = 0; i < 3000; i++) {
        bind_tcp (s, ep);
        OK (zmq_unbind (s, ep));
    }
    if (late)
        OK (zmq_connect (m, where));
    for (int i = 0; i < 3000; i++) {
        mon_event opened = mon_expect (m, ZMQ_EVENT_LISTENING);
        mon_event closed = mon_expect (m, ZMQ_EVENT_CLOSED);
        CHECK_EQ (opened.value, closed.value);
        CHECK_STR (opened.address, closed.address);
    }
    CHECK_EQ (mon_next (m, 0).event, -1);
    close0 (s);
    close0 (m);
}

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
    none_is_lost (ctx, "inproc://read-at-once", 0);
    none_is_lost (ctx, "inproc://read-late", 1);
    term (ctx);
    return 0;
}
