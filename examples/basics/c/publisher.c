/* Publisher: publisher NAME ENDPOINTS SUBSCRIPTIONS

   Waits for that many subscriptions, then publishes three issues of "news" and of "sport". A PUB socket could not know when
   its subscribers are there; an XPUB socket does what PUB does and also receives their subscriptions. */
#include "lib.h"

static const char *const topics[] = {"news", "sport"};

static void
see_subscription (void *socket, const char *name)
{
    message *m = message_receive (socket);
    if (!m || frame_size (m->first) == 0)
        die ("no subscription");
    /* One frame: a byte 1, then the topic. */
    char *text = frame_string (m->first);
    say ("%s sees a subscription to %s", name, text + 1);
    free (text);
    message_free (m);
}

static void
publish (void *socket, const char *name, const char *text)
{
    for (size_t i = 0; i < 2; i++) {
        message *m = message_new ();
        message_add_text (m, topics[i]);
        message_add_text (m, name);
        message_add_text (m, text);
        message_send (m, socket);
    }
}

int
main (int argc, char **argv)
{
    if (argc != 4)
        usage ("publisher NAME ENDPOINTS SUBSCRIPTIONS");
    void *context = context_new ();
    void *socket = socket_new (context, ZMQ_XPUB);
    set_number (socket, ZMQ_XPUB_VERBOSE, 1); /* also shows the second subscriber of a topic */
    set_number (socket, ZMQ_RCVTIMEO, 10000);
    attach (socket, argv[2]);
    for (long n = number (argv[3]); n > 0; n--)
        see_subscription (socket, argv[1]);
    publish (socket, argv[1], "issue 1");
    publish (socket, argv[1], "issue 2");
    publish (socket, argv[1], "issue 3");
    publish (socket, argv[1], "end");
    socket_close (socket);
    context_end (context);
    return 0;
}
