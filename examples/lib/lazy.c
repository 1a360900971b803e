#include "lazy.h"

#include "lib.h"

#define MOST_SERVERS 8

struct lazy {
    void *context, *socket;
    char *list, *servers[MOST_SERVERS];
    size_t count, current;
    long timeout_ms, tries;
    void (*prepare) (void *socket, void *with);
    void *with;
};

static void
open_socket (lazy *l)
{
    /* A name that nobody ever had. Names that a ROUTER gives out begin anew when its process does. A late reply of the time
       before would reach the client that has the name now. */
    char name[UNIQUE_SIZE];
    unique_name (name);
    l->socket = socket_new (l->context, ZMQ_REQ);
    set_text (l->socket, ZMQ_ROUTING_ID, name);
    set_number (l->socket, ZMQ_SNDTIMEO, (int) l->timeout_ms);
    if (l->prepare)
        l->prepare (l->socket, l->with);
    connect_to (l->socket, l->servers[l->current]);
}

static void
turn_to_the_next (lazy *l)
{
    socket_drop (l->socket);
    l->socket = NULL;
    l->current = (l->current + 1) % l->count;
}

lazy *
lazy_new (void *context, const char *endpoints, long timeout_ms, long tries)
{
    lazy *l = allocate (sizeof *l);
    *l = (lazy){.context = context, .timeout_ms = timeout_ms, .tries = tries, .list = copy_text (endpoints)};
    char *rest = l->list, *endpoint;
    while (l->count < MOST_SERVERS && (endpoint = strtok_r (rest, ",", &rest)))
        l->servers[l->count++] = endpoint;
    if (l->count == 0)
        usage ("an endpoint, or several separated by commas");
    return l;
}

void
lazy_prepare (lazy *l, void (*prepare) (void *socket, void *with), void *with)
{
    l->prepare = prepare;
    l->with = with;
}

void
lazy_free (lazy *l)
{
    socket_drop (l->socket);
    free (l->list);
    free (l);
}

message *
lazy_ask (lazy *l, message *request)
{
    message *reply = NULL;
    int error = ETIMEDOUT;
    for (long tries = l->tries; !reply && tries > 0; tries--) {
        if (!l->socket)
            open_socket (l);
        message_send (message_copy (request), l->socket);
        int ready = wait_one (l->socket, now_ms () + l->timeout_ms);
        if (ready == WAIT_STOP) {
            error = EINTR;
            break;
        }
        if (ready)
            reply = message_receive_now (l->socket);
        if (!reply)
            turn_to_the_next (l);
    }
    message_free (request);
    errno = error;
    return reply;
}
