/* A message that was closed, or never made, is refused by send. (The original
   aborts.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PAIR);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_close (&m));
    CHECK_ERRNO (zmq_msg_send (&m, s, ZMQ_DONTWAIT), EFAULT);
    CHECK_ERRNO (zmq_sendmsg (s, &m, ZMQ_DONTWAIT), EFAULT);
    memset (&m, 0, sizeof m);
    CHECK_ERRNO (zmq_msg_send (&m, s, ZMQ_DONTWAIT), EFAULT);
    close0 (s);
    term (ctx);
    return 0;
}
