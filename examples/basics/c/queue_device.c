/* Queue: queue_device NAME CLIENT_SIDE SERVER_SIDE

   ROUTER towards the clients, DEALER towards the servers: any client may get any server. Until it is told to end. */
#include "lib.h"

/* zmq_proxy would do this in one line, but could only be ended by ending the context or the process. */
static void
pass_on (void *from, void *to)
{
    message *m = message_receive (from);
    if (m)
        message_send (m, to);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 4)
        usage ("queue_device NAME CLIENT_SIDE SERVER_SIDE");
    void *context = context_new ();
    void *clients = socket_at (context, ZMQ_ROUTER, argv[2]);
    void *servers = socket_at (context, ZMQ_DEALER, argv[3]);
    int ready;
    while ((ready = wait_any ((void *[]){clients, servers}, 2, NEVER)) != WAIT_STOP) {
        if (ready & 1)
            pass_on (clients, servers);
        if (ready & 2)
            pass_on (servers, clients);
    }
    socket_close (clients);
    socket_close (servers);
    context_end (context);
    return 0;
}
