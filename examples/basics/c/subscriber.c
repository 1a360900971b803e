/* Subscriber: subscriber NAME ENDPOINTS TOPIC PUBLISHERS

   Prints everything about the topic, until that many publishers have said "end". */
#include "lib.h"

/* Prints an issue; whether it was the last one of its publisher. */
static bool
read_issue (void *socket, const char *name)
{
    message *m = message_receive (socket);
    if (!m || message_count (m) != 3)
        die ("no issue");
    char *topic = frame_string (message_at (m, 0));
    char *publisher = frame_string (message_at (m, 1));
    char *text = frame_string (message_at (m, 2));
    say ("%s reads %s from %s: %s", name, topic, publisher, text);
    bool last = strcmp (text, "end") == 0;
    free (topic);
    free (publisher);
    free (text);
    message_free (m);
    return last;
}

int
main (int argc, char **argv)
{
    if (argc != 5)
        usage ("subscriber NAME ENDPOINTS TOPIC PUBLISHERS");
    void *context = context_new ();
    void *socket = socket_new (context, ZMQ_SUB);
    set_text (socket, ZMQ_SUBSCRIBE, argv[3]);
    set_number (socket, ZMQ_RCVTIMEO, 10000);
    attach (socket, argv[2]);
    for (long left = number (argv[4]); left > 0;)
        left -= read_issue (socket, argv[1]);
    socket_close (socket);
    context_end (context);
    return 0;
}
