/* No free function runs inside a call that sends, whatever becomes of the message, nor inside one that closes
   or sets something: the background runs it. And one that takes its time holds up nobody. */
#include "check.h"

static int calls, in_calls;
static __thread int in_call;

static void
release (void *data, void *hint)
{
    (void) hint;
    free (data);
    __atomic_add_fetch (&in_calls, in_call, __ATOMIC_SEQ_CST);
    __atomic_add_fetch (&calls, 1, __ATOMIC_SEQ_CST);
}

#define freed() __atomic_load_n (&calls, __ATOMIC_SEQ_CST)

/* The call, in which nothing is to be freed. */
#define CALM(call)                                                             \
    do {                                                                       \
        in_call = 1;                                                           \
        call;                                                                  \
        in_call = 0;                                                           \
    } while (0)

static int sent;

static void
make (zmq_msg_t *m, size_t size, zmq_free_fn *function)
{
    char *data = calloc (1, size + 1);
    CHECK (data != NULL);
    OK (zmq_msg_init_data (m, data, size, function, NULL));
}

static void
send_lent (void *s, size_t size, int flags)
{
    zmq_msg_t m;
    make (&m, size, release);
    CALM (CHECK_EQ (zmq_msg_send (&m, s, flags), (int) size));
    sent++;
}

static const size_t sizes[] = {0, 10, 300, 100000};

static void
send_some (void *s)
{
    for (int i = 0; i < 4; i++)
        send_lent (s, sizes[i], 0);
}

static void *
ctx_with (int threads)
{
    void *ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, threads));
    calls = in_calls = sent = 0;
    return ctx;
}

static void
finish_ctx (void *ctx)
{
    term (ctx);
    CHECK_EQ (freed (), sent);
    CHECK_EQ (in_calls, 0);
}

static void
two (void *ctx, int bound, int connected, void *s[2])
{
    char ep[EP_MAX];
    s[0] = new_sock (ctx, bound);
    s[1] = new_sock (ctx, connected);
    bind_to (s[0], "inproc://*", ep);
    OK (zmq_connect (s[1], ep));
}

static void
close_two (void *s[2])
{
    CALM (close0 (s[0]));
    CALM (close0 (s[1]));
}

/* Messages that a socket drops in the call that was to send them. */
static void
dropped (int threads)
{
    void *ctx = ctx_with (threads), *s[2];
    two (ctx, ZMQ_PUB, ZMQ_SUB, s);
    send_some (s[0]);
    OK (zmq_setsockopt (s[1], ZMQ_SUBSCRIBE, "x", 1));
    send_some (s[0]);
    AWAIT (freed () == sent);
    close_two (s);

    two (ctx, ZMQ_ROUTER, ZMQ_DEALER, s);
    send_str (s[0], "nobody", ZMQ_SNDMORE);
    send_some (s[0]);
    AWAIT (freed () == sent);
    close_two (s);

    /* a full subscriber */
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    OK (set_int (pub, ZMQ_SNDHWM, 1));
    OK (set_int (sub, ZMQ_RCVHWM, 1));
    OK (zmq_bind (pub, "inproc://full"));
    OK (zmq_connect (sub, "inproc://full"));
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    expect (pub, "\1");
    send_some (pub);
    send_some (pub);
    CALM (close0 (pub));
    CALM (close0 (sub));
    AWAIT (freed () == sent);
    finish_ctx (ctx);
    SAY ("%d I/O threads: what is dropped is freed, and not by who sends", threads);
}

/* Messages that take each other's place. */
static void
replaced (int threads)
{
    void *ctx = ctx_with (threads), *pull = new_sock (ctx, ZMQ_PULL),
         *push = new_sock (ctx, ZMQ_PUSH);
    char buffer[10];
    OK (set_int (pull, ZMQ_CONFLATE, 1));
    OK (set_int (push, ZMQ_CONFLATE, 1));
    OK (zmq_bind (pull, "inproc://conflate"));
    OK (zmq_connect (push, "inproc://conflate"));
    send_some (push);
    send_lent (push, 1, 0);
    AWAIT (freed () == sent - 1);
    CHECK_EQ (zmq_recv (pull, buffer, sizeof buffer, 0), 1);
    AWAIT (freed () == sent);
    CALM (close0 (push));
    CALM (close0 (pull));
    finish_ctx (ctx);
    SAY ("%d I/O threads: what is replaced is freed, and not by who sends", threads);
}

