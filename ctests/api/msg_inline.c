/* Bodies up to 40 bytes are inside zmq_msg_t; larger ones are not. */
#include "check.h"

static int
inside (const zmq_msg_t *m, const void *data)
{
    const char *p = data, *start = (const char *) m;
    return p >= start && p < start + sizeof *m;
}

int
main (void)
{
    void *ctx = new_ctx (), *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (ctx, ZMQ_PAIR);
    static const char body[100];
    OK (zmq_bind (a, "inproc://a"));
    OK (zmq_connect (b, "inproc://a"));
    for (size_t size = 0; size <= 80; size++) {
        zmq_msg_t m;
        OK (zmq_msg_init_size (&m, size));
        CHECK_EQ (inside (&m, zmq_msg_data (&m)), size <= 40);
        OK (zmq_msg_close (&m));
        CHECK_EQ (zmq_send (a, body, size, 0), size);
        OK (zmq_msg_init (&m));
        CHECK_EQ (zmq_msg_recv (&m, b, 0), size);
        CHECK_EQ (inside (&m, zmq_msg_data (&m)), size <= 40);
        OK (zmq_msg_close (&m));
    }
    close0 (a);
    close0 (b);
    term (ctx);
    return 0;
}
