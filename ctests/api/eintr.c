/* A handled signal ends blocking calls with EINTR, also when the handler was
   installed with SA_RESTART, and the calls work again afterwards. */
#include "check.h"

static volatile sig_atomic_t handled;

static void
handler (int n)
{
    (void) n;
    handled++;
}

typedef struct
{
    pthread_t target;
    pid_t tid;
    volatile int stop;
} nudge;

/* Signals the target again and again once it sleeps: a signal that comes
   just before the call blocks would otherwise be lost. */
static void *
nudger (void *arg)
{
    nudge *n = arg;
    while (!n->stop) {
        pause_ms (20);
        if (!n->stop)
            pthread_kill (n->target, SIGUSR1);
    }
    return NULL;
}

static void *ctx;

/* expects EINTR of the expression, which blocks */
#define INTERRUPTED(call)                                                      \
    do {                                                                       \
        nudge n_ = {pthread_self (), gettid (), 0};                            \
        pthread_t t_ = start (nudger, &n_);                                    \
        errno = 0;                                                             \
        int rc_ = (call);                                                      \
        int e_ = errno;                                                        \
        n_.stop = 1;                                                           \
        finish (t_);                                                           \
        SAY ("%s -> %d %s", #call, rc_, err_name (e_));                        \
        CHECK (rc_ == -1 && e_ == EINTR);                                      \
    } while (0)

static void
all (int flags)
{
    struct sigaction sa;
    memset (&sa, 0, sizeof sa);
    sa.sa_handler = handler;
    sa.sa_flags = flags;
    OK (sigaction (SIGUSR1, &sa, NULL));
    SAY ("flags %s", flags ? "SA_RESTART" : "none");

    ctx = new_ctx ();
    char buf[8];
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    void *s = zmq_socket (ctx, ZMQ_DEALER);
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    int p[2];
    OK (pipe (p));
    zmq_pollitem_t both[2] = {{s, 0, ZMQ_POLLIN, 0}, {NULL, p[0], ZMQ_POLLIN, 0}};
    INTERRUPTED (zmq_recv (s, buf, 8, 0));
    INTERRUPTED (zmq_msg_recv (&msg, s, 0));
    INTERRUPTED (zmq_send (s, "x", 1, 0));
    INTERRUPTED (zmq_poll (&item, 1, -1));
    INTERRUPTED (zmq_poll (&item, 1, LONG_WAIT));
    INTERRUPTED (zmq_poll (both, 2, -1));
    INTERRUPTED (zmq_poll (NULL, 0, LONG_WAIT));
    OK (set_int (s, ZMQ_RCVTIMEO, LONG_WAIT));
    INTERRUPTED (zmq_recv (s, buf, 8, 0));
    OK (set_int (s, ZMQ_SNDTIMEO, LONG_WAIT));
    INTERRUPTED (zmq_send (s, "x", 1, 0));

    /* still good */
    char ep[EP_MAX];
    void *peer = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (peer, ep);
    OK (zmq_connect (s, ep));
    send_str (s, "after", 0);
    expect (peer, "after");
    close0 (peer);
    OK (zmq_msg_close (&msg));

    /* term: interrupted, the context still valid, then done */
    void *c2 = new_ctx ();
    void *open = zmq_socket (c2, ZMQ_PAIR);
    INTERRUPTED (zmq_ctx_term (c2));
    CHECK_ERRNO (zmq_send (open, "x", 1, ZMQ_DONTWAIT), ETERM);
    INTERRUPTED (zmq_ctx_term (c2));
    OK (zmq_close (open));
    term (c2);
    close0 (s);
    term (ctx);
    close (p[0]);
    close (p[1]);
}

int
main (void)
{
    all (0);
    all (SA_RESTART);
    CHECK (handled > 0);
    return 0;
}
