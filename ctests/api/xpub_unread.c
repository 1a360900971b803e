/* A XPUB whose program never receives, and a PUB, take no memory for topics that come and go, for visitors,
   nor for endless messages upstream; subscriptions still hold. (The original keeps all of it.) */
#include "check.h"

#define ROUNDS 60000
#define WARM 20000
/* The most memory that all rounds may leave, in bytes. */
#define MOST 2000000

/* Up to the last subscription that the publisher has carried out, one of its own. */
static void
await_topic (void *pub, void *sub, const char *topic)
{
    char buf[64];
    int64_t end = now_ms () + LONG_WAIT;
    for (;;) {
        OK (events (pub));
        send_str (pub, topic, 0);
        if (zmq_recv (sub, buf, sizeof buf, ZMQ_DONTWAIT) != -1)
            break;
        CHECK (now_ms () < end);
    }
    while (zmq_recv (sub, buf, sizeof buf, ZMQ_DONTWAIT) != -1)
        ;
}

static void
subscribe (void *sub, int on, const char *topic)
{
    char text[32];
    int size = snprintf (text, sizeof text, "%c%s", on, topic);
    CHECK_EQ (zmq_send (sub, text, (size_t) size, 0), size);
}

static void
one (const char *name, int type, int option, const char *transport)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pub = new_sock (ctx, type), *sub = new_sock (ctx, ZMQ_XSUB);
    if (option)
        OK (set_int (pub, option, 1));
    bind_to (pub, transport, ep);
    OK (zmq_connect (sub, ep));
    long before = 0;
    for (int i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            before = used_memory ();
        subscribe (sub, 1, "again");
        subscribe (sub, 0, "again");
        if (i % 2) {
            /* a topic is subscribed to and cancelled in different rounds, too */
            subscribe (sub, i % 4 == 1, "now and then");
            send_str (sub, "upstream", ZMQ_DONTWAIT);
        }
        if (i % 500 == 0) {
            OK (events (pub));
            void *visitor = new_sock (ctx, ZMQ_XSUB);
            OK (zmq_connect (visitor, ep));
            subscribe (visitor, 1, "visited");
            OK (events (pub));
            close0 (visitor);
            OK (events (pub));
        }
        if (i % 100 == 0)
            OK (events (pub));
    }
    subscribe (sub, 1, "last");
    if (option == ZMQ_XPUB_MANUAL)
        /* nobody gets anything before the program says so; over inproc all is there */
        for (int i = 0; i < 1000; i++)
            OK (events (pub));
    else
        await_topic (pub, sub, "last");
    long grown = used_memory () - before;
    fprintf (stderr, "%s: %ld bytes\n", name, grown);
    CHECK (grown < MOST);

    if (type == ZMQ_XPUB) {
        /* the messages that wait tell in the end which subscriptions hold, in their order */
        int on = 0, last = 0, count = 0;
        char buf[64];
        OK (set_int (pub, ZMQ_RCVTIMEO, 0));
        for (int n; (n = zmq_recv (pub, buf, sizeof buf, 0)) != -1; count++) {
            if (n == 6 && memcmp (buf + 1, "again", 5) == 0)
                on = buf[0];
            if (n == 5 && memcmp (buf + 1, "last", 4) == 0)
                last = buf[0];
        }
        CHECK (errno == EAGAIN);
        CHECK_EQ (on, 0);
        CHECK_EQ (last, 1);
        CHECK (count < 12000);
        /* and then all comes as it is sent */
        subscribe (sub, 1, "again");
        subscribe (sub, 0, "again");
        send_str (sub, "upstream", 0);
        OK (set_int (pub, ZMQ_RCVTIMEO, LONG_WAIT));
        expect (pub, "\1again");
        CHECK_EQ (zmq_recv (pub, buf, sizeof buf, 0), 6);
        CHECK (memcmp (buf, "\0again", 6) == 0);
        expect (pub, "upstream");
    }
    SAY ("%s: keeps what holds", name);
    close0 (sub);
    close0 (pub);
    term (ctx);
}

int
main (int argc, char **argv)
{
    (void) argc;
    count_memory (argv);
    one ("PUB", ZMQ_PUB, 0, "inproc://*");
    one ("XPUB", ZMQ_XPUB, 0, "inproc://*");
    one ("XPUB over tcp", ZMQ_XPUB, 0, "tcp://127.0.0.1:*");
    one ("verbose", ZMQ_XPUB, ZMQ_XPUB_VERBOSE, "inproc://*");
    one ("verboser", ZMQ_XPUB, ZMQ_XPUB_VERBOSER, "inproc://*");
    one ("manual", ZMQ_XPUB, ZMQ_XPUB_MANUAL, "inproc://*");
    return 0;
}
