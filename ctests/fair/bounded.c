/* A call that must not wait does a bounded amount of work, whatever peers send: how much does one such call cost
   the thread that makes it, at most? One scenario a run:

     flood=rep|sub|xsub|pub|xpub   a stranger (ZMTP by hand, so equal for every library) floods a socket of that
                                   type: a REP with messages without a delimiter, a SUB with what it has not subscribed
                                   to, a PUB with subscriptions that it takes back
     flood=backlog                 a DEALER has queued count=N messages of size=BYTES for a peer that now begins to read
     call=recv|poll|events|send    DONTWAIT, zmq_poll with timeout 0, ZMQ_EVENTS, over and over
     call=close|shutdown           zmq_close of the socket, or zmq_ctx_shutdown; the scenario is played times=N
     minor=0|1                     subscriptions as messages (ZMTP 3.0) or as commands (3.1)
     seconds=S

   Printed: calls, and of the longest call its CPU time and its time in microseconds. Only the first tells of the call
   alone: a busy machine interrupts threads for long. */
#include "fair.h"

enum { TOPICS = 1000, BLOCK = 2 * TOPICS * 80 };

static const struct target
{
    const char *name, *peer;
    int type;
} targets[] = {
  {"rep", "DEALER", ZMQ_REP}, {"sub", "PUB", ZMQ_SUB},   {"xsub", "PUB", ZMQ_XSUB},
  {"pub", "SUB", ZMQ_PUB},    {"xpub", "SUB", ZMQ_XPUB}, {"backlog", "DEALER", ZMQ_DEALER},
};

static struct shared
{
    _Atomic int ready, go;
    char endpoint[EP_MAX];
} *shared;

static const struct target *target;
static const char *call;
static int minor, count, times;
static size_t size;
static uint64_t length_ns, cpu_most, wall_most, calls;
static unsigned char block[BLOCK];

static int
is_call (const char *name)
{
    return strcmp (call, name) == 0;
}

static int
backlog (void)
{
    return target->type == ZMQ_DEALER;
}

/* ------------------------------------------------------------- stranger */

/* One frame of the flood; its size. */
static size_t
flood_frame (unsigned char *out, int number)
{
    unsigned char body[64];
    int on = number / TOPICS % 2 == 0, topic = number % TOPICS;
    const char *name = on ? "\11SUBSCRIBE" : "\6CANCEL";
    int n;
    if (target->type != ZMQ_PUB && target->type != ZMQ_XPUB)
        n = snprintf ((char *) body, sizeof body, "unasked%03d", topic);
    else if (minor)
        n = snprintf ((char *) body, sizeof body, "%stopic%04d", name, topic);
    else
        n = 1 + snprintf ((char *) body + 1, sizeof body - 1, "topic%04d", topic);
    if (!minor && (target->type == ZMQ_PUB || target->type == ZMQ_XPUB))
        body[0] = (unsigned char) on;
    int is_command = minor && (target->type == ZMQ_PUB || target->type == ZMQ_XPUB);
    return z_frame_bytes (out, is_command ? Z_COMMAND : 0, body, (size_t) n);
}

/* Sends one round of frames after the other, as fast as they are taken. */
static void
flood_for_ever (int fd)
{
    size_t used = 0, sent = 0;
    for (int number = 0; number < 2 * TOPICS; number++)
        used += flood_frame (block + used, number);
    for (;; sent %= used) {
        ssize_t n = send (fd, block + sent, used - sent, MSG_NOSIGNAL);
        while (n == -1 && errno != EINTR)
            pause_us (1000000); /* the other side has closed, as it is meant to */
        sent += n > 0 ? (size_t) n : 0;
    }
}

static void
stranger (void)
{
    run_on_core (0);
    while (!atomic_load (&shared->ready))
        pause_us (500);
    int fd = raw_connect (shared->endpoint);
    z_handshake (fd, minor, target->peer, NULL);
    if (!backlog ())
        flood_for_ever (fd);
    atomic_store (&shared->go, 1);
    while (atomic_load (&shared->go) != 2)
        pause_us (100);
    while (recv (fd, block, sizeof block, 0) > 0)
        ;
    for (;;)
        pause_us (1000000);
}

