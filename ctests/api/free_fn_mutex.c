/* A program may hold a mutex of its own around its calls and lock it in its free function too. The
   free function may call the library: over networks it runs in the background. */
#include "check.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t first_thread;
static int calls, sent, on_first_thread;

/* Called by the free function besides, under the mutex; NULL: nothing. */
static void (*also) (void);

static void
release (void *data, void *hint)
{
    CHECK (hint == &calls);
    free (data);
    CHECK_EQ (pthread_mutex_lock (&mutex), 0);
    calls++;
    on_first_thread += pthread_equal (pthread_self (), first_thread) != 0;
    if (also)
        also ();
    CHECK_EQ (pthread_mutex_unlock (&mutex), 0);
}

/* The call, with the mutex held. */
#define LOCKED(call)                                                           \
    do {                                                                       \
        CHECK_EQ (pthread_mutex_lock (&mutex), 0);                             \
        call;                                                                  \
        CHECK_EQ (pthread_mutex_unlock (&mutex), 0);                           \
    } while (0)

static int
freed (void)
{
    int now;
    LOCKED (now = calls);
    return now;
}

static void
send_lent (void *s, size_t size, int flags)
{
    zmq_msg_t m;
    char *data = malloc (size + 1);
    CHECK (data != NULL);
    memset (data, 'd', size);
    OK (zmq_msg_init_data (&m, data, size, release, &calls));
    LOCKED (CHECK_EQ (zmq_msg_send (&m, s, flags), (int) size));
    sent++;
}

/* Does not wait under the mutex: the background may be waiting for it. */
static void
receive (void *s, size_t size)
{
    zmq_msg_t m;
    int got = -1;
    OK (zmq_msg_init (&m));
    while (got == -1) {
        zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
        CHECK_EQ (zmq_poll (&item, 1, LONG_WAIT), 1);
        LOCKED (got = zmq_msg_recv (&m, s, ZMQ_DONTWAIT));
        CHECK (got >= 0 || errno == EAGAIN);
    }
    CHECK_EQ (got, size);
    OK (zmq_msg_close (&m));
}

static void
begin (void)
{
    calls = sent = on_first_thread = 0;
    also = NULL;
}

static const size_t sizes[] = {0, 10, 300, 5000, 100000, 1000000};

/* Everything that a program does with connected sockets. */
static void
every_call (const char *wildcard)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL),
         *push = new_sock (ctx, ZMQ_PUSH);
    begin ();
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (push, ep));
    for (int i = 0; i < 60; i++) {
        size_t size = sizes[i % 6];
        if (i % 5 == 4) {
            send_lent (push, size, ZMQ_SNDMORE);
            send_lent (push, 70, 0);
            receive (pull, size);
            receive (pull, 70);
        } else {
            send_lent (push, size, 0);
            LOCKED (OK (set_int (push, ZMQ_LINGER, -1)));
            LOCKED (events (push));
            LOCKED (events (pull));
            receive (pull, size);
        }
    }
    AWAIT (freed () == sent);
    /* some are on their way, some wait, and then all ends */
    for (int i = 0; i < 60; i++)
        send_lent (push, sizes[i % 6], 0);
    LOCKED (close0 (pull));
    LOCKED (close0 (push));
    term (ctx);
    CHECK_EQ (freed (), sent);
    SAY ("%.3s: %d sent, all freed, %d by the thread that sent", wildcard, sent,
         on_first_thread);
}

