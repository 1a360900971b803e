/* Both ends on one core, where a caller yields to its peer before it sleeps: the awaited message
   may come at once, late, or not at all, and the context may end meanwhile. */
#include "check.h"
#include <sched.h>

enum { TURNS = 300, LATE = 100, PATIENCE = 30 };

typedef struct
{
    void *socket;
    int polls;
} side;

/* Receives into buf, or first waits with zmq_poll; -1 with ETERM at the end. */
static int
receive (side *s, char *buf, size_t size)
{
    zmq_pollitem_t item = {s->socket, 0, ZMQ_POLLIN, 0};
    if (s->polls && zmq_poll (&item, 1, LONG_WAIT) == -1)
        return -1;
    return zmq_recv (s->socket, buf, size, 0);
}

static void *
echo (void *arg)
{
    side *s = arg;
    char buf[16];
    int n;
    while ((n = receive (s, buf, sizeof buf)) >= 0) {
        if (n == 4)
            pause_ms (LATE);
        CHECK_EQ (zmq_send (s->socket, buf, (size_t) n, 0), n);
    }
    CHECK (errno == ETERM);
    close0 (s->socket);
    return NULL;
}

static void
turns (side *s, int count)
{
    char buf[16];
    for (int i = 0; i < count; i++) {
        send_str (s->socket, "turn!", 0);
        CHECK_EQ (receive (s, buf, sizeof buf), 5);
    }
}

/* An answer that takes longer than the caller waits, and then longer than a call takes. */
static void
late_answers (side *s)
{
    zmq_pollitem_t item = {s->socket, 0, ZMQ_POLLIN, 0};
    char buf[16];
    send_str (s->socket, "late", 0);
    int64_t began = now_ms ();
    OK (set_int (s->socket, ZMQ_RCVTIMEO, PATIENCE));
    CHECK_ERRNO (zmq_recv (s->socket, buf, sizeof buf, 0), EAGAIN);
    CHECK (now_ms () - began >= PATIENCE - 1);
    OK (set_int (s->socket, ZMQ_RCVTIMEO, 0));
    CHECK_ERRNO (zmq_recv (s->socket, buf, sizeof buf, 0), EAGAIN);
    OK (set_int (s->socket, ZMQ_RCVTIMEO, LONG_WAIT));
    CHECK_EQ (receive (s, buf, sizeof buf), 4);

    send_str (s->socket, "late", 0);
    began = now_ms ();
    CHECK_EQ (zmq_poll (&item, 1, 0), 0);
    CHECK_EQ (zmq_poll (&item, 1, PATIENCE), 0);
    CHECK (now_ms () - began >= PATIENCE - 1);
    CHECK_EQ (receive (s, buf, sizeof buf), 4);
}

/* As event loops do it: the descriptor tells that there may be something new. */
static void
by_descriptor (side *s)
{
    char buf[16];
    struct pollfd fd = {get_int (s->socket, ZMQ_FD), POLLIN, 0};
    for (int i = 0; i < 50; i++) {
        send_str (s->socket, "turn!", 0);
        while (!(events (s->socket) & ZMQ_POLLIN))
            CHECK_EQ (poll (&fd, 1, LONG_WAIT), 1);
        CHECK_EQ (zmq_recv (s->socket, buf, sizeof buf, ZMQ_DONTWAIT), 5);
    }
}

static void
over (const char *wildcard, int polls)
{
    void *ctx = new_ctx ();
    side answering = {new_sock (ctx, ZMQ_REP), polls}, asking = {new_sock (ctx, ZMQ_REQ), polls};
    char ep[EP_MAX];
    pthread_t thread;
    OK (set_int (answering.socket, ZMQ_RCVTIMEO, -1));
    bind_to (answering.socket, wildcard, ep);
    OK (zmq_connect (asking.socket, ep));
    CHECK_EQ (pthread_create (&thread, NULL, echo, &answering), 0);
    turns (&asking, TURNS);
    late_answers (&asking);
    turns (&asking, TURNS);
    by_descriptor (&asking);
    turns (&asking, TURNS / 10);
    OK (zmq_ctx_shutdown (ctx));
    CHECK_EQ (pthread_join (thread, NULL), 0);
    close0 (asking.socket);
    term (ctx);
    SAY ("%s, %s", wildcard, polls ? "zmq_poll" : "zmq_recv");
}

int
main (void)
{
    cpu_set_t all, one;
    CPU_ZERO (&one);
    OK (sched_getaffinity (0, sizeof all, &all));
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT (&one) == 0; i++)
        if (CPU_ISSET (i, &all))
            CPU_SET (i, &one);
    OK (sched_setaffinity (0, sizeof one, &one));
    for (int polls = 0; polls < 2; polls++) {
        over ("tcp://127.0.0.1:*", polls);
        over ("ipc://*", polls);
        over ("inproc://*", polls);
    }
    return 0;
}
