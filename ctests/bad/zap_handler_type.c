/* A socket that cannot answer is bound where the authenticator should be: the
   original ends the process; here nobody gets in. */
#include "check.h"

int
main (void)
{
    static const int types[] = {ZMQ_PAIR, ZMQ_DEALER, ZMQ_PULL, ZMQ_PUB, ZMQ_REQ};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *ctx = new_ctx (), *handler = new_sock (ctx, types[i]);
        OK (zmq_bind (handler, "inproc://zeromq.zap.01"));
        char ep[EP_MAX];
        void *server = new_sock (ctx, ZMQ_DEALER);
        OK (set_str (server, ZMQ_ZAP_DOMAIN, "DOMAIN"));
        void *m = mon_open (ctx, server, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        bind_tcp (server, ep);
        void *client = new_sock (ctx, ZMQ_DEALER);
        OK (zmq_connect (client, ep));
        CHECK_EQ (mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EFAULT);
        mon_close (server, m);
        close0 (client);
        close0 (server);
        close0 (handler);
        term (ctx);
    }
    return 0;
}
