/* A CONNECT_ROUTING_ID that is taken already does not bring the program down:
   the connect fails, or the first peer stays reachable under it. (The original
   aborts.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *router = new_sock (ctx, ZMQ_ROUTER), *d[2];
    char ep[2][EP_MAX];
    for (int i = 0; i < 2; i++) {
        d[i] = new_sock (ctx, ZMQ_DEALER);
        bind_tcp (d[i], ep[i]);
    }
    OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "same"));
    OK (zmq_connect (router, ep[0]));
    send_parts (router, "same", "one");
    expect (d[0], "one");
    OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, "same"));
    zmq_connect (router, ep[1]);
    send_parts (router, "same", "two");
    expect (d[0], "two");
    close0 (router);
    close0 (d[0]);
    close0 (d[1]);
    term (ctx);
    return 0;
}
