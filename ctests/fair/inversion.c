/* Nobody waits for a thread that may not be running. Four threads of low priority share a core with a busy process,
   so each of them stands still most of the time, wherever it is. Meanwhile another socket of their context accepts
   a new connection for each question, and answers: how long does that take? One scenario a run:

     low=recv     each of the threads receives a flood over tcp
     low=send     each sends one over tcp
     low=inproc   each sends one to a socket of the thread that answers
     low=pub      each publishes to eight subscribers over tcp
     low=close    each makes, connects, uses and closes sockets of the context
     nice=N size=BYTES seconds=S

   Printed: the delays in microseconds; held, the ms by which delays were longer than 10 ms, all together. */
#include "fair.h"

enum { LOWS = 4, SUBSCRIBERS = 8, LONG_US = 10000 };

static struct shared
{
    _Atomic int ready, stop;
    char endpoints[LOWS][EP_MAX];
    struct delays delays;
} *shared;

static const char *low;
static size_t size;
static uint64_t length_ns;
static int low_nice;
static void *ctx;

static int
is_low (const char *name)
{
    return strcmp (low, name) == 0;
}

/* ------------------------------------------------------------ far side */

static void
await_endpoints (void)
{
    while (!atomic_load (&shared->ready))
        pause_us (500);
}

/* Subscribers of all the low threads, read in turn. */
static void
subscribe_all (void *context)
{
    zmq_pollitem_t items[SUBSCRIBERS];
    char body[256];
    await_endpoints ();
    for (int i = 0; i < SUBSCRIBERS; i++) {
        void *s = new_sock (context, ZMQ_SUB);
        OK (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0));
        for (int k = 0; k < LOWS; k++)
            OK (zmq_connect (s, shared->endpoints[k]));
        items[i] = (zmq_pollitem_t){s, 0, ZMQ_POLLIN, 0};
    }
    for (;;) {
        OK (zmq_poll (items, SUBSCRIBERS, -1));
        for (int i = 0; i < SUBSCRIBERS; i++)
            for (int n = 0; n < 100 && zmq_recv (items[i].socket, body, sizeof body, ZMQ_DONTWAIT) >= 0; n++)
                ;
    }
}

/* The process that the low thread talks to over tcp. */
static void
far_side (void)
{
    run_on_core (0);
    OK (setpriority (PRIO_PROCESS, 0, 5));
    void *context = new_ctx ();
    if (is_low ("pub"))
        subscribe_all (context);
    char *body = calloc (1, size);
    void *s = new_sock (context, is_low ("recv") ? ZMQ_PUSH : ZMQ_PULL);
    if (is_low ("recv")) {
        await_endpoints ();
        for (int i = 0; i < LOWS; i++)
            OK (zmq_connect (s, shared->endpoints[i]));
        for (;;)
            zmq_send (s, body, size, 0);
    }
    bind_tcp (s, shared->endpoints[0]);
    atomic_store (&shared->ready, 1);
    for (;;)
        zmq_recv (s, body, size, 0);
}

/* --------------------------------------------------------- low threads */

/* Two sockets of the context come and go. There may be none left until the background has done its part. */
static void
come_and_go (int i, char *body)
{
    char ep[EP_MAX];
    static _Atomic int number;
    void *a = zmq_socket (ctx, ZMQ_PAIR), *b = zmq_socket (ctx, ZMQ_PAIR);
    snprintf (ep, sizeof ep, "inproc://low-%d-%d", i, atomic_fetch_add (&number, 1));
    if (a && b) {
        OK (zmq_bind (a, ep));
        OK (zmq_connect (b, ep));
        OK (zmq_send (b, body, size, 0));
        OK (zmq_recv (a, body, size, 0));
    } else
        pause_us (1000);
    if (a)
        close0 (a);
    if (b)
        close0 (b);
}

static void *sockets[LOWS];

static void *
low_thread (void *argument)
{
    int i = (int) (intptr_t) argument;
    run_on_core (1);
    OK (setpriority (PRIO_PROCESS, (id_t) syscall (SYS_gettid), low_nice));
    char *body = calloc (1, size);
    while (!atomic_load (&shared->stop)) {
        if (is_low ("recv"))
            zmq_recv (sockets[i], body, size, 0);
        else if (is_low ("close"))
            come_and_go (i, body);
        else
            zmq_send (sockets[i], body, size, 0);
    }
    free (body);
    if (sockets[i])
        close0 (sockets[i]);
    return NULL;
}

