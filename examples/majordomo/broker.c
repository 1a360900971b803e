/* Majordomo broker: broker ENDPOINT

   One ROUTER socket for clients and workers (RFC 7), with service discovery (RFC 8). The broker keeps a copy of each request
   that a worker has, and gives it to another one when that worker dies. */
#include "broker.h"

#include "pulse.h"

#define AT_ONCE 1000

/* [client, "", MDPC01, service, reply...]; the body is [reply...]. A client that is gone is gone. */
void
reply_to_client (broker *b, frame *client, const char *service, message *body)
{
    message_put_text (body, service);
    message_put_text (body, MDP_CLIENT);
    message_put_text (body, "");
    message_put (body, client);
    message_send_now (body, b->socket);
}

/* RFC 8: mmi.service tells whether there are workers for a service; nothing else is implemented. */
static void
answer_mmi (broker *b, frame *client, const char *name, message *body)
{
    const char *code = "501";
    if (strcmp (name, "mmi.service") == 0) {
        frame *wanted = message_at (body, 0);
        struct service *s = wanted ? table_get (b->services, frame_data (wanted), frame_size (wanted)) : NULL;
        code = s && s->workers > 0 ? "200" : "404";
    }
    message_free (body);
    message *answer = message_new ();
    message_add_text (answer, code);
    reply_to_client (b, client, name, answer);
}

/* [service, request...] */
static void
hear_client (broker *b, frame *client, message *m)
{
    frame *name_frame = message_take (m);
    if (!name_frame || message_count (m) == 0) {
        frame_free (name_frame);
        frame_free (client);
        message_free (m);
        return;
    }
    char *name = frame_string (name_frame);
    if (strncmp (name, "mmi.", 4) == 0) {
        answer_mmi (b, client, name, m);
    } else {
        struct service *s = service_named (b, name);
        service_queue (s, client, m);
        service_dispatch (b, s);
    }
    free (name);
    frame_free (name_frame);
}

/* [sender, "", MDPC01 or MDPW01, ...]. Any other message is thrown away. */
static bool
hear (broker *b)
{
    message *m = message_receive_now (b->socket);
    if (!m)
        return false;
    frame *sender = message_take (m), *empty = message_take (m), *header = message_take (m);
    bool valid = sender && empty && frame_size (empty) == 0;
    if (valid && frame_is (header, MDP_CLIENT)) {
        hear_client (b, sender, m);
    } else if (valid && frame_is (header, MDP_WORKER)) {
        hear_worker (b, sender, m);
        frame_free (sender);
    } else {
        frame_free (sender);
        message_free (m);
    }
    frame_free (empty);
    frame_free (header);
    return true;
}

static void
run (broker *b)
{
    int64_t beat = now_ms () + HEARTBEAT_MS;
    while (wait_one (b->socket, beat) != WAIT_STOP) {
        /* Words that others said while we were busy, or frozen, count before their silence does. */
        for (int i = 0; i < AT_ONCE && hear (b); i++)
            ;
        if (now_ms () >= beat) {
            look_after_workers (b);
            forget_old_requests (b);
            beat = now_ms () + HEARTBEAT_MS;
        }
    }
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 2)
        usage ("broker ENDPOINT");
    void *context = context_new ();
    broker b = {.socket = socket_new (context, ZMQ_ROUTER), .services = table_new (), .workers = table_new ()};
    set_number (b.socket, ZMQ_ROUTER_MANDATORY, 1); /* tells when a worker's connection is gone */
    bind_to (b.socket, argv[1]);
    run (&b);
    dismiss_all (&b);
    socket_close (b.socket);
    context_end (context);
    return 0;
}
