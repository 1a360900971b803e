/* Which values each int option takes, and what is read back. */
#include "check.h"

static const int values[] = {-2147483647 - 1, -100, -99, -2, -1, 0, 1, 2, 3, 50, 99, 100,
                             199, 255, 65536, 6553599, 6553600, 2147483647};

static int
skip (int o)
{
    /* mechanisms and features that depend on the build; USE_FD would take a
       descriptor of this process */
    return (o >= 62 && o <= 65) || (o >= 85 && o <= 91)
           || o >= 93 || o == ZMQ_USE_FD;
}

int
main (void)
{
    static const int types[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER,
                                ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};
    void *ctx = new_ctx ();
    for (int t = 0; t < 12; t++)
        for (int o = 0; o < 93; o++) {
            if (skip (o))
                continue;
            void *s = zmq_socket (ctx, types[t]);
            CHECK (s != NULL);
            printf ("type %d option %d:", types[t], o);
            for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                errno = 0;
                int rc = zmq_setsockopt (s, o, &values[i], sizeof (int));
                printf (" %d", values[i]);
                if (rc == -1)
                    printf ("=%s", err_name (errno));
                int got = 0;
                size_t size = sizeof got;
                if (o != ZMQ_FD && o != ZMQ_EVENTS && o != ZMQ_RCVMORE && o != ZMQ_ROUTING_ID
                    && zmq_getsockopt (s, o, &got, &size) == 0 && size == 4)
                    printf (">%d", got);
            }
            putchar ('\n');
            close0 (s);
        }
    term (ctx);
    return 0;
}