/* Messages that wait when a socket closes, or a pipe is taken away. */
static void
left (int threads)
{
    void *ctx = ctx_with (threads), *s[2];
    two (ctx, ZMQ_PULL, ZMQ_PUSH, s);
    send_some (s[1]);
    CHECK_EQ (freed (), 0);
    CALM (close0 (s[0]));
    AWAIT (freed () == sent);
    CALM (close0 (s[1]));

    two (ctx, ZMQ_PAIR, ZMQ_PAIR, s);
    send_some (s[0]);
    send_some (s[1]);
    send_lent (s[1], 30, ZMQ_SNDMORE);
    close_two (s);
    AWAIT (freed () == sent);

    /* received, and no more the library's: the program ends it */
    two (ctx, ZMQ_PULL, ZMQ_PUSH, s);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    send_some (s[1]);
    for (int i = 0; i < 4; i++)
        CHECK_EQ (zmq_msg_recv (&m, s[0], 0), (int) sizes[i]);
    close_two (s);
    CHECK_EQ (freed (), sent - 1);
    OK (zmq_msg_close (&m));
    CHECK_EQ (freed (), sent);
    /* and it may outlive its context */
    OK (zmq_msg_init (&m));
    two (ctx, ZMQ_PULL, ZMQ_PUSH, s);
    send_lent (s[1], 300, 0);
    CHECK_EQ (zmq_msg_recv (&m, s[0], 0), 300);
    close_two (s);
    term (ctx);
    CHECK_EQ (freed (), sent - 1);
    OK (zmq_msg_close (&m));
    CHECK_EQ (freed (), sent);
    CHECK_EQ (in_calls, 0);
    SAY ("%d I/O threads: what is left is freed, and not by who closes", threads);
}

/* ------------------------------------------------ one that takes its time */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int waits;

static void
wait_for_gate (void *data, void *hint)
{
    __atomic_add_fetch (&waits, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ (pthread_mutex_lock (&gate), 0);
    CHECK_EQ (pthread_mutex_unlock (&gate), 0);
    release (data, hint);
}

/* The only I/O thread waits in a free function, until `gate` opens. */
static void
block_background (void *push, void *pull)
{
    zmq_msg_t m;
    char buffer[400];
    __atomic_store_n (&waits, 0, __ATOMIC_SEQ_CST);
    make (&m, 300, wait_for_gate);
    CALM (CHECK_EQ (zmq_msg_send (&m, push, 0), 300));
    sent++;
    CHECK_EQ (zmq_recv (pull, buffer, sizeof buffer, 0), 300);
    AWAIT (__atomic_load_n (&waits, __ATOMIC_SEQ_CST) == 1);
}

/* No call but zmq_ctx_term waits for it. */
static void
nobody_waits (void)
{
    void *ctx = ctx_with (1), *pull, *push, *s[2];
    char ep[EP_MAX], other[EP_MAX], buffer[10];
    pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    send_str (push, "x", 0);
    expect (pull, "x");
    CHECK_EQ (pthread_mutex_lock (&gate), 0);
    block_background (push, pull);
    for (int i = 0; i < 1000; i++) {
        send_lent (push, 5, 0);
        CHECK_EQ (zmq_recv (pull, buffer, sizeof buffer, 0), 5);
    }
    CHECK_ERRNO (zmq_recv (pull, buffer, sizeof buffer, ZMQ_DONTWAIT), EAGAIN);
    zmq_pollitem_t item = {pull, 0, ZMQ_POLLIN, 0};
    CHECK_EQ (zmq_poll (&item, 1, 1), 0);
    events (push);
    OK (set_int (pull, ZMQ_RCVHWM, 10));
    two (ctx, ZMQ_PAIR, ZMQ_PAIR, s);
    send_some (s[0]);
    bind_tcp (s[0], ep);
    bind_to (s[0], "ipc://*", other);
    OK (zmq_connect (s[1], ep));
    OK (zmq_socket_monitor (s[1], "inproc://monitor", ZMQ_EVENT_ALL));
    OK (zmq_disconnect (s[1], ep));
    OK (zmq_unbind (s[0], other));
    OK (zmq_socket_monitor (s[1], NULL, 0));
    close_two (s);
    CALM (close0 (pull));
    CALM (close0 (push));
    OK (zmq_ctx_shutdown (ctx));
    CHECK_EQ (freed (), 0);
    CHECK_EQ (pthread_mutex_unlock (&gate), 0);
    finish_ctx (ctx);
    SAY ("a free function that waits holds up no call");
}

/* Nor do those free functions wait that another I/O thread can run. */
static void
others_run (void)
{
    void *ctx = ctx_with (2), *pull, *push;
    char buffer[10];
    pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    send_str (push, "x", 0);
    expect (pull, "x");
    CHECK_EQ (pthread_mutex_lock (&gate), 0);
    block_background (push, pull);
    for (int i = 0; i < 100; i++) {
        send_lent (push, 5, 0);
        CHECK_EQ (zmq_recv (pull, buffer, sizeof buffer, 0), 5);
        AWAIT (freed () == sent - 1);
    }
    CHECK_EQ (pthread_mutex_unlock (&gate), 0);
    CALM (close0 (pull));
    CALM (close0 (push));
    finish_ctx (ctx);
    SAY ("with a second I/O thread the others go on");
}

int
main (void)
{
    for (int threads = 0; threads < 3; threads++) {
        dropped (threads);
        replaced (threads);
        left (threads);
    }
    nobody_waits ();
    others_run ();
    return 0;
}
