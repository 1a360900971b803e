/* Ends the forwarder: terminate NAME CONTROL */
#include "lib.h"

/* Some versions of the proxy acknowledge a command with an empty message. */
static void
await_end (void *socket)
{
    bool ended = false;
    while (!ended) {
        message *m = message_receive (socket);
        if (!m)
            die ("no answer");
        ended = frame_is (m->first, "ended");
        message_free (m);
    }
}

int
main (int argc, char **argv)
{
    if (argc != 3)
        usage ("terminate NAME CONTROL");
    void *context = context_new ();
    void *socket = socket_at (context, ZMQ_PAIR, argv[2]);
    set_number (socket, ZMQ_RCVTIMEO, 10000);
    zmq_send (socket, "TERMINATE", 9, 0);
    await_end (socket);
    say ("%s has seen it end", argv[1]);
    socket_close (socket);
    context_end (context);
    return 0;
}
