/* The socket types of the draft API are not there. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    for (int type = 12; type <= 20; type++)
        CHECK_NULL_ERRNO (zmq_socket (ctx, type), EINVAL);
    term (ctx);
    return 0;
}
