/* Sink: sink NAME ENDPOINTS TASKS

   Collects that many results. */
#include "lib.h"

int
main (int argc, char **argv)
{
    if (argc != 4)
        usage ("sink NAME ENDPOINTS TASKS");
    void *context = context_new ();
    void *socket = socket_at (context, ZMQ_PULL, argv[2]);
    set_number (socket, ZMQ_RCVTIMEO, 10000);
    for (long n = number (argv[3]); n > 0; n--) {
        message *m = message_receive (socket);
        if (!m)
            die ("no result");
        char *text = frame_string (m->first);
        say ("%s collects %s", argv[1], text);
        free (text);
        message_free (m);
    }
    socket_close (socket);
    context_end (context);
    return 0;
}
