/* Says on stdout which version of zincmq it has, and makes two contexts. */
#include <stdio.h>
#include <zmq.h>
#include <zmqx.h>

int main (void)
{
    int major, minor, patch;
    void *one = zmq_ctx_new (), *two = zmq_init (1);

    zmqx_version (&major, &minor, &patch);
    printf ("%d.%d.%d\n", major, minor, patch);
    return one && two && zmq_ctx_term (one) == 0 && zmq_ctx_term (two) == 0 ? 0 : 1;
}
