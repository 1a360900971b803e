/* High-water marks that change while a pipe lasts count at once, for both ends, also where the pipe is full; an
   empty one takes as many messages as its new mark. Ours only: in the original a full pipe whose mark becomes 0
   stays full for ever. So does an empty one whose mark becomes lower than the messages since the last
   credit. */
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

/* Messages that pass one by one. */
static void
pass (void *push, void *pull, int n)
{
    char c;
    for (int i = 0; i < n; i++) {
        CHECK_EQ (zmq_send (push, "x", 1, 0), 1);
        CHECK_EQ (zmq_recv (pull, &c, 1, 0), 1);
    }
}

/* The mark of one end changes where the pipe is empty, after so many messages. That of the other end is 1. */
static void
empty_pipe (void *ctx, int passed, int is_reader)
{
    static const int marks[] = {100, 1, 7, 0, 5, 1300, 0, 3000, 2};
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    void *changed = is_reader ? pull : push;
    int option = is_reader ? ZMQ_RCVHWM : ZMQ_SNDHWM;
    OK (set_int (is_reader ? push : pull, is_reader ? ZMQ_SNDHWM : ZMQ_RCVHWM, 1));
    OK (zmq_bind (pull, "inproc://empty"));
    OK (zmq_connect (push, "inproc://empty"));
    pass (push, pull, passed);
    for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
        OK (set_int (changed, option, marks[i]));
        int want = marks[i] ? marks[i] + 1 : 5000;
        /* a sender that does not wait looks for credit once a millisecond, unless it asks */
        CHECK (!is_reader || events (push) == ZMQ_POLLOUT);
        CHECK_EQ (fill (push, "x", 5000), want);
        CHECK_EQ (empty (pull), want);
        pass (push, pull, passed);
    }
    done (push, pull);
}

/* Lowered on the way to a network. */
static void
lowered (void *ctx, const char *wildcard, int passed)
{
    void *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    char ep[EP_MAX];
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (push, ep));
    pass (push, pull, passed);
    OK (set_int (push, ZMQ_SNDHWM, 100));
    OK (set_int (pull, ZMQ_RCVHWM, 10));
    pass (push, pull, 200);
    done (push, pull);
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

    static const int passed[] = {0, 1, 99, 400, 499, 501, 999};
    for (int i = 0; i < 7; i++) {
        empty_pipe (ctx, passed[i], 0);
        empty_pipe (ctx, passed[i], 1);
        lowered (ctx, "tcp://127.0.0.1:*", passed[i]);
        lowered (ctx, "ipc://*", passed[i]);
        lowered (ctx, "inproc://*", passed[i]);
    }
    term (ctx);
    return 0;
}
