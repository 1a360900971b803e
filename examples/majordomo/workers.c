/* Workers: their commands, and signs of life both ways. */
#include "broker.h"

#include "pulse.h"

/* [worker, "", MDPW01, command, rest...]. False when its connection is gone. */
static bool
send_command (broker *b, const frame *name, enum mdp_command command, message *rest)
{
    message_put (rest, mdp_command_frame (command));
    message_put_text (rest, MDP_WORKER);
    message_put_text (rest, "");
    message_put (rest, frame_copy (name));
    return message_send_now (rest, b->socket) || errno != EHOSTUNREACH;
}

void
worker_wait (broker *b, struct worker *w)
{
    w->expiry = now_ms () + SILENCE_MS;
    TAILQ_INSERT_TAIL (&w->service->waiting, w, link);
    service_dispatch (b, w->service);
}

/* A waiting worker gets a request. False when its connection is gone; the request stays the caller's then. */
bool
worker_take (broker *b, struct worker *w, struct request *r)
{
    message *m = message_copy (r->body);
    message_put_text (m, "");
    message_put (m, frame_copy (r->client));
    if (!send_command (b, w->name, MDP_REQUEST, m))
        return false;
    TAILQ_REMOVE (&w->service->waiting, w, link);
    w->request = r;
    w->expiry = now_ms () + WORK_LIMIT_MS;
    r->deliveries++;
    return true;
}

/* Its request goes to another worker. */
void
worker_delete (broker *b, struct worker *w, bool tell)
{
    if (tell)
        send_command (b, w->name, MDP_DISCONNECT, message_new ());
    struct service *s = w->service;
    s->workers--;
    if (w->request)
        service_queue_again (s, w->request);
    else
        TAILQ_REMOVE (&s->waiting, w, link);
    table_remove (b->workers, frame_data (w->name), frame_size (w->name));
    frame_free (w->name);
    free (w);
}

/* READY: [service]. The names of RFC 8 are ours. */
static void
hear_ready (broker *b, const frame *name, const frame *service)
{
    char *text = service ? frame_string (service) : NULL;
    if (!text || strncmp (text, "mmi.", 4) == 0) {
        send_command (b, name, MDP_DISCONNECT, message_new ());
    } else {
        struct worker *w = allocate (sizeof *w);
        w->name = frame_copy (name);
        w->service = service_named (b, text);
        w->service->workers++;
        table_set (b->workers, frame_data (name), frame_size (name), w);
        worker_wait (b, w);
    }
    free (text);
}

/* REPLY: [client, "", reply...]. It goes to the client that we remember, whatever the worker says. */
static void
hear_reply (broker *b, struct worker *w, message *m)
{
    struct request *r = w->request;
    frame_free (message_take (m));
    frame_free (message_take (m));
    reply_to_client (b, r->client, w->service->name, m);
    r->client = NULL;
    request_free (r);
    w->request = NULL;
    worker_wait (b, w);
}

/* [command, ...]. A command that is not expected ends the relation: the worker then begins anew. */
void
hear_worker (broker *b, const frame *name, message *m)
{
    struct worker *w = table_get (b->workers, frame_data (name), frame_size (name));
    frame *command = message_take (m);
    bool expected = true;
    if (frame_is_byte (command, MDP_READY) && !w) {
        hear_ready (b, name, message_at (m, 0));
    } else if (frame_is_byte (command, MDP_REPLY) && w && w->request && message_count (m) > 2) {
        hear_reply (b, w, m);
        m = NULL;
    } else if (frame_is_byte (command, MDP_HEARTBEAT) && w) {
        if (!w->request)
            w->expiry = now_ms () + SILENCE_MS;
    } else if (frame_is_byte (command, MDP_DISCONNECT)) {
        if (w)
            worker_delete (b, w, false);
    } else {
        expected = false;
    }
    if (!expected && w)
        worker_delete (b, w, true);
    else if (!expected)
        send_command (b, name, MDP_DISCONNECT, message_new ());
    frame_free (command);
    message_free (m);
}

/* Signs of life to all, also to the busy: one whose connection is gone is found out so. The silent are dead. Requests of
   the dead are dispatched when all were looked after, since that may show more of them dead. */
void
look_after_workers (broker *b)
{
    size_t count;
    struct worker **workers = (struct worker **) table_all (b->workers, &count);
    for (size_t i = 0; i < count; i++) {
        if (workers[i]->expiry <= now_ms ())
            worker_delete (b, workers[i], true);
        else if (!send_command (b, workers[i]->name, MDP_HEARTBEAT, message_new ()))
            worker_delete (b, workers[i], false);
    }
    free (workers);
    struct service **services = (struct service **) table_all (b->services, &count);
    for (size_t i = 0; i < count; i++)
        service_dispatch (b, services[i]);
    free (services);
}

void
dismiss_all (broker *b)
{
    size_t count;
    struct worker **workers = (struct worker **) table_all (b->workers, &count);
    for (size_t i = 0; i < count; i++)
        worker_delete (b, workers[i], true);
    free (workers);
    struct service **services = (struct service **) table_all (b->services, &count);
    for (size_t i = 0; i < count; i++)
        service_free (services[i]);
    free (services);
    table_free (b->workers);
    table_free (b->services);
}
