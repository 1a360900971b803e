/* High-water marks that change while a pipe lasts count at once, for both ends, also where the pipe is full.
   Ours only: in the original a full pipe whose mark becomes 0 stays full for ever. */
#include "check.h"

enum { MANY = 50 };

static int
empty (void *s)
{
    char c;
    int n = 0;
    while (zmq_recv (s, &c, 1, ZMQ_DONTWAIT) != -1)
        n += !get_int (s, ZMQ_RCVMORE);
    return n;
}

/* A pipe with room for ten, which is full. */
static void
full (void *ctx, void **push, void **pull)
{
    *push = new_sock (ctx, ZMQ_PUSH);
    *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (*push, ZMQ_SNDHWM, 5));
    OK (set_int (*pull, ZMQ_RCVHWM, 5));
    OK (zmq_bind (*pull, "inproc://live"));
    OK (zmq_connect (*push, "inproc://live"));
    CHECK_EQ (fill (*push, "x", MANY), 10);
}

static void
done (void *push, void *pull)
{
    close0 (push);
    close0 (pull);
}

int
main (void)
{
    void *ctx = new_ctx (), *push, *pull;

    full (ctx, &push, &pull);
    OK (set_int (push, ZMQ_SNDHWM, 7));
    CHECK_EQ (fill (push, "x", MANY), 2);
    OK (set_int (push, ZMQ_SNDHWM, 0));
    CHECK_EQ (fill (push, "x", MANY), MANY);
    CHECK_EQ (empty (pull), 12 + MANY);
    done (push, pull);

    /* the reader's mark */
    full (ctx, &push, &pull);
    OK (set_int (pull, ZMQ_RCVHWM, 8));
    CHECK_EQ (events (pull), ZMQ_POLLIN);
    CHECK_EQ (fill (push, "x", MANY), 3);
    OK (set_int (pull, ZMQ_RCVHWM, 0));
    CHECK_EQ (events (pull), ZMQ_POLLIN);
    CHECK_EQ (fill (push, "x", MANY), MANY);
    CHECK_EQ (empty (pull), 13 + MANY);
    done (push, pull);

    /* that of one who binds late, and has none */
    void *dealer = new_sock (ctx, ZMQ_DEALER), *router = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (dealer, ZMQ_SNDHWM, 2));
    OK (set_int (router, ZMQ_RCVHWM, 0));
    OK (zmq_connect (dealer, "inproc://late"));
    CHECK_EQ (fill (dealer, "x", MANY), 2);
    OK (zmq_bind (router, "inproc://late"));
    CHECK_EQ (fill (dealer, "x", MANY), MANY);
    CHECK_EQ (empty (router), 2 + MANY);
    done (dealer, router);
    term (ctx);
    return 0;
}
