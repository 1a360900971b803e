/* Handles of things long gone are refused, also when others have been made
   since. (The original looks into freed memory there.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PAIR), *other[50];
    OK (zmq_close (s));
    for (int i = 0; i < 50; i++) {
        other[i] = new_sock (ctx, ZMQ_PAIR);
        CHECK_ERRNO (zmq_close (s), ENOTSOCK);
        CHECK_ERRNO (zmq_send (s, "x", 1, 0), ENOTSOCK);
    }
    for (int i = 0; i < 50; i++)
        OK (zmq_close (other[i]));
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    CHECK_ERRNO (zmq_poll (&item, 1, 0), ENOTSOCK);
    term (ctx);
    CHECK_ERRNO (zmq_close (s), ENOTSOCK);
    CHECK_ERRNO (zmq_ctx_term (ctx), EFAULT);
    CHECK_ERRNO (zmq_ctx_shutdown (ctx), EFAULT);
    CHECK_NULL_ERRNO (zmq_socket (ctx, ZMQ_PAIR), EFAULT);
    return 0;
}
