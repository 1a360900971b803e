/* A ROUTER that connects, and a server that comes back under another name. */
#include "check.h"

static void *ctx, *router;
static char ep[EP_MAX];

static void *
server (const char *name)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (s, ZMQ_ROUTING_ID, name));
    if (*ep)
        AWAIT (zmq_bind (s, ep) == 0);
    else
        bind_tcp (s, ep);
    return s;
}

static void
open_router (const char *given)
{
    router = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (router, ZMQ_RECONNECT_IVL, 10));
    OK (set_int (router, ZMQ_ROUTER_MANDATORY, 1));
    if (given)
        OK (set_str (router, ZMQ_CONNECT_ROUTING_ID, given));
    OK (zmq_connect (router, ep));
}

/* The server speaks, and is answered by name. */
static void
talk (void *server, const char *name)
{
    send_str (server, "hello", 0);
    expect (router, name, "hello");
    send_parts (router, name, "you are", name);
    expect (server, "you are", name);
}

int
main (void)
{
    ctx = new_ctx ();
    void *s = server ("one");
    open_router (NULL);
    talk (s, "one");
    /* messages that came before it left and those that come after have their own names */
    send_str (s, "goodbye", 0);
    AWAIT (wait_for (router, ZMQ_POLLIN, 10));
    close0 (s);
    s = server ("two");
    send_str (s, "here", 0);
    expect (router, "one", "goodbye");
    expect (router, "two", "here");
    talk (s, "two");
    CHECK_ERRNO (zmq_send (router, "one", 3, ZMQ_SNDMORE), EHOSTUNREACH);
    SAY ("renamed");

    /* the old name is free */
    char other[EP_MAX];
    void *free_one = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (free_one, ZMQ_ROUTING_ID, "one"));
    bind_tcp (router, other);
    OK (zmq_connect (free_one, other));
    talk (free_one, "one");
    SAY ("the old name is another's");

    /* a server that comes back under a name that is taken is not heard until it has another */
    void *m = mon_open (ctx, router, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close0 (s);
    s = server ("one");
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_str (s, "unheard", 0);
    talk (free_one, "one");
    quiet (router);
    CHECK_ERRNO (zmq_send (router, "two", 3, ZMQ_SNDMORE), EHOSTUNREACH);
    SAY ("a taken name is not given");
    close0 (s);
    s = server ("three");
    expect (router, "three", "unheard");
    talk (s, "three");
    mon_close (router, m);
    close0 (free_one);
    close0 (router);
    close0 (s);

    /* unless it is handed over */
    *ep = 0;
    s = server ("three");
    open_router (NULL);
    talk (s, "three");
    OK (set_int (router, ZMQ_ROUTER_HANDOVER, 1));
    free_one = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (free_one, ZMQ_ROUTING_ID, "one"));
    bind_tcp (router, other);
    OK (zmq_connect (free_one, other));
    talk (free_one, "one");
    close0 (s);
    s = server ("one");
    send_str (s, "mine now", 0);
    expect (router, "one", "mine now");
    talk (s, "one");
    SAY ("handed over");
    close0 (free_one);
    close0 (router);
    close0 (s);

    /* the name that the program gave stays */
    *ep = 0;
    s = server ("three");
    open_router ("given");
    talk (s, "given");
    close0 (s);
    s = server ("four");
    talk (s, "given");
    SAY ("given for good");
    close0 (router);
    close0 (s);
    term (ctx);
    return 0;
}
