/* Freelance server: server NAME ENDPOINT [WORK_MS]

   For all three models of clients, after the Freelance Protocol (RFC 10): a ROUTER socket whose name is its endpoint. */
#include "lib.h"
#include "work.h"

/* [control, request...] is answered by [control, reply...], PING by PONG. */
static message *
answer (message *m, const char *name, long ms)
{
    frame *control = message_take (m);
    if (!control)
        return NULL;
    message *reply;
    if (frame_is (control, "PING") && message_count (m) == 0) {
        frame_free (control);
        control = frame_text ("PONG");
        reply = message_new ();
    } else {
        reply = work_do (m, name, ms);
    }
    if (reply)
        message_put (reply, control);
    else
        frame_free (control);
    return reply;
}

/* [client, (an empty frame, if it is a REQ,) ...] */
static void
serve (void *socket, const char *name, long ms)
{
    message *m = message_receive_now (socket);
    if (!m)
        return;
    frame *client = message_take (m), *empty = NULL;
    if (m->first && frame_size (m->first) == 0)
        empty = message_take (m);
    message *reply = answer (m, name, ms);
    message_free (m);
    if (!reply) {
        frame_free (client);
        frame_free (empty);
        return;
    }
    if (empty)
        message_put (reply, empty);
    message_put (reply, client);
    message_send_now (reply, socket);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("server NAME ENDPOINT [WORK_MS]");
    long ms = argc > 3 ? number (argv[3]) : 10;
    void *context = context_new ();
    void *socket = socket_new (context, ZMQ_ROUTER);
    set_text (socket, ZMQ_ROUTING_ID, argv[2]);
    bind_to (socket, argv[2]);
    while (wait_one (socket, NEVER) != WAIT_STOP)
        serve (socket, argv[1], ms);
    socket_close (socket);
    context_end (context);
    return 0;
}
