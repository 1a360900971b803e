/* pthread_cancel of a thread that sleeps in a call: the thread ends, its
   cleanup handlers run, and the socket is as good as before. */
#include "check.h"

static void *ctx, *sleeper, *other;
static int pipe_fds[2];
static volatile pid_t tid;
static volatile int cleaned;

static void
clean (void *arg)
{
    (void) arg;
    cleaned++;
}

static void
call (int what)
{
    char buf[8];
    zmq_msg_t msg;
    zmq_pollitem_t items[2] = {{sleeper, 0, ZMQ_POLLIN, 0}, {NULL, pipe_fds[0], ZMQ_POLLIN, 0}};
    switch (what) {
        case 'r': zmq_recv (sleeper, buf, sizeof buf, 0); break;
        case 'm':
            OK (zmq_msg_init (&msg));
            zmq_msg_recv (&msg, sleeper, 0);
            break;
        case 's':
            for (;;)
                OK (zmq_send (sleeper, "x", 1, 0));
        case 'p': zmq_poll (items, 1, -1); break;
        case 't': zmq_poll (items, 1, LONG_WAIT * 10); break;
        case 'P': zmq_poll (items, 2, -1); break;
        case 'f': zmq_poll (items + 1, 1, -1); break;
        case 'n': zmq_poll (NULL, 0, -1); break;
        case 'N': zmq_poll (NULL, 0, LONG_WAIT * 10); break;
        case 'x': zmq_proxy (sleeper, other, NULL); break;
        case 'X': zmq_proxy_steerable (sleeper, other, NULL, NULL); break;
        case 'T': zmq_ctx_term (ctx); break;
        case 'z': zmq_sleep (LONG_WAIT); break;
    }
    FAIL ("'%c' returned: %s", what, err_name (errno));
}

static void *
sleeping (void *arg)
{
    tid = gettid ();
    pthread_cleanup_push (clean, NULL);
    call (*(const char *) arg);
    pthread_cleanup_pop (0);
    return NULL;
}

/* A thread that sleeps in the call is cancelled. */
static void
cancel_in (char what)
{
    tid = 0;
    cleaned = 0;
    pthread_t t = start (sleeping, &what);
    AWAIT (tid != 0);
    await_sleeping (tid);
    CHECK_EQ (pthread_cancel (t), 0);
    CHECK (finish (t) == PTHREAD_CANCELED);
    CHECK_EQ (cleaned, 1);
    SAY ("'%c' is cancelled", what);
}

static void *
receiver (void *arg)
{
    tid = gettid ();
    expect (arg, "for another thread");
    return NULL;
}

/* A cancelled call has taken no message along. */
static void
still_receives (void *peer)
{
    send_str (peer, "one", 0);
    expect (sleeper, "one");
    send_str (peer, "two", ZMQ_DONTWAIT);
    CHECK_EQ (wait_for (sleeper, ZMQ_POLLIN, LONG_WAIT), ZMQ_POLLIN);
    expect (sleeper, "two");
    tid = 0;
    pthread_t t = start (receiver, sleeper);
    AWAIT (tid != 0);
    await_sleeping (tid);
    send_str (peer, "for another thread", 0);
    finish (t);
}

static void
receiving (const char *wildcard)
{
    char ep[EP_MAX];
    SAY ("%s", wildcard);
    sleeper = new_sock (ctx, ZMQ_PULL);
    bind_to (sleeper, wildcard, ep);
    /* with and without a peer */
    cancel_in ('r');
    cancel_in ('p');
    void *push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, ep));
    still_receives (push);
    for (const char *what = "rmptP"; *what; what++) {
        cancel_in (*what);
        still_receives (push);
    }
    other = new_sock (ctx, ZMQ_PUSH);
    cancel_in ('x');
    cancel_in ('X');
    still_receives (push);
    close0 (other);
    close0 (push);
    close0 (sleeper);
}

static void
sending (const char *wildcard)
{
    char ep[EP_MAX];
    sleeper = new_sock (ctx, ZMQ_PUSH);
    set_int (sleeper, ZMQ_SNDHWM, 10);
    set_int (sleeper, ZMQ_LINGER, 0);
    /* or the system takes hundreds of thousands of these messages */
    set_int (sleeper, ZMQ_SNDBUF, 4096);
    cancel_in ('s');
    void *pull = new_sock (ctx, ZMQ_PULL);
    set_int (pull, ZMQ_RCVHWM, 10);
    set_int (pull, ZMQ_RCVBUF, 4096);
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (sleeper, ep));
    cancel_in ('s');
    CHECK (drain (pull, SHORT_WAIT) >= 10);
    send_str (sleeper, "after", 0);
    expect (pull, "after");
    close0 (pull);
    close0 (sleeper);
}

int
main (void)
{
    static const char *const wildcards[] = {"inproc://cancel", "ipc://*", "tcp://127.0.0.1:*"};
    OK (pipe (pipe_fds));
    ctx = new_ctx ();
    for (int i = 0; i < 3; i++) {
        receiving (wildcards[i]);
        sending (wildcards[i]);
    }
    cancel_in ('f');
    cancel_in ('n');
    cancel_in ('N');
    cancel_in ('z');
    term (ctx);

    /* a context whose end was cancelled can be ended */
    ctx = new_ctx ();
    sleeper = new_sock (ctx, ZMQ_PULL);
    cancel_in ('T');
    CHECK_ERRNO (zmq_recv (sleeper, NULL, 0, 0), ETERM);
    close0 (sleeper);
    term (ctx);
    return 0;
}
