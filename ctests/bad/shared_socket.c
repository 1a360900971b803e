/* Several threads in one socket: their calls take turns, and none is forgotten.
   (The original's sockets belong to one thread at a time.) */
#include "check.h"

#define THREADS 4
#define EACH 5000

static void *shared;

static void *
sender (void *arg)
{
    (void) arg;
    for (int i = 0; i < EACH; i++)
        send_str (shared, "x", 0);
    return NULL;
}

static void *
receiver (void *arg)
{
    char buf[8];
    (void) arg;
    for (int i = 0; i < EACH; i++)
        CHECK_EQ (zmq_recv (shared, buf, sizeof buf, 0), 1);
    return NULL;
}

static void
many_send (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *pull = new_sock (ctx, ZMQ_PULL);
    pthread_t t[THREADS];
    shared = new_sock (ctx, ZMQ_PUSH);
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (shared, ep));
    for (int i = 0; i < THREADS; i++)
        t[i] = start (sender, NULL);
    take (pull, THREADS * EACH);
    for (int i = 0; i < THREADS; i++)
        finish (t[i]);
    close0 (shared);
    close0 (pull);
}

static void
many_receive (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *push = new_sock (ctx, ZMQ_PUSH);
    pthread_t t[THREADS];
    shared = new_sock (ctx, ZMQ_PULL);
    bind_to (shared, wildcard, ep);
    OK (zmq_connect (push, ep));
    for (int i = 0; i < THREADS; i++)
        t[i] = start (receiver, NULL);
    for (int i = 0; i < THREADS * EACH; i++)
        send_str (push, "x", 0);
    for (int i = 0; i < THREADS; i++)
        finish (t[i]);
    close0 (push);
    close0 (shared);
}

static pid_t sleeper;

static void *
one_message (void *arg)
{
    char buf[8];
    (void) arg;
    __atomic_store_n (&sleeper, gettid (), __ATOMIC_SEQ_CST);
    CHECK_EQ (zmq_recv (shared, buf, sizeof buf, 0), 1);
    return NULL;
}

/* A thread sleeps in a call while others come and go. */
static void
a_sleeper_and_visitors (void *ctx, const char *wildcard)
{
    char ep[EP_MAX], buf[8];
    void *peer = new_sock (ctx, ZMQ_PAIR);
    shared = new_sock (ctx, ZMQ_PAIR);
    bind_to (shared, wildcard, ep);
    OK (zmq_connect (peer, ep));
    send_str (peer, "0", 0);
    expect (shared, "0");
    for (int i = 0; i < 10; i++) {
        sleeper = 0;
        pthread_t t = start (one_message, NULL);
        AWAIT (__atomic_load_n (&sleeper, __ATOMIC_SEQ_CST));
        await_sleeping (sleeper);
        /* of all kinds: a look, a try, a wait that ends, and sending */
        if (i % 4 == 0)
            events (shared);
        if (i % 4 == 1)
            CHECK_ERRNO (zmq_recv (shared, buf, sizeof buf, ZMQ_DONTWAIT), EAGAIN);
        if (i % 4 == 2)
            CHECK_EQ (wait_for (shared, ZMQ_POLLIN, 20), 0);
        if (i % 4 == 3) {
            send_str (shared, "1", 0);
            expect (peer, "1");
        }
        send_str (peer, "2", 0);
        finish (t);
    }
    close0 (peer);
    close0 (shared);
}

int
main (void)
{
    static const char *const wildcards[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    void *ctx = new_ctx ();
    for (int i = 0; i < 3; i++) {
        many_send (ctx, wildcards[i]);
        many_receive (ctx, wildcards[i]);
        a_sleeper_and_visitors (ctx, wildcards[i]);
    }
    term (ctx);
    return 0;
}
