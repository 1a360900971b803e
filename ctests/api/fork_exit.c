/* fork: children that leave by exit (), whatever they did with what they
   inherited. Each ends with status 0, also where a checker of memory looks at
   what the child leaves behind (scripts/memcheck). */
#include "check.h"

#define SOCKETS 12

typedef struct
{
    void *ctx, *sockets[SOCKETS];
    char ep[EP_MAX];
    int n;
} inherited;

static void *
add (inherited *all, void *s)
{
    CHECK (all->n < SOCKETS);
    return all->sockets[all->n++] = s;
}

static void
add_pair (inherited *all, int bind_type, int connect_type)
{
    void *b, *c;
    pair_up (all->ctx, bind_type, connect_type, &b, &c);
    add (all, b);
    add (all, c);
}

static void
close_all (inherited *all)
{
    for (int i = 0; i < all->n; i++)
        OK (zmq_close (all->sockets[i]));
    /* returns; whether with 0 or EINTR is not promised */
    zmq_ctx_term (all->ctx);
}

/* A context of the child's own, with a thread of its own. */
static void
talk (const char *ep)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (s, ep));
    send_str (s, "from the child", 0);
    OK (zmq_close (s));
    term (ctx);
}

static void
child (inherited *all, int what)
{
    if (what == 1 || what == 3)
        close_all (all);
    if (what == 2 || what == 3)
        talk (all->ep);
    exit (0);
}

static int pipe_ends[2];

static void
at_exit (void)
{
    if (pipe_ends[1])
        CHECK_EQ (write (pipe_ends[1], "x", 1), 1);
}

/* Forks one child for each value of `what`; the parent hears that it ended. */
static void
rounds (inherited *all)
{
    for (int what = 0; what < 4; what++) {
        OK (pipe (pipe_ends));
        fflush (NULL);
        pid_t pid = fork ();
        OK (pid);
        if (pid == 0)
            child (all, what);
        if (what >= 2)
            expect (all->sockets[0], "from the child");
        int status;
        char byte = 0;
        CHECK_EQ (waitpid (pid, &status, 0), pid);
        close (pipe_ends[1]);
        pipe_ends[1] = 0;
        CHECK_EQ (read (pipe_ends[0], &byte, 1), 1);
        close (pipe_ends[0]);
        CHECK_EQ (status, 0);
        CHECK_EQ (byte, 'x');
    }
}

/* All that was begun is done. */
static void
exchange (inherited *all)
{
    send_str (all->sockets[2], "a request", 0);
    expect (all->sockets[1], "a request");
    send_str (all->sockets[1], "a reply", 0);
    expect (all->sockets[2], "a reply");
    send_str (all->sockets[3], "out", 0);
    expect (all->sockets[4], "out");
    send_str (all->sockets[4], "back", 0);
    expect (all->sockets[3], "back");
}

int
main (void)
{
    inherited all = {.ctx = new_ctx ()};
    atexit (at_exit);
    /* at once: the thread of the context may not be there yet */
    bind_tcp (add (&all, new_sock (all.ctx, ZMQ_PULL)), all.ep);
    rounds (&all);
    /* connections, names, and a monitor */
    add_pair (&all, ZMQ_REP, ZMQ_REQ);
    add_pair (&all, ZMQ_DEALER, ZMQ_DEALER);
    void *m = mon_open (all.ctx, all.sockets[1], ZMQ_EVENT_ALL);
    add (&all, m);
    void *named = add (&all, new_sock (all.ctx, ZMQ_PAIR));
    OK (zmq_bind (named, "inproc://named"));
    OK (zmq_connect (add (&all, new_sock (all.ctx, ZMQ_PAIR)), "inproc://named"));
    OK (zmq_connect (add (&all, new_sock (all.ctx, ZMQ_PUSH)), "inproc://nobody"));
    exchange (&all);
    rounds (&all);
    /* the parent noticed nothing */
    exchange (&all);
    for (int i = 0; i < all.n; i++)
        close0 (all.sockets[i]);
    term (all.ctx);
    return 0;
}
