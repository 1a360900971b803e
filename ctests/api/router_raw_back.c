/* ZMQ_ROUTER_RAW can be taken back before the socket is used. */
#include "check.h"

int
main (void)
{
    char ep[EP_MAX], id[8];
    void *ctx = new_ctx (), *router = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (router, ZMQ_ROUTER_RAW, 1));
    OK (set_int (router, ZMQ_ROUTER_RAW, 0));
    bind_tcp (router, ep);
    void *dealer = new_sock (ctx, ZMQ_DEALER);
    OK (zmq_connect (dealer, ep));
    send_parts (dealer, "one", "two");
    CHECK_EQ (zmq_recv (router, id, sizeof id, 0), 5);
    expect (router, "one", "two");
    CHECK_EQ (zmq_send (router, id, 5, ZMQ_SNDMORE), 5);
    send_str (router, "back", 0);
    expect (dealer, "back");
    close0 (dealer);
    close0 (router);
    term (ctx);
    return 0;
}
