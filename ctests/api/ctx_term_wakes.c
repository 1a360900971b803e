/* Termination wakes calls that block in other threads with ETERM, and waits
   until the last socket is closed. */
#include "check.h"

typedef struct
{
    void *socket;
    int what;
    int error;
    pid_t tid;
} blocked;

static void *
block (void *arg)
{
    blocked *b = arg;
    char buf[8];
    zmq_pollitem_t items[2] = {{b->socket, 0, ZMQ_POLLIN, 0}, {NULL, 0, 0, 0}};
    int rc = 0;
    __atomic_store_n (&b->tid, gettid (), __ATOMIC_SEQ_CST);
    switch (b->what) {
        case 0: rc = zmq_recv (b->socket, buf, sizeof buf, 0); break;
        case 1: rc = zmq_send (b->socket, "x", 1, 0); break;
        case 2: rc = zmq_poll (items, 1, -1); break;
        case 3: items[1].fd = -1; rc = zmq_poll (items, 2, 100000); break;
    }
    b->error = rc == -1 ? zmq_errno () : 0;
    OK (zmq_close (b->socket));
    return NULL;
}

static void
round_of (int use_shutdown)
{
    void *ctx = new_ctx ();
    blocked b[4];
    pthread_t t[4];
    for (int i = 0; i < 4; i++) {
        b[i] = (blocked){new_sock (ctx, ZMQ_DEALER), i, 0, 0};
        OK (set_int (b[i].socket, ZMQ_RCVTIMEO, -1));
        OK (set_int (b[i].socket, ZMQ_SNDTIMEO, -1));
        t[i] = start (block, &b[i]);
        AWAIT (__atomic_load_n (&b[i].tid, __ATOMIC_SEQ_CST) != 0);
        await_sleeping (b[i].tid);
    }
    if (use_shutdown)
        OK (zmq_ctx_shutdown (ctx));
    else
        term (ctx);
    for (int i = 0; i < 4; i++) {
        finish (t[i]);
        SAY ("call %d woke with %s", i, err_name (b[i].error));
    }
    if (use_shutdown)
        term (ctx);
}

static void *
terminate (void *ctx)
{
    term (ctx);
    return NULL;
}

int
main (void)
{
    round_of (0);
    round_of (1);

    /* term returns only after the last close, which works while it waits */
    void *ctx = new_ctx ();
    void *s = new_sock (ctx, ZMQ_PULL);
    pthread_t t = start (terminate, ctx);
    char buf[4];
    CHECK_ERRNO (zmq_recv (s, buf, 4, 0), ETERM);
    CHECK_ERRNO (zmq_recv (s, buf, 4, 0), ETERM);
    struct timespec soon;
    clock_gettime (CLOCK_REALTIME, &soon);
    CHECK_EQ (pthread_timedjoin_np (t, NULL, &soon), ETIMEDOUT);
    OK (zmq_close (s));
    finish (t);
    return 0;
}
