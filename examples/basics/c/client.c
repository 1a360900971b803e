/* Client: client NAME ENDPOINTS REQUESTS

   Sends requests one after the other. Connected to several servers it asks them in turn. */
#include "lib.h"

static void
ask (void *socket, const char *name, long n)
{
    message *request = message_new ();
    message_add (request, frame_text ("%s %ld: hello", name, n));
    message_send (request, socket);
    message *reply = message_receive (socket);
    if (!reply)
        die ("no reply");
    char *text = frame_string (reply->first);
    say ("%s hears %s", name, text);
    free (text);
    message_free (reply);
}

int
main (int argc, char **argv)
{
    if (argc != 4)
        usage ("client NAME ENDPOINTS REQUESTS");
    void *context = context_new ();
    void *socket = socket_at (context, ZMQ_REQ, argv[2]);
    set_number (socket, ZMQ_RCVTIMEO, 10000);
    for (long n = 1; n <= number (argv[3]); n++)
        ask (socket, argv[1], n);
    socket_close (socket);
    context_end (context);
    return 0;
}
