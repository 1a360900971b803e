/* Connecting to an inproc name that nobody binds, and leaving, leaves nothing, be it by closing or by
   disconnecting. A message sent before leaving waits for the socket that will bind the name. */
#include "check.h"

#define ROUNDS 2000
#define MOST 20000
/* MOST and the slots of the program's own sockets, which are used again late. */
#define WITH_PLACES 1500000

static void
check_growth (const char *what, long before, long most)
{
    long grown = used_memory () - before;
    fprintf (stderr, "%s: %ld bytes, %ld each\n", what, grown, grown / ROUNDS);
    CHECK (grown < most);
}

int
main (int argc, char **argv)
{
    (void) argc;
    count_memory (argv);
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    long before = 0;
    for (int i = 0; i < 100 + ROUNDS; i++) {
        if (i == 100)
            before = used_memory ();
        snprintf (ep, sizeof ep, "inproc://nobody-%d", i);
        OK (zmq_connect (s, ep));
        OK (zmq_disconnect (s, ep));
    }
    check_growth ("disconnected", before, MOST);

    for (int i = 0; i < 100 + ROUNDS; i++) {
        if (i == 100)
            before = used_memory ();
        void *c = new_sock (ctx, ZMQ_DEALER);
        OK (zmq_connect (c, "inproc://nobody"));
        OK (zmq_close (c));
    }
    check_growth ("closed", before, WITH_PLACES);

    void *c = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    OK (zmq_connect (c, "inproc://late"));
    send_str (c, "early", 0);
    OK (zmq_close (c));
    c = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (c, "inproc://late"));
    OK (zmq_bind (pull, "inproc://late"));
    send_str (c, "later", 0);
    expect (pull, "early");
    expect (pull, "later");
    SAY ("nothing is left");
    close0 (c);
    close0 (pull);
    close0 (s);
    term (ctx);
    return 0;
}
