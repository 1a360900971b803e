/* Forwarder: forwarder NAME PUBLISHER_SIDE SUBSCRIBER_SIDE CONTROL

   XSUB towards the publishers, XPUB towards the subscribers, until "TERMINATE" comes over the control socket. */
#include "lib.h"

int
main (int argc, char **argv)
{
    if (argc != 5)
        usage ("forwarder NAME PUBLISHER_SIDE SUBSCRIBER_SIDE CONTROL");
    void *context = context_new ();
    void *publishers = socket_at (context, ZMQ_XSUB, argv[2]);
    void *subscribers = socket_new (context, ZMQ_XPUB);
    set_number (subscribers, ZMQ_XPUB_VERBOSE, 1); /* every subscription goes on to the publishers, not only the first */
    attach (subscribers, argv[3]);
    void *control = socket_at (context, ZMQ_PAIR, argv[4]);
    while (zmq_proxy_steerable (publishers, subscribers, NULL, control) == -1)
        if (errno != EINTR)
            die ("zmq_proxy_steerable");
    zmq_send (control, "ended", 5, 0);
    say ("%s was told to end", argv[1]);
    socket_drop (publishers); /* they may be gone already: nothing waits for them */
    socket_drop (subscribers);
    socket_close (control);
    context_end (context);
    return 0;
}
