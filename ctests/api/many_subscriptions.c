/* 20,000 subscriptions at once arrive, whatever the marks and however long the publisher does not look; all of
   them again where a publisher comes back, and from peers that send them as messages (ZMTP 3.0). Ours only: the
   original loses all but the first thousand or two. */
#include "check.h"

enum { MANY = 20000 };

static void
topic_of (int n, char text[8])
{
    snprintf (text, 8, "%06d", n % 1000000);
}

/* Each of them comes once, by what a XPUB shows. */
static void
expect_all (void *xpub)
{
    static char seen[MANY];
    memset (seen, 0, sizeof seen);
    for (int i = 0; i < MANY; i++) {
        char b[16] = "";
        CHECK_EQ (zmq_recv (xpub, b, sizeof b, 0), 7);
        CHECK_EQ (b[0], 1);
        int n = atoi (b + 1);
        CHECK (n >= 0 && n < MANY && !seen[n]);
        seen[n] = 1;
    }
    CHECK_ERRNO (zmq_recv (xpub, NULL, 0, ZMQ_DONTWAIT), EAGAIN);
}

static void *
publisher (void *ctx, const char *ep)
{
    void *s = new_sock (ctx, ZMQ_XPUB);
    OK (set_int (s, ZMQ_RCVHWM, 10));
    OK (set_int (s, ZMQ_XPUB_VERBOSE, 1));
    OK (zmq_bind (s, ep));
    return s;
}

static void
subscribe (void *s)
{
    char text[8];
    for (int i = 0; i < MANY; i++) {
        topic_of (i, text);
        OK (set_str (s, ZMQ_SUBSCRIBE, text));
    }
}

static void *
subscriber (void *ctx)
{
    void *s = new_sock (ctx, ZMQ_SUB);
    OK (set_int (s, ZMQ_SNDHWM, 10));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    return s;
}

/* Before there is a publisher, while it does not look, and when it comes back. */
static void
over (const char *wildcard)
{
    void *ctx = new_ctx (), *early = subscriber (ctx), *late = subscriber (ctx), *pub;
    char ep[EP_MAX];
    int inproc = strncmp (wildcard, "inproc", 6) == 0;
    pub = new_sock (ctx, ZMQ_XPUB);
    bind_to (pub, wildcard, ep);
    close0 (pub);
    OK (zmq_connect (early, ep));
    subscribe (early);
    pub = publisher (ctx, ep);
    expect_all (pub);

    OK (zmq_connect (late, ep));
    subscribe (late);
    expect_all (pub);
    close0 (late);

    close0 (pub);
    pub = publisher (ctx, ep);
    if (inproc)
        OK (zmq_connect (early, ep));
    /* a subscriber learns of the loss and of the new publisher in its calls */
    zmq_pollitem_t items[] = {{.socket = early, .events = ZMQ_POLLIN}, {.socket = pub, .events = ZMQ_POLLIN}};
    AWAIT (zmq_poll (items, 2, 5) > 0 && items[1].revents & ZMQ_POLLIN);
    expect_all (pub);
    SAY ("%.*s: all", (int) strcspn (ep, ":"), ep);
    close0 (pub);
    close0 (early);
    term (ctx);
}

/* A peer that sends them as messages. */
static void *
old_peer (void *arg)
{
    int fd = raw_connect (arg);
    z_handshake (fd, 0, "SUB", "");
    for (int i = 0; i < MANY; i++) {
        char b[16] = "\1";
        topic_of (i, b + 1);
        z_send (fd, 0, b, 7);
    }
    return (void *) (intptr_t) fd;
}

static void
old (void)
{
    void *ctx = new_ctx (), *pub = publisher (ctx, "tcp://127.0.0.1:*");
    char ep[EP_MAX];
    last_endpoint (pub, ep);
    pthread_t t = start (old_peer, ep);
    expect_all (pub);
    close ((int) (intptr_t) finish (t));
    SAY ("ZMTP 3.0: all");
    close0 (pub);
    term (ctx);
}

int
main (void)
{
    char name[EP_MAX];
    over ("tcp://127.0.0.1:*");
    snprintf (name, sizeof name, "ipc://@zct-many-%d", (int) getpid ());
    over (name);
    over ("inproc://*");
    old ();
    return 0;
}
