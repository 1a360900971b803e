/* A NULL endpoint is an error like others. (The original aborts in bind and
   connect.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PAIR);
    CHECK_ERRNO (zmq_bind (s, NULL), EINVAL);
    CHECK_ERRNO (zmq_connect (s, NULL), EINVAL);
    CHECK_ERRNO (zmq_unbind (s, NULL), EINVAL);
    CHECK_ERRNO (zmq_disconnect (s, NULL), EINVAL);
    close0 (s);
    term (ctx);
    return 0;
}
