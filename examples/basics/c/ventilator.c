/* Ventilator: ventilator NAME ENDPOINTS TASKS

   Hands out the tasks 1, 2, 3, ... to the workers in turn. */
#include "lib.h"

int
main (int argc, char **argv)
{
    if (argc != 4)
        usage ("ventilator NAME ENDPOINTS TASKS");
    void *context = context_new ();
    void *socket = socket_at (context, ZMQ_PUSH, argv[2]);
    set_number (socket, ZMQ_LINGER, 10000); /* the last tasks may wait for their workers for a while */
    for (long n = 1; n <= number (argv[3]); n++) {
        message *task = message_new ();
        message_add (task, frame_text ("%ld", n));
        message_send (task, socket);
    }
    say ("%s handed out %s tasks", argv[1], argv[3]);
    socket_close (socket);
    context_end (context);
    return 0;
}
