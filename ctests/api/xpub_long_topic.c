/* Topics that make the subscription command longer than 255 bytes. (The
   release that distributions ship at 4.3.4 garbles these.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *pub, *sub;
    pair_up (ctx, ZMQ_XPUB, ZMQ_SUB, &pub, &sub);
    static char topic[70000], buf[70001];
    static const size_t sizes[] = {245, 246, 247, 254, 255, 256, 257, 5000, 65536};
    memset (topic, 't', sizeof topic);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, sizes[i]));
        CHECK_EQ (zmq_recv (pub, buf, sizeof buf, 0), (int) sizes[i] + 1);
        CHECK (buf[0] == 1 && memcmp (buf + 1, topic, sizes[i]) == 0);
        OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, sizes[i]));
        CHECK_EQ (zmq_recv (pub, buf, sizeof buf, 0), (int) sizes[i] + 1);
        CHECK_EQ (buf[0], 0);
    }
    close0 (sub);
    close0 (pub);
    term (ctx);
    return 0;
}