/* ---------------------------------------------------------------- calls */

static void
make_call (void *ctx, void *s)
{
    char buffer[64];
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    uint64_t cpu = cpu_ns (), wall = now_ns ();
    if (is_call ("recv"))
        zmq_recv (s, buffer, sizeof buffer, ZMQ_DONTWAIT);
    else if (is_call ("poll"))
        OK (zmq_poll (&item, 1, 0));
    else if (is_call ("events"))
        events (s);
    else if (is_call ("send"))
        zmq_send (s, "something", 9, ZMQ_DONTWAIT);
    else if (is_call ("close"))
        OK (zmq_close (s));
    else if (is_call ("shutdown"))
        OK (zmq_ctx_shutdown (ctx));
    else
        FAIL ("no such call");
    cpu = cpu_ns () - cpu;
    wall = now_ns () - wall;
    calls++;
    cpu_most = cpu > cpu_most ? cpu : cpu_most;
    wall_most = wall > wall_most ? wall : wall_most;
}

static int
once_only (void)
{
    return is_call ("close") || is_call ("shutdown");
}

/* A program that is busy and looks at its socket from time to time. */
static void
call_until (void *ctx, void *s, uint64_t end)
{
    while (now_ns () < end) {
        make_call (ctx, s);
        if (calls % 100 == 0)
            pause_us (1000);
    }
}

static void
queue_up (void *s)
{
    char *body = calloc (1, size);
    CHECK (body != NULL);
    while (!atomic_load (&shared->go) || !wait_for (s, ZMQ_POLLOUT, LONG_WAIT))
        pause_us (500);
    for (int i = 0; i < count; i++)
        CHECK_EQ (zmq_send (s, body, size, ZMQ_DONTWAIT), size);
    free (body);
    pause_ms (50);
    atomic_store (&shared->go, 2);
    pause_us (300);
}

/* Lets the flood rise: it stands in every buffer then. */
static void
let_it_rise (void *s)
{
    for (int i = 0; i < 20; i++) {
        events (s);
        pause_us (5000);
    }
}

static void
play (void)
{
    atomic_store (&shared->ready, 0);
    atomic_store (&shared->go, 0);
    if (fork_child () == 0)
        stranger ();
    void *ctx = new_ctx (), *s = new_sock (ctx, target->type);
    OK (set_int (s, ZMQ_SNDHWM, backlog () ? 0 : 1000));
    if (target->type == ZMQ_SUB)
        OK (set_str (s, ZMQ_SUBSCRIBE, "asked for"));
    if (target->type == ZMQ_XSUB)
        send_str (s, "\1asked for", 0);
    bind_tcp (s, shared->endpoint);
    atomic_store (&shared->ready, 1);
    if (backlog ())
        queue_up (s);
    else
        let_it_rise (s);
    if (once_only ())
        make_call (ctx, s);
    else
        call_until (ctx, s, now_ns () + length_ns);
    kill_children (); /* the context is left as it is: ending it is not measured */
}

int
main (int argc, char **argv)
{
    args_begin (argc, argv);
    const char *flood = arg ("flood", "rep");
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp (targets[i].name, flood) == 0)
            target = &targets[i];
    CHECK (target != NULL);
    call = arg ("call", "recv");
    minor = (int) arg_number ("minor", 0);
    count = (int) arg_number ("count", 150);
    size = (size_t) arg_number ("size", 1000000);
    times = (int) arg_number ("times", once_only () ? 2 : 1);
    length_ns = (uint64_t) (arg_number ("seconds", 1) * 1e9);
    args_end ();
    shared = shared_memory (sizeof *shared);
    run_on_core (1);
    for (int i = 0; i < times; i++)
        play ();
    printf ("calls=%llu cpu=%.0f wall=%.0f\n", (unsigned long long) calls, (double) cpu_most / 1e3,
            (double) wall_most / 1e3);
    fflush (stdout);
    _exit (0);
}
