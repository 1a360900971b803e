/* Everything at once: all patterns on all transports, bodies of all sizes,
   multi-part messages, monitors, a proxy, and sockets that are closed while
   messages wait in them. Also the workload under valgrind. */
#include "check.h"

/* Inside zmq_msg_t, in the arena, by reference, read straight into their own
   memory, in many reads. */
static const size_t SIZES[] = {0,   1,    33,   34,    40,     41,     255,
                               256, 4095, 4096, 4097, 65535, 65536, 1 << 20};
#define N_SIZES (int) (sizeof SIZES / sizeof *SIZES)

static const char *WILDCARDS[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};

static int freed;

static void
give_back (void *data, void *hint)
{
    CHECK (hint == SIZES);
    free (data);
    __atomic_add_fetch (&freed, 1, __ATOMIC_SEQ_CST);
}

/* A body whose bytes tell its place and size. */
static void
make (zmq_msg_t *m, size_t size, int own)
{
    if (own) {
        void *data = malloc (size ? size : 1);
        CHECK (data != NULL);
        OK (zmq_msg_init_data (m, data, size, give_back, (void *) SIZES));
    } else
        OK (zmq_msg_init_size (m, size));
    unsigned char *p = zmq_msg_data (m);
    for (size_t i = 0; i < size; i++)
        p[i] = (unsigned char) (i * 7 + size);
}

static void
check_body (zmq_msg_t *m, size_t size)
{
    CHECK_EQ (zmq_msg_size (m), size);
    const unsigned char *p = zmq_msg_data (m);
    for (size_t i = 0; i < size; i++)
        CHECK (p[i] == (unsigned char) (i * 7 + size));
}

/* All sizes as one message, behind what routes it; half of the bodies are the
   application's. */
static void
send_all (void *s)
{
    for (int i = 0; i < N_SIZES; i++) {
        zmq_msg_t m;
        make (&m, SIZES[i], i % 2);
        CHECK_EQ (zmq_msg_send (&m, s, i + 1 < N_SIZES ? ZMQ_SNDMORE : 0), SIZES[i]);
    }
}

static void
receive_all (void *s)
{
    for (int i = 0; i < N_SIZES; i++) {
        zmq_msg_t m, copy;
        OK (zmq_msg_init (&m));
        OK (zmq_msg_init (&copy));
        CHECK_EQ (zmq_msg_recv (&m, s, 0), SIZES[i]);
        CHECK_EQ (zmq_msg_more (&m), i + 1 < N_SIZES);
        OK (zmq_msg_copy (&copy, &m));
        OK (zmq_msg_close (&m));
        check_body (&copy, SIZES[i]);
        OK (zmq_msg_close (&copy));
    }
}

static void
connected (void *ctx, const char *wildcard, int bound, int connecting, void **b, void **c)
{
    char ep[EP_MAX];
    *b = new_sock (ctx, bound);
    *c = new_sock (ctx, connecting);
    bind_to (*b, wildcard, ep);
    OK (zmq_connect (*c, ep));
}

static void
one_way (void *ctx, const char *wildcard, int bound, int connecting)
{
    void *b, *c;
    connected (ctx, wildcard, bound, connecting, &b, &c);
    for (int i = 0; i < 3; i++)
        send_all (c);
    for (int i = 0; i < 3; i++)
        receive_all (b);
    close0 (b);
    close0 (c);
}

static void
there_and_back (void *ctx, const char *wildcard, int bound, int connecting)
{
    void *b, *c;
    connected (ctx, wildcard, bound, connecting, &b, &c);
    for (int i = 0; i < 2; i++) {
        send_all (c);
        if (bound == ZMQ_ROUTER) {
            char id[256];
            int n = zmq_recv (b, id, sizeof id, 0);
            CHECK (n == 5 && rcvmore (b));
            receive_all (b);
            CHECK_EQ (zmq_send (b, id, (size_t) n, ZMQ_SNDMORE), n);
        } else
            receive_all (b);
        send_all (b);
        receive_all (c);
    }
    close0 (b);
    close0 (c);
}

