/* Server: server NAME ENDPOINTS

   Replies to requests until it is told to end (SIGTERM, Ctrl-C). */
#include "lib.h"

static void
serve (void *socket, const char *name)
{
    message *m = message_receive (socket);
    if (!m)
        return;
    char *request = frame_string (m->first);
    say ("%s serves %s", name, request);
    message *reply = message_new ();
    message_add (reply, frame_text ("%s world, says %s", request, name));
    message_send (reply, socket);
    free (request);
    message_free (m);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 3)
        usage ("server NAME ENDPOINTS");
    void *context = context_new ();
    void *socket = socket_at (context, ZMQ_REP, argv[2]);
    while (wait_one (socket, NEVER) != WAIT_STOP)
        serve (socket, argv[1]);
    socket_close (socket);
    context_end (context);
    return 0;
}
