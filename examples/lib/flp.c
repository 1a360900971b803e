#include "flp.h"

#include "lib.h"

#include <pthread.h>

#define MOST_SERVERS 32
#define PING_MS 200
#define SILENCE_MS 700 /* a server that is silent for so long is not asked */
#define PATIENCE_MS 500 /* a server that does not reply for so long is passed over, though it lives */

struct server {
    char *endpoint; /* also its name */
    int64_t alive_until;
    int64_t passed_over; /* when it last did not reply in time */
};

struct agent {
    void *pipe, *router;
    struct server servers[MOST_SERVERS];
    size_t count;
    int64_t ping_at;
    message *request;       /* NULL when there is none */
    long number;            /* of the request: replies to others are late */
    struct server *asked;   /* the server that has it; NULL if none */
    int64_t next, deadline; /* when the next server is asked; when the agent gives up */
};

struct flp {
    void *context, *pipe;
    pthread_t thread;
    void *agent_pipe;
};

static bool
lives (const struct server *s)
{
    return now_ms () < s->alive_until;
}

/* The one that lives and was not passed over, or so the longest ago. */
static struct server *
best_server (struct agent *a)
{
    struct server *best = NULL;
    for (struct server *s = a->servers; s < a->servers + a->count; s++)
        if (lives (s) && (!best || s->passed_over < best->passed_over))
            best = s;
    return best;
}

static void
send_to (struct agent *a, const struct server *s, message *m)
{
    message_put_text (m, s->endpoint);
    message_send_now (m, a->router);
}

/* Gives the request to a server; to another one when that does not reply in time, or dies. */
static void
ask_servers (struct agent *a)
{
    if (a->asked && lives (a->asked) && now_ms () < a->next)
        return;
    if (a->asked)
        a->asked->passed_over = now_ms ();
    a->asked = best_server (a);
    if (!a->asked)
        return;
    message *m = message_copy (a->request);
    message_put (m, frame_text ("%ld", a->number));
    send_to (a, a->asked, m);
    a->next = now_ms () + PATIENCE_MS;
}

/* To the program: [reply...], or an empty frame alone when the agent gave up. */
static void
finish (struct agent *a, message *reply)
{
    message_free (a->request);
    a->request = NULL;
    a->asked = NULL;
    if (!reply) {
        reply = message_new ();
        message_add_text (reply, "");
    }
    message_send (reply, a->pipe);
}

static void
ping_all (struct agent *a)
{
    for (size_t i = 0; i < a->count; i++) {
        message *m = message_new ();
        message_add_text (m, "PING");
        send_to (a, &a->servers[i], m);
    }
    a->ping_at = now_ms () + PING_MS;
}

static struct server *
server_named (struct agent *a, const frame *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (frame_is (name, a->servers[i].endpoint))
            return &a->servers[i];
    return NULL;
}

/* [server, PONG] or [server, number, reply...]; both show that it lives. */
static void
hear_server (struct agent *a)
{
    message *m = message_receive_now (a->router);
    if (!m)
        return;
    frame *name = message_take (m), *control = message_take (m);
    struct server *s = server_named (a, name);
    if (s)
        s->alive_until = now_ms () + SILENCE_MS;
    if (s && a->request && message_count (m) > 0 && frame_number (control) == a->number) {
        finish (a, m);
        m = NULL;
    }
    frame_free (name);
    frame_free (control);
    message_free (m);
}

/* ["connect", endpoint] or ["ask", milliseconds, request...] or ["end"]. False for the last. */
static bool
hear_program (struct agent *a)
{
    message *m = message_receive_now (a->pipe);
    if (!m)
        return true;
    frame *command = message_take (m);
    bool go_on = !frame_is (command, "end");
    if (frame_is (command, "connect") && a->count < MOST_SERVERS) {
        struct server *s = &a->servers[a->count++];
        s->endpoint = frame_string (message_at (m, 0));
        connect_to (a->router, s->endpoint);
        a->ping_at = 0;
    } else if (frame_is (command, "ask")) {
        frame *timeout = message_take (m);
        a->deadline = now_ms () + frame_number (timeout);
        frame_free (timeout);
        a->number++;
        a->request = m;
        m = NULL;
    }
    frame_free (command);
    message_free (m);
    return go_on;
}

static int64_t
next_moment (const struct agent *a)
{
    int64_t next = a->ping_at;
    if (a->request)
        next = earlier (next, a->deadline);
    if (a->asked)
        next = earlier (next, a->next);
    return next;
}

/* The agent ends when the program tells it to, and not by a signal: the program may still want a reply. */
static void *
run_agent (void *argument)
{
    flp *f = argument;
    struct agent a = {.pipe = f->agent_pipe, .router = socket_new (f->context, ZMQ_ROUTER)};
    bool go_on = true;
    while (go_on) {
        int ready = wait_any_deaf ((void *[]){a.pipe, a.router}, 2, next_moment (&a));
        if (ready & 1)
            go_on = hear_program (&a);
        if (ready & 2)
            hear_server (&a);
        if (now_ms () >= a.ping_at)
            ping_all (&a);
        if (a.request && now_ms () >= a.deadline)
            finish (&a, NULL);
        if (a.request)
            ask_servers (&a);
    }
    message_free (a.request);
    for (size_t i = 0; i < a.count; i++)
        free (a.servers[i].endpoint);
    socket_drop (a.router);
    socket_drop (a.pipe);
    return NULL;
}

flp *
flp_new (void *context)
{
    flp *f = allocate (sizeof *f);
    char address[UNIQUE_SIZE + 16] = "inproc://flp-";
    unique_name (address + strlen (address));
    f->context = context;
    f->pipe = socket_new (context, ZMQ_PAIR);
    bind_to (f->pipe, address);
    f->agent_pipe = socket_new (context, ZMQ_PAIR);
    connect_to (f->agent_pipe, address);
    errno = pthread_create (&f->thread, NULL, run_agent, f);
    if (errno)
        die ("pthread_create");
    return f;
}

void
flp_free (flp *f)
{
    message *m = message_new ();
    message_add_text (m, "end");
    message_send (m, f->pipe);
    pthread_join (f->thread, NULL);
    socket_drop (f->pipe);
    free (f);
}

void
flp_connect (flp *f, const char *endpoint)
{
    message *m = message_new ();
    message_add_text (m, "connect");
    message_add_text (m, endpoint);
    message_send (m, f->pipe);
}

message *
flp_ask (flp *f, message *request, long timeout_ms)
{
    message_put (request, frame_text ("%ld", timeout_ms));
    message_put_text (request, "ask");
    message_send (request, f->pipe);
    if (wait_one (f->pipe, NEVER) == WAIT_STOP)
        return NULL;
    message *reply = message_receive (f->pipe);
    if (reply && message_count (reply) == 1 && frame_size (reply->first) == 0) {
        message_free (reply);
        reply = NULL;
    }
    return reply;
}
