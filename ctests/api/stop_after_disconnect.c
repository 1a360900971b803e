/* ZMQ_RECONNECT_STOP_AFTER_DISCONNECT: over ipc, a socket that has given up an endpoint does not try again
   where nobody listens. Ours only: in 4.3.4 the bit is another one, and whether it works is chance. */
#define ZMQ_BUILD_DRAFT_API
#include "check.h"

/* Returns the event after the failure of the first attempt; -1 if there is none. */
static int
second_event (void *ctx, int stop, int given_up)
{
    char nobody[EP_MAX];
    void *s = new_sock (ctx, ZMQ_DEALER), *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    snprintf (nobody, sizeof nobody, "ipc://@nobody-%d", (int) getpid ());
    OK (set_int (s, ZMQ_RECONNECT_STOP, stop));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    if (given_up) {
        OK (zmq_connect (s, "inproc://given-up"));
        OK (zmq_disconnect (s, "inproc://given-up"));
    }
    OK (zmq_connect (s, nobody));
    mon_expect (m, ZMQ_EVENT_CLOSED);
    int event = mon_next (m, SHORT_WAIT).event;
    /* it is known still */
    OK (zmq_disconnect (s, nobody));
    mon_close (s, m);
    close0 (s);
    return event;
}

int
main (void)
{
    void *ctx = new_ctx ();
    const int stop = ZMQ_RECONNECT_STOP_AFTER_DISCONNECT;
    CHECK_EQ (second_event (ctx, stop, 1), -1);
    CHECK_EQ (second_event (ctx, stop, 0), ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_EQ (second_event (ctx, 0, 1), ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_EQ (second_event (ctx, ZMQ_RECONNECT_STOP_CONN_REFUSED, 1), ZMQ_EVENT_CONNECT_RETRIED);
    term (ctx);
    return 0;
}
