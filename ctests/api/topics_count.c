/* ZMQ_TOPICS_COUNT: subscriptions that a socket has, or that its subscribers
   have, each topic once. */
#define ZMQ_BUILD_DRAFT_API
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    static const int publishers[] = {ZMQ_PUB, ZMQ_XPUB};
    for (int i = 0; i < 2; i++) {
        char ep[EP_MAX];
        void *pub = new_sock (ctx, publishers[i]);
        void *a = new_sock (ctx, ZMQ_SUB), *b = new_sock (ctx, ZMQ_SUB);
        CHECK_EQ (get_int (pub, ZMQ_TOPICS_COUNT), 0);
        bind_to (pub, "inproc://*", ep);
        OK (zmq_connect (a, ep));
        OK (zmq_connect (b, ep));
        OK (set_str (a, ZMQ_SUBSCRIBE, "one"));
        OK (set_str (a, ZMQ_SUBSCRIBE, "two"));
        OK (set_str (b, ZMQ_SUBSCRIBE, "two"));
        CHECK_EQ (get_int (a, ZMQ_TOPICS_COUNT), 2);
        CHECK_EQ (get_int (b, ZMQ_TOPICS_COUNT), 1);
        AWAIT (events (pub) != -1 && get_int (pub, ZMQ_TOPICS_COUNT) == 2);
        OK (set_str (a, ZMQ_UNSUBSCRIBE, "one"));
        AWAIT (events (pub) != -1 && get_int (pub, ZMQ_TOPICS_COUNT) == 1);
        OK (set_str (a, ZMQ_UNSUBSCRIBE, "two"));
        CHECK_EQ (get_int (a, ZMQ_TOPICS_COUNT), 0);
        AWAIT (events (pub) != -1 && get_int (pub, ZMQ_TOPICS_COUNT) == 1);
        close0 (b);
        AWAIT (events (pub) != -1 && get_int (pub, ZMQ_TOPICS_COUNT) == 0);
        close0 (a);
        close0 (pub);
    }
    void *x = new_sock (ctx, ZMQ_XSUB), *other = new_sock (ctx, ZMQ_PULL);
    int v;
    size_t size = sizeof v;
    send_str (x, "\1topic", 0);
    CHECK_EQ (get_int (x, ZMQ_TOPICS_COUNT), 1);
    CHECK_ERRNO (zmq_getsockopt (other, ZMQ_TOPICS_COUNT, &v, &size), EINVAL);
    close0 (x);
    close0 (other);
    term (ctx);
    return 0;
}