/* Messages that never went out. */
static void
unsent (const char *endpoint, int shuts_down)
{
    void *ctx = new_ctx (), *push = new_sock (ctx, ZMQ_PUSH);
    begin ();
    OK (set_int (push, ZMQ_LINGER, 0));
    OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 12; i++)
        send_lent (push, sizes[i % 6], i % 4 == 0 ? ZMQ_SNDMORE : 0);
    /* the rest of a message is missing: the original forgets it if it is disconnected */
    if (shuts_down)
        send_lent (push, 100, ZMQ_SNDMORE);
    CHECK_EQ (freed (), 0);
    if (shuts_down)
        LOCKED (OK (zmq_ctx_shutdown (ctx)));
    else
        LOCKED (OK (zmq_disconnect (push, endpoint)));
    LOCKED (close0 (push));
    term (ctx);
    CHECK_EQ (freed (), sent);
    SAY ("%.3s, nobody there: %d sent, all freed, %d by the thread that sent",
         endpoint, sent, on_first_thread);
}

/* Inside a context nothing is freed before it is received, or its socket closed. */
static void
unread (void)
{
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL),
         *push = new_sock (ctx, ZMQ_PUSH);
    begin ();
    OK (zmq_bind (pull, "inproc://unread"));
    OK (zmq_connect (push, "inproc://unread"));
    for (int i = 0; i < 12; i++)
        send_lent (push, sizes[i % 6], 0);
    CHECK_EQ (freed (), 0);
    LOCKED (close0 (pull));
    LOCKED (close0 (push));
    term (ctx);
    CHECK_EQ (freed (), sent);
    SAY ("unread: %d sent, all freed, %d by the thread that sent", sent,
         on_first_thread);
}

/* A copy that the program keeps: the last owner frees it. */
static void
copies (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL),
         *push = new_sock (ctx, ZMQ_PUSH);
    zmq_msg_t m, copy;
    begin ();
    bind_tcp (pull, ep);
    OK (zmq_connect (push, ep));
    OK (zmq_msg_init_data (&m, calloc (1, 5000), 5000, release, &calls));
    OK (zmq_msg_init (&copy));
    OK (zmq_msg_copy (&copy, &m));
    CHECK_EQ (zmq_msg_send (&m, push, 0), 5000);
    receive (pull, 5000);
    CHECK_EQ (freed (), 0);
    /* the program's is the last one, but for what the library has not yet let go */
    OK (zmq_msg_close (&copy));
    AWAIT (freed () == 1);
    close0 (push);
    close0 (pull);
    term (ctx);
    CHECK_EQ (freed (), 1);
}

static void *back, *spare;
static int sends_left;

/* Sends on the socket whose message was just freed, asks it something, and closes another one. */
static void
call_back (void)
{
    if (sends_left == 0)
        return;
    sends_left--;
    CHECK (get_int (back, ZMQ_TYPE) == ZMQ_PUSH);
    events (back);
    send_str (back, "freed", 0);
    if (spare)
        close0 (spare);
    spare = NULL;
}

static void
calls_the_library (const char *wildcard)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL);
    begin ();
    back = new_sock (ctx, ZMQ_PUSH);
    spare = new_sock (ctx, ZMQ_PUSH);
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (back, ep));
    OK (zmq_connect (spare, ep));
    sends_left = 20;
    also = call_back;
    for (int i = 0; i < 20; i++)
        send_lent (back, 400, 0);
    int answers = 0;
    char buffer[500];
    for (int i = 0; i < 40; i++) {
        int got = zmq_recv (pull, buffer, sizeof buffer, 0);
        CHECK (got == 400 || got == 5);
        answers += got == 5;
    }
    CHECK_EQ (answers, 20);
    AWAIT (freed () == sent);
    SAY ("%.3s: %d answers of free functions", wildcard, answers);
    close0 (back);
    close0 (pull);
    term (ctx);
}

int
main (void)
{
    first_thread = pthread_self ();
    every_call ("tcp://127.0.0.1:*");
    every_call ("ipc://*");
    unsent ("tcp://127.0.0.1:1", 0);
    unsent ("tcp://127.0.0.1:1", 1);
    unsent ("ipc://@nobody-is-here", 0);
    unread ();
    copies ();
    calls_the_library ("tcp://127.0.0.1:*");
    calls_the_library ("ipc://*");
    return 0;
}
