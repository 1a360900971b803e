/* Streams of large messages: a receiver that keeps pace, one that starts late (what was sent waits at
   the marks, whatever its size), and one that is slow. Nothing is lost, nothing comes twice. */
#include "check.h"

enum { SIZE = 300 * 1000, MANY = 400 };

struct stream {
    void *out;
    int count;
};

static void
compose (unsigned char *body, int number)
{
    memset (body, number & 0xff, SIZE);
    memcpy (body, &number, sizeof number);
}

static void *
send_all (void *arg)
{
    struct stream *s = arg;
    unsigned char *body = malloc (SIZE);
    for (int i = 0; i < s->count; i++) {
        compose (body, i);
        CHECK_EQ (zmq_send (s->out, body, SIZE, 0), SIZE);
    }
    free (body);
    return NULL;
}

static void
receive_all (void *in, int count, int pause_ms)
{
    unsigned char *body = malloc (SIZE), *expected = malloc (SIZE);
    for (int i = 0; i < count; i++) {
        CHECK_EQ (zmq_recv (in, body, SIZE, 0), SIZE);
        compose (expected, i);
        CHECK (memcmp (body, expected, SIZE) == 0);
        if (pause_ms && i % 8 == 0)
            poll (NULL, 0, pause_ms); /* a receiver with work to do */
    }
    free (body);
    free (expected);
}

static void
run (void *ctx, int from, int to, const char *wildcard, int pause_ms)
{
    char ep[EP_MAX];
    pthread_t thread;
    void *in = new_sock (ctx, to);
    bind_to (in, wildcard, ep);
    struct stream s = {new_sock (ctx, from), MANY};
    OK (zmq_connect (s.out, ep));
    CHECK (pthread_create (&thread, NULL, send_all, &s) == 0);
    receive_all (in, MANY, pause_ms);
    CHECK (pthread_join (thread, NULL) == 0);
    quiet (in);
    close0 (in);
    close0 (s.out);
    SAY ("%d to %d, pause %d: all", from, to, pause_ms);
}

/* Nobody receives: the mark is what ends the sending, not the size. */
static void
late (void *ctx, const char *wildcard)
{
    enum { FEW = 60 };
    char ep[EP_MAX];
    void *in = new_sock (ctx, ZMQ_PULL);
    bind_to (in, wildcard, ep);
    struct stream s = {new_sock (ctx, ZMQ_PUSH), FEW};
    OK (zmq_connect (s.out, ep));
    send_all (&s);
    receive_all (in, FEW, 0);
    quiet (in);
    close0 (in);
    close0 (s.out);
    SAY ("late: all");
}

int
main (void)
{
    void *ctx = new_ctx ();
    run (ctx, ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*", 0);
    run (ctx, ZMQ_PUSH, ZMQ_PULL, "ipc://*", 0);
    run (ctx, ZMQ_DEALER, ZMQ_DEALER, "tcp://127.0.0.1:*", 0);
    run (ctx, ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*", 3);
    run (ctx, ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*", 12);
    late (ctx, "tcp://127.0.0.1:*");
    late (ctx, "ipc://*");
    term (ctx);
    return 0;
}
