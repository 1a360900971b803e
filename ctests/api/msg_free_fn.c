/* Buffers given to zmq_msg_init_data: the free function runs exactly once,
   when the last reference goes, whatever happened to the message. */
#include "check.h"

static int calls;
static void *seen_data, *seen_hint;

static void
release (void *data, void *hint)
{
    seen_data = data;
    seen_hint = hint;
    __atomic_add_fetch (&calls, 1, __ATOMIC_SEQ_CST);
}

static char buffer[5000];

static void
make (zmq_msg_t *m, size_t size)
{
    calls = 0;
    OK (zmq_msg_init_data (m, buffer, size, release, &calls));
    CHECK (zmq_msg_data (m) == buffer);
    CHECK_EQ (zmq_msg_size (m), size);
}

#define freed() __atomic_load_n (&calls, __ATOMIC_SEQ_CST)

static void
through (void *ctx, const char *wildcard, size_t size)
{
    char ep[EP_MAX];
    void *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (push, ep));
    zmq_msg_t m, r;
    make (&m, size);
    memset (buffer, 'm', size);
    CHECK_EQ (zmq_msg_send (&m, push, 0), (int) size);
    CHECK_EQ (zmq_msg_size (&m), 0);
    OK (zmq_msg_init (&r));
    CHECK_EQ (zmq_msg_recv (&r, pull, 0), (int) size);
    SAY ("%.6s %zu: received in the same buffer %d", wildcard, size,
         size > 0 && zmq_msg_data (&r) == buffer);
    OK (zmq_msg_close (&r));
    OK (zmq_msg_close (&m));
    AWAIT (freed () == 1);
    CHECK (seen_data == buffer && seen_hint == &calls);
    close0 (push);
    close0 (pull);
}

/* A message that waits for a connection keeps its buffer, however small it is. */
static void
held_while_queued (void *ctx, size_t size)
{
    char ep[EP_MAX];
    void *push = new_sock (ctx, ZMQ_PUSH);
    snprintf (ep, sizeof ep, "ipc://@free-fn-%d-%zu", (int) getpid (), size);
    OK (zmq_connect (push, ep));
    zmq_msg_t m;
    make (&m, size);
    CHECK_EQ (zmq_msg_send (&m, push, 0), (int) size);
    CHECK_EQ (freed (), 0);
    void *pull = new_sock (ctx, ZMQ_PULL);
    OK (zmq_bind (pull, ep));
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, pull, 0), (int) size);
    OK (zmq_msg_close (&m));
    AWAIT (freed () == 1);
    close0 (push);
    close0 (pull);
}

int
main (void)
{
    static const size_t sizes[] = {0, 1, 33, 34, 300, 5000};
    zmq_msg_t m, copy, r;
    for (int i = 0; i < 6; i++) {
        make (&m, sizes[i]);
        CHECK_EQ (freed (), 0);
        OK (zmq_msg_close (&m));
        CHECK_EQ (freed (), 1);
        /* a copy counts */
        make (&m, sizes[i]);
        OK (zmq_msg_init (&copy));
        OK (zmq_msg_copy (&copy, &m));
        SAY ("size %zu: copy shares %d", sizes[i], zmq_msg_get (&copy, ZMQ_SHARED));
        OK (zmq_msg_close (&m));
        CHECK_EQ (freed (), 0);
        OK (zmq_msg_close (&copy));
        CHECK_EQ (freed (), 1);
        /* a move does not */
        make (&m, sizes[i]);
        OK (zmq_msg_init (&copy));
        OK (zmq_msg_move (&copy, &m));
        OK (zmq_msg_close (&m));
        CHECK_EQ (freed (), 0);
        OK (zmq_msg_close (&copy));
        CHECK_EQ (freed (), 1);
    }
    /* overwritten by move, copy and recv */
    make (&m, 100);
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_move (&m, &copy));
    CHECK_EQ (freed (), 1);
    make (&m, 100);
    OK (zmq_msg_copy (&m, &copy));
    CHECK_EQ (freed (), 1);

    void *ctx = new_ctx ();
    for (int i = 0; i < 6; i++) {
        through (ctx, "inproc://*", sizes[i]);
        through (ctx, "tcp://127.0.0.1:*", sizes[i]);
        through (ctx, "ipc://*", sizes[i]);
        held_while_queued (ctx, sizes[i]);
    }
    /* a failed send leaves the message with its owner */
    void *s = new_sock (ctx, ZMQ_PUSH);
    make (&m, 200);
    CHECK_ERRNO (zmq_msg_send (&m, s, ZMQ_DONTWAIT), EAGAIN);
    CHECK_EQ (freed (), 0);
    CHECK (zmq_msg_data (&m) == buffer && zmq_msg_size (&m) == 200);
    CHECK_ERRNO (zmq_msg_send (&m, NULL, 0), ENOTSOCK);
    CHECK_EQ (zmq_msg_size (&m), 200);
    /* queued for a peer that never comes, dropped at close */
    OK (zmq_connect (s, "inproc://ffn-nobody"));
    CHECK_EQ (zmq_msg_send (&m, s, 0), 200);
    OK (set_int (s, ZMQ_LINGER, 0));
    OK (zmq_close (s));
    term (ctx);
    CHECK_EQ (freed (), 1);
    /* queued on tcp for a peer that never comes, dropped at close */
    ctx = new_ctx ();
    s = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (s, "tcp://127.0.0.1:1"));
    make (&m, 200);
    CHECK_EQ (zmq_msg_send (&m, s, 0), 200);
    close0 (s);
    term (ctx);
    CHECK_EQ (freed (), 1);
    /* to many subscribers: once */
    ctx = new_ctx ();
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub[3];
    OK (zmq_bind (pub, "inproc://fan"));
    for (int i = 0; i < 3; i++) {
        sub[i] = new_sock (ctx, ZMQ_SUB);
        OK (zmq_connect (sub[i], "inproc://fan"));
        OK (zmq_setsockopt (sub[i], ZMQ_SUBSCRIBE, "", 0));
    }
    /* the second and third subscription of one topic are not passed up,
       so take the one and let an empty poll apply the others */
    expect (pub, "\1");
    for (int i = 0; i < 20; i++)
        events (pub);
    make (&m, 400);
    CHECK_EQ (zmq_msg_send (&m, pub, 0), 400);
    OK (zmq_msg_init (&r));
    for (int i = 0; i < 3; i++) {
        /* shared or copied for each, as the library likes */
        CHECK (freed () <= 1);
        CHECK_EQ (zmq_msg_recv (&r, sub[i], 0), 400);
        CHECK (memcmp (zmq_msg_data (&r), buffer, 400) == 0);
    }
    OK (zmq_msg_close (&r));
    AWAIT (freed () == 1);
    for (int i = 0; i < 3; i++)
        close0 (sub[i]);
    close0 (pub);

    /* constant data: no function, shared, never freed */
    OK (zmq_msg_init_data (&m, buffer, 100, NULL, NULL));
    SHOW (zmq_msg_get (&m, ZMQ_SHARED));
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &m));
    CHECK (zmq_msg_data (&copy) == buffer);
    OK (zmq_msg_close (&m));
    OK (zmq_msg_close (&copy));
    /* empty, no data */
    OK (zmq_msg_init_data (&m, NULL, 0, NULL, NULL));
    CHECK_EQ (zmq_msg_size (&m), 0);
    OK (zmq_msg_close (&m));
    term (ctx);
    return 0;
}
