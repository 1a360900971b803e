/* Freelance client, model two: client_shotgun NAME ENDPOINTS [FIRST LAST [TRIES]]

   A shotgun: sends each request to all servers, and takes the first reply. Fast although servers are dead; every server does all the work. */
#include "client.h"

struct shotgun {
    void *socket;
    size_t servers;
    long tries;
};

/* DEALER deals: as many messages as there are servers reach each of them, as long as none of their pipes is full. So what a dead server
   does not take must not stay: more than a few waiting messages, and it is left out (ZMQ_SNDHWM). */
static void
shoot (struct shotgun *s, const message *request)
{
    for (size_t i = 0; i < s->servers; i++) {
        message *m = message_copy (request);
        message_put_text (m, "");
        message_send_now (m, s->socket);
    }
}

/* ["", n, reply...]. Late replies to earlier numbers are thrown away. */
static message *
first_reply (struct shotgun *s, long n)
{
    int64_t deadline = now_ms () + TIMEOUT_MS;
    while (wait_one (s->socket, deadline) > 0) {
        message *m = message_receive_now (s->socket);
        if (!m)
            continue;
        frame_free (message_take (m));
        if (frame_number (m->first) == n)
            return m;
        message_free (m);
    }
    return NULL;
}

static message *
ask (void *servers, long n, message *request)
{
    struct shotgun *s = servers;
    message *reply = NULL;
    message_put (request, frame_text ("%ld", n));
    for (long tries = s->tries; !reply && tries > 0 && !told_to_end (); tries--) {
        shoot (s, request);
        reply = first_reply (s, n);
    }
    message_free (request);
    return reply;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    struct arguments a = read_arguments (argc, argv);
    void *context = context_new ();
    struct shotgun s = {.socket = socket_new (context, ZMQ_DEALER), .tries = a.tries};
    set_number (s.socket, ZMQ_SNDHWM, 5);
    char *list = copy_text (a.endpoints), *rest = list, *endpoint;
    while ((endpoint = strtok_r (rest, ",", &rest))) {
        connect_to (s.socket, endpoint);
        s.servers++;
    }
    free (list);
    int status = run (&a, ask, &s);
    socket_drop (s.socket);
    context_end (context);
    return status;
}
