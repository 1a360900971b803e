/* Simple Pirate worker: worker NAME BACKEND [WORK_MS]

   A REQ socket: its first request says "I am ready", and each reply asks for more. */
#include "lib.h"
#include "work.h"

/* [client, "", request...] comes, [client, "", reply...] goes. */
static void
serve (void *socket, const char *name, long ms)
{
    message *m = message_receive (socket);
    if (!m)
        return;
    frame *client = message_take (m);
    frame_free (message_take (m));
    message *reply = work_do (m, name, ms);
    message_free (m);
    if (!reply)
        reply = message_new ();
    message_put_text (reply, "");
    message_put (reply, client);
    message_send (reply, socket);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("worker NAME BACKEND [WORK_MS]");
    void *context = context_new ();
    void *socket = socket_new (context, ZMQ_REQ);
    connect_to (socket, argv[2]);
    say ("%s: is ready", argv[1]);
    zmq_send (socket, "\1", 1, 0);
    while (wait_one (socket, NEVER) != WAIT_STOP)
        serve (socket, argv[1], argc > 3 ? number (argv[3]) : 100);
    socket_close (socket);
    context_end (context);
    return 0;
}
