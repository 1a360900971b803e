/* A server that shakes hands, with long properties, and hangs up, over and over, takes no memory of
   its client that does not look. (The original keeps the subscriptions of each time.) */
#include "check.h"

#define ROUNDS 300
#define WARM 30
#define PROPERTY 60000
/* The most memory that all rounds may leave, in bytes: the properties of some of them. */
#define MOST (10 * PROPERTY)

static void
flap (int type, const char *peer, const char *id, int immediate)
{
    static unsigned char body[PROPERTY + 256], value[PROPERTY], g[64];
    char ep[EP_MAX];
    int listener = raw_listen (ep);
    void *ctx = new_ctx (), *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 1));
    OK (set_int (s, ZMQ_IMMEDIATE, immediate));
    if (type == ZMQ_SUB)
        OK (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "topic", 5));
    OK (zmq_connect (s, ep));
    memset (value, 'v', sizeof value);
    memcpy (body, "\5READY", 6);
    size_t size = 6;
    size += z_property (body + size, "Socket-Type", peer, strlen (peer));
    size += z_property (body + size, "Identity", id, strlen (id));
    size += z_property (body + size, "X-long", value, sizeof value);
    long before = 0;
    for (int i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            before = used_memory ();
        int fd = raw_accept (listener);
        z_greeting (g, 3, 1);
        raw_send (fd, g, 64);
        CHECK_EQ (raw_recv (fd, g, 64, LONG_WAIT), 64);
        z_recv (fd);
        z_send (fd, Z_COMMAND, body, size);
        /* until it has been let in */
        z_send (fd, Z_COMMAND, "\4PING\0\0", 7);
        z_frame *f;
        do
            f = z_recv (fd);
        while (f->size < 5 || memcmp (f->body, "\4PONG", 5) != 0);
        close (fd);
    }
    long grown = used_memory () - before;
    fprintf (stderr, "%s, immediate %d: %ld bytes, %ld each time\n", peer, immediate, grown, grown / ROUNDS);
    CHECK (grown < MOST);

    /* it still works */
    int fd = raw_accept (listener);
    z_handshake (fd, 1, peer, id);
    if (type == ZMQ_SUB) {
        z_await (fd, s);
        z_expect (fd, Z_COMMAND, "\x9SUBSCRIBEtopic", 15);
        z_send_str (fd, 0, "topic");
        expect (s, "topic");
    } else {
        z_send_str (fd, 0, "hello");
        if (type == ZMQ_ROUTER)
            expect (s, id, "hello");
        else
            expect (s, "hello");
    }
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
}

int
main (int argc, char **argv)
{
    (void) argc;
    count_memory (argv);
    flap (ZMQ_DEALER, "ROUTER", "", 0);
    flap (ZMQ_ROUTER, "ROUTER", "server", 0);
    flap (ZMQ_SUB, "PUB", "", 0);
    flap (ZMQ_DEALER, "ROUTER", "", 1);
    SAY ("nothing is left of them");
    return 0;
}
