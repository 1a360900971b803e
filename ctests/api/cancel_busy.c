/* pthread_cancel of threads that are in the middle of something: they end at
   once, no message is lost or doubled, and the sockets work on. (On the
   original the end may come inside of a call that is half done.) */
#include "check.h"

static void *ctx, *in, *out;
static unsigned rounds = 100;
static volatile unsigned received;
static volatile int quit;

/* Numbers, in order; the thread that was here before left at a number. */
static void
take_number (int flags)
{
    unsigned n;
    int rc = zmq_recv (in, &n, sizeof n, flags);
    if (rc == -1) {
        CHECK (errno == EAGAIN);
        return;
    }
    CHECK_EQ (rc, (int) sizeof n);
    if (n != received)
        FAIL ("expected %u, got %u", received, n);
    received++;
}

static void *
receives (void *arg)
{
    (void) arg;
    for (;;)
        take_number (0);
    return NULL;
}

/* No call here waits. */
static void *
spins (void *arg)
{
    (void) arg;
    for (;;)
        take_number (ZMQ_DONTWAIT);
    return NULL;
}

static void *
polls (void *arg)
{
    zmq_pollitem_t item = {in, 0, ZMQ_POLLIN, 0};
    long timeout = arg ? 0 : -1;
    for (;;) {
        OK (zmq_poll (&item, 1, timeout));
        if (item.revents & ZMQ_POLLIN)
            take_number (ZMQ_DONTWAIT);
    }
    return NULL;
}

/* The application's own points, too. */
static void *
tests (void *arg)
{
    (void) arg;
    for (;;) {
        take_number (ZMQ_DONTWAIT);
        pthread_testcancel ();
    }
    return NULL;
}

static void *
sends (void *arg)
{
    (void) arg;
    for (unsigned n = 0; !quit; n++)
        while (zmq_send (out, &n, sizeof n, 0) == -1 && !quit)
            CHECK (errno == EAGAIN);
    return NULL;
}

/* Options, connections and contexts meanwhile. */
static void *
tinkers (void *arg)
{
    char ep[EP_MAX];
    (void) arg;
    for (;;) {
        int old;
        /* so that nothing of this is left over */
        pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &old);
        CHECK_EQ (old, PTHREAD_CANCEL_ENABLE);
        void *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (ctx, ZMQ_PAIR);
        pthread_setcancelstate (old, &old);
        bind_tcp (a, ep);
        OK (zmq_connect (b, ep));
        set_int (b, ZMQ_RCVTIMEO, 100);
        OK (zmq_disconnect (b, ep));
        OK (zmq_unbind (a, ep));
        close0 (a);
        close0 (b);
        pthread_testcancel ();
    }
    return NULL;
}

static void
cancelled (void *(*run) (void *), void *arg, unsigned seed)
{
    pthread_t t = start (run, arg);
    unsigned before = received;
    if (seed % 3)
        for (int64_t end = now_ms () + 20; received - before < seed * 7 % 300 && now_ms () < end;)
            sched_yield ();
    CHECK_EQ (pthread_cancel (t), 0);
    CHECK (finish (t) == PTHREAD_CANCELED);
}

static void
flow (const char *wildcard)
{
    char ep[EP_MAX];
    in = new_sock (ctx, ZMQ_PULL);
    out = new_sock (ctx, ZMQ_PUSH);
    set_int (out, ZMQ_SNDTIMEO, 200);
    set_int (out, ZMQ_LINGER, 0);
    bind_to (in, wildcard, ep);
    OK (zmq_connect (out, ep));
    received = 0;
    quit = 0;
    pthread_t t = start (sends, NULL);
    for (unsigned i = 0; i < rounds; i++) {
        cancelled (receives, NULL, i);
        cancelled (spins, NULL, i);
        cancelled (polls, NULL, i);
        cancelled (polls, "0", i);
        cancelled (tests, NULL, i);
    }
    quit = 1;
    finish (t);
    CHECK (received > 0);
    close0 (in);
    close0 (out);
}

/* Senders that always find room, and such that do not. */
static void *
floods (void *arg)
{
    for (;;)
        zmq_send (out, "x", 1, arg ? ZMQ_DONTWAIT : 0);
    return NULL;
}

static void
flood (const char *wildcard)
{
    char ep[EP_MAX];
    in = new_sock (ctx, ZMQ_PULL);
    out = new_sock (ctx, ZMQ_PUSH);
    set_int (out, ZMQ_LINGER, 0);
    bind_to (in, wildcard, ep);
    OK (zmq_connect (out, ep));
    for (unsigned i = 0; i < rounds / 4; i++) {
        cancelled (floods, NULL, i);
        cancelled (floods, "nb", i);
        drain (in, 0);
    }
    send_str (out, "x", 0);
    expect (in, "x");
    close0 (in);
    close0 (out);
}

/* A state that the application has set is kept. */
static void *
is_not_cancelled (void *arg)
{
    char buf[8];
    int old;
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &old);
    pthread_cancel (pthread_self ());
    CHECK_ERRNO (zmq_recv (in, buf, 8, 0), EAGAIN);
    CHECK_EQ (zmq_poll (NULL, 0, 1), 0);
    pthread_setcanceltype (PTHREAD_CANCEL_DEFERRED, &old);
    CHECK_EQ (old, PTHREAD_CANCEL_DEFERRED);
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &old);
    CHECK_EQ (old, PTHREAD_CANCEL_DISABLE);
    return arg;
}

int
main (void)
{
    static const char *const wildcards[] = {"inproc://busy", "ipc://*", "tcp://127.0.0.1:*"};
    /* fewer where everything is slow */
    if (getenv ("ZINCMQ_CTEST_UNDER"))
        rounds = 8;
    ctx = new_ctx ();
    for (int i = 0; i < 3; i++) {
        flow (wildcards[i]);
        flood (wildcards[i]);
    }
    for (unsigned i = 0; i < 20; i++)
        cancelled (tinkers, NULL, i);
    in = new_sock (ctx, ZMQ_PULL);
    set_int (in, ZMQ_RCVTIMEO, 30);
    CHECK (finish (start (is_not_cancelled, in)) == in);
    close0 (in);
    term (ctx);
    return 0;
}