static void
publish (void *ctx, const char *wildcard)
{
    void *pub, *sub;
    connected (ctx, wildcard, ZMQ_XPUB, ZMQ_SUB, &pub, &sub);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "topic"));
    expect (pub, "\1topic");
    for (int i = 0; i < 2; i++) {
        send_parts (pub, "other", "dropped");
        send_str (pub, "topic", ZMQ_SNDMORE);
        send_all (pub);
    }
    for (int i = 0; i < 2; i++) {
        char topic[8];
        CHECK_EQ (zmq_recv (sub, topic, sizeof topic, 0), 5);
        receive_all (sub);
    }
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "topic"));
    char end[8];
    CHECK_EQ (zmq_recv (pub, end, sizeof end, 0), 6);
    CHECK (memcmp (end, "\0topic", 6) == 0);
    close0 (pub);
    close0 (sub);
}

static void *
run_proxy (void *s)
{
    void **sockets = s;
    CHECK_ERRNO (zmq_proxy (sockets[0], sockets[1], NULL), ETERM);
    OK (zmq_close (sockets[0]));
    OK (zmq_close (sockets[1]));
    return NULL;
}

/* A proxy with several clients and workers, ended by the context. */
static void
through_a_proxy (void)
{
    char front[EP_MAX], back[EP_MAX];
    void *ctx = new_ctx (), *proxied[2], *client[3], *worker[2];
    proxied[0] = new_sock (ctx, ZMQ_ROUTER);
    proxied[1] = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (proxied[0], front);
    bind_to (proxied[1], "ipc://*", back);
    pthread_t t = start (run_proxy, proxied);
    for (int i = 0; i < 2; i++) {
        worker[i] = new_sock (ctx, ZMQ_REP);
        OK (zmq_connect (worker[i], back));
    }
    for (int i = 0; i < 3; i++) {
        client[i] = new_sock (ctx, ZMQ_REQ);
        OK (zmq_connect (client[i], front));
        send_all (client[i]);
    }
    for (int left = 3; left > 0; left--) {
        zmq_pollitem_t items[] = {{worker[0], 0, ZMQ_POLLIN, 0},
                                  {worker[1], 0, ZMQ_POLLIN, 0}};
        CHECK (zmq_poll (items, 2, LONG_WAIT) > 0);
        void *ready = worker[items[0].revents ? 0 : 1];
        receive_all (ready);
        send_all (ready);
    }
    for (int i = 0; i < 3; i++)
        receive_all (client[i]);
    for (int i = 0; i < 3; i++)
        close0 (client[i]);
    for (int i = 0; i < 2; i++)
        close0 (worker[i]);
    OK (zmq_ctx_shutdown (ctx));
    finish (t);
    term (ctx);
}

/* Sockets are closed with messages on their way, which linger or are dropped;
   a monitor sees it. */
static void
closed_early (const char *wildcard, int linger)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL);
    void *monitor = mon_open (ctx, pull, ZMQ_EVENT_ALL);
    bind_to (pull, wildcard, ep);
    for (int i = 0; i < 3; i++) {
        void *push = new_sock (ctx, ZMQ_PUSH);
        OK (set_int (push, ZMQ_LINGER, linger));
        OK (zmq_connect (push, ep));
        send_all (push);
        send_str (push, "unfinished", ZMQ_SNDMORE);
        OK (zmq_close (push));
    }
    if (linger)
        for (int i = 0; i < 3; i++)
            receive_all (pull);
    mon_until (monitor, ZMQ_EVENT_LISTENING);
    mon_close (pull, monitor);
    close0 (pull);
    term (ctx);
}

int
main (void)
{
    void *ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2));
    for (int i = 0; i < 3; i++) {
        one_way (ctx, WILDCARDS[i], ZMQ_PULL, ZMQ_PUSH);
        one_way (ctx, WILDCARDS[i], ZMQ_PAIR, ZMQ_PAIR);
        there_and_back (ctx, WILDCARDS[i], ZMQ_PAIR, ZMQ_PAIR);
        there_and_back (ctx, WILDCARDS[i], ZMQ_REP, ZMQ_REQ);
        there_and_back (ctx, WILDCARDS[i], ZMQ_ROUTER, ZMQ_DEALER);
        publish (ctx, WILDCARDS[i]);
    }
    term (ctx);
    through_a_proxy ();
    for (int i = 0; i < 2; i++) {
        closed_early (WILDCARDS[i], -1);
        closed_early (WILDCARDS[i], 0);
    }
    SAY ("given back: %d", __atomic_load_n (&freed, __ATOMIC_SEQ_CST));
    return 0;
}
