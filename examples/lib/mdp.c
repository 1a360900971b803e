#include "mdp.h"

#include "lazy.h"
#include "lib.h"
#include "pulse.h"

frame *
mdp_command_frame (enum mdp_command command)
{
    unsigned char byte = (unsigned char) command;
    return frame_new (&byte, 1);
}

struct mdp_client {
    lazy *lazy;
};

mdp_client *
mdp_client_new (void *context, const char *broker, long timeout_ms, long tries)
{
    mdp_client *c = allocate (sizeof *c);
    c->lazy = lazy_new (context, broker, timeout_ms, tries);
    return c;
}

void
mdp_client_free (mdp_client *c)
{
    lazy_free (c->lazy);
    free (c);
}

/* REQ adds and removes the empty frame 0. */
message *
mdp_ask (mdp_client *c, const char *service, message *request)
{
    message_put_text (request, service);
    message_put_text (request, MDP_CLIENT);
    message *reply = lazy_ask (c->lazy, request);
    if (!reply)
        return NULL;
    bool right = frame_is (message_at (reply, 0), MDP_CLIENT) && frame_is (message_at (reply, 1), service);
    if (!right) {
        message_free (reply);
        errno = EPROTO;
        return NULL;
    }
    frame_free (message_take (reply));
    frame_free (message_take (reply));
    return reply;
}

struct mdp_worker {
    void *context, *socket;
    char *broker, *service;
    frame *client; /* the client whose request is being worked on */
    pulse pulse;
};

/* ["", MDPW01, command, rest...] */
static void
send_command (mdp_worker *w, enum mdp_command command, message *rest)
{
    message_put (rest, mdp_command_frame (command));
    message_put_text (rest, MDP_WORKER);
    message_put_text (rest, "");
    message_send_now (rest, w->socket);
    pulse_sent (&w->pulse);
}

static void
open_connection (mdp_worker *w)
{
    socket_drop (w->socket);
    w->socket = socket_new (w->context, ZMQ_DEALER);
    connect_to (w->socket, w->broker);
    message *service = message_new ();
    message_add_text (service, w->service);
    pulse_begin (&w->pulse);
    send_command (w, MDP_READY, service);
}

mdp_worker *
mdp_worker_new (void *context, const char *broker, const char *service)
{
    mdp_worker *w = allocate (sizeof *w);
    *w = (mdp_worker){.context = context, .broker = copy_text (broker), .service = copy_text (service)};
    open_connection (w);
    return w;
}

void
mdp_worker_free (mdp_worker *w)
{
    send_command (w, MDP_DISCONNECT, message_new ()); /* the broker need not find out by our silence */
    socket_close (w->socket);
    frame_free (w->client);
    free (w->broker);
    free (w->service);
    free (w);
}

static void
send_reply (mdp_worker *w, message *reply)
{
    if (!reply || !w->client) {
        message_free (reply);
        return;
    }
    message_put_text (reply, "");
    message_put (reply, w->client);
    w->client = NULL;
    send_command (w, MDP_REPLY, reply);
    pulse_heard (&w->pulse); /* nobody listened while there was work, so that time was no silence */
}

/* [client, "", request...]: keeps the client, leaves the request. Whether it was one. */
static bool
keep_client (mdp_worker *w, message *m)
{
    if (message_count (m) < 3 || frame_size (message_at (m, 1)) != 0)
        return false;
    frame_free (w->client);
    w->client = message_take (m);
    frame_free (message_take (m));
    return true;
}

/* Hears the broker. Returns a request, or NULL for anything else. */
static message *
hear_broker (mdp_worker *w)
{
    message *m = message_receive_now (w->socket);
    if (!m)
        return NULL;
    bool valid = message_count (m) > 2 && frame_size (message_at (m, 0)) == 0 && frame_is (message_at (m, 1), MDP_WORKER);
    frame *command = valid ? message_at (m, 2) : NULL;
    bool request = frame_is_byte (command, MDP_REQUEST), disconnect = frame_is_byte (command, MDP_DISCONNECT);
    if (valid)
        pulse_heard (&w->pulse);
    for (int i = 0; i < 3; i++)
        frame_free (message_take (m));
    if (request && keep_client (w, m))
        return m;
    message_free (m);
    if (disconnect)
        open_connection (w);
    return NULL;
}

message *
mdp_worker_wait (mdp_worker *w, message *reply)
{
    send_reply (w, reply);
    int ready;
    while ((ready = wait_one (w->socket, pulse_next (&w->pulse))) != WAIT_STOP) {
        message *request = ready ? hear_broker (w) : NULL;
        if (request)
            return request;
        if (!ready && pulse_lost (&w->pulse)) {
            if (!pulse_wait (&w->pulse))
                break;
            open_connection (w);
        }
        if (pulse_beat_due (&w->pulse))
            send_command (w, MDP_HEARTBEAT, message_new ());
    }
    return NULL;
}