static void
open_low (int i)
{
    if (is_low ("close"))
        return;
    int type = is_low ("recv") ? ZMQ_PULL : is_low ("pub") ? ZMQ_XPUB : ZMQ_PUSH;
    void *s = sockets[i] = new_sock (ctx, type);
    OK (set_int (s, ZMQ_RCVTIMEO, 20));
    OK (set_int (s, ZMQ_SNDTIMEO, 20));
    if (is_low ("pub"))
        OK (set_int (s, ZMQ_XPUB_NODROP, 1));
    if (is_low ("recv") || is_low ("pub"))
        bind_tcp (s, shared->endpoints[i]);
    else
        OK (zmq_connect (s, is_low ("inproc") ? "inproc://low" : shared->endpoints[0]));
}

/* ------------------------------------------------------------ questions */

static void *rep, *pull;

/* Answers one question; takes what the low thread has sent meanwhile. */
static void
serve (void)
{
    char c;
    for (int64_t end = now_ms () + LONG_WAIT; now_ms () < end;) {
        zmq_pollitem_t items[2] = {{rep, 0, ZMQ_POLLIN, 0}, {pull, 0, ZMQ_POLLIN, 0}};
        OK (zmq_poll (items, pull ? 2 : 1, 1000));
        for (int i = 0; pull && i < 100; i++)
            if (zmq_recv (pull, &c, 1, ZMQ_DONTWAIT) == -1)
                break;
        if (items[0].revents) {
            CHECK_EQ (zmq_recv (rep, &c, 1, 0), 1);
            CHECK_EQ (zmq_send (rep, &c, 1, 0), 1);
            return;
        }
    }
    FAIL ("nobody asked");
}

static void
ask (void *clients, const char *ep)
{
    char c;
    void *s = new_sock (clients, ZMQ_REQ);
    uint64_t t = now_ns ();
    OK (zmq_connect (s, ep));
    send_str (s, "?", 0);
    serve ();
    CHECK_EQ (zmq_recv (s, &c, 1, 0), 1);
    delay_add (&shared->delays, (double) (now_ns () - t) / 1e3);
    close0 (s);
}

int
main (int argc, char **argv)
{
    args_begin (argc, argv);
    low = arg ("low", "recv");
    CHECK (is_low ("recv") || is_low ("send") || is_low ("inproc") || is_low ("close")
           || is_low ("pub"));
    size = (size_t) arg_number ("size", is_low ("pub") ? 100 : 4000);
    low_nice = (int) arg_number ("nice", 15);
    length_ns = (uint64_t) (arg_number ("seconds", 2) * 1e9);
    args_end ();
    shared = shared_memory (sizeof *shared);
    if ((is_low ("recv") || is_low ("send") || is_low ("pub")) && fork_child () == 0)
        far_side ();
    fork_spinner (1);
    run_on_core (0);
    while (is_low ("send") && !atomic_load (&shared->ready))
        pause_us (500);
    char ep[EP_MAX];
    ctx = new_ctx ();
    rep = new_sock (ctx, ZMQ_REP);
    bind_tcp (rep, ep);
    if (is_low ("inproc")) {
        pull = new_sock (ctx, ZMQ_PULL);
        OK (zmq_bind (pull, "inproc://low"));
    }
    void *clients = new_ctx ();
    pthread_t threads[LOWS];
    for (int i = 0; i < LOWS; i++)
        open_low (i);
    for (int i = 0; i < LOWS; i++)
        threads[i] = start (low_thread, (void *) (intptr_t) i);
    atomic_store (&shared->ready, 1);
    pause_ms (300);
    for (uint64_t end = now_ns () + length_ns; now_ns () < end; pause_us (2000))
        ask (clients, ep);
    atomic_store (&shared->stop, 1);
    kill_children ();
    for (int i = 0; i < LOWS; i++)
        finish (threads[i]);
    delay_print (&shared->delays, "delay");
    printf (" held=%.0f", delay_beyond (&shared->delays, LONG_US) / 1e3);
    putchar ('\n');
    fflush (stdout);
    _exit (0);
}
