/* Shows the properties of its connection that a received message has. */
#include "check.h"

static void
tell (const char *label, zmq_msg_t *m)
{
    static const char *const names[] = {"Socket-Type", "Identity", "Routing-Id",
                                        "Peer-Address", "User-Id", "socket-type",
                                        "X-none", ""};
    printf ("%s:", label);
    for (int i = 0; i < 8; i++) {
        errno = 0;
        const char *v = zmq_msg_gets (m, names[i]);
        printf (" %s=%s", names[i], v ? v : err_name (errno));
    }
    errno = 0;
    int fd = zmq_msg_get (m, ZMQ_SRCFD), e = errno;
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    const char *digits = zmq_msg_gets (m, "__fd");
    CHECK (fd >= 0 ? digits && atoi (digits) == fd : !digits);
    SAY (" srcfd %s, a connected socket %d, MORE %d", fd >= 0 ? "yes" : err_name (e),
         fd >= 0 && getpeername (fd, (struct sockaddr *) &a, &size) == 0,
         zmq_msg_more (m));
}

int
main (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx ();
    zmq_msg_t m, copy;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_init (&copy));

    /* every frame, also the id frame that ROUTER puts in front */
    void *router = new_sock (ctx, ZMQ_ROUTER), *dealer = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (dealer, ZMQ_ROUTING_ID, "me"));
    bind_tcp (router, ep);
    OK (zmq_connect (dealer, ep));
    send_parts (dealer, "one", "two");
    for (int i = 0; i < 3; i++) {
        OK (zmq_msg_recv (&m, router, 0));
        tell ("tcp ROUTER", &m);
    }
    /* a copy keeps them, sending strips them */
    OK (zmq_msg_copy (&copy, &m));
    tell ("copy", &copy);
    send_str (router, "me", ZMQ_SNDMORE);
    OK (zmq_msg_send (&m, router, 0));
    tell ("sent", &m);
    OK (zmq_msg_recv (&m, dealer, 0));
    tell ("tcp DEALER", &m);
    OK (zmq_msg_close (&copy));
    OK (zmq_msg_init (&copy));
    close0 (dealer);
    close0 (router);

    /* inproc has none */
    void *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_bind (pull, "inproc://plain"));
    OK (zmq_connect (push, "inproc://plain"));
    send_str (push, "x", 0);
    OK (zmq_msg_recv (&m, pull, 0));
    tell ("inproc PULL", &m);
    close0 (push);
    close0 (pull);

    /* PUSH has no Identity on the wire */
    pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &pull, &push);
    send_str (push, "x", 0);
    OK (zmq_msg_recv (&m, pull, 0));
    tell ("tcp PULL", &m);
    close0 (push);
    close0 (pull);

    /* XPUB: on the subscription */
    void *xpub, *sub;
    pair_up (ctx, ZMQ_XPUB, ZMQ_SUB, &xpub, &sub);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "t"));
    OK (zmq_msg_recv (&m, xpub, 0));
    tell ("tcp XPUB", &m);
    close0 (sub);
    close0 (xpub);

    /* STREAM: on the notification */
    void *stream = new_sock (ctx, ZMQ_STREAM);
    bind_tcp (stream, ep);
    int fd = raw_connect (ep);
    OK (zmq_msg_recv (&m, stream, 0));
    tell ("STREAM id", &m);
    OK (zmq_msg_recv (&m, stream, 0));
    tell ("STREAM notification", &m);
    close (fd);
    close0 (stream);

    /* ipc */
    pull = new_sock (ctx, ZMQ_PULL), push = new_sock (ctx, ZMQ_PUSH);
    bind_to (pull, "ipc://*", ep);
    OK (zmq_connect (push, ep));
    send_str (push, "x", 0);
    OK (zmq_msg_recv (&m, pull, 0));
    const char *who = zmq_msg_gets (&m, "Peer-Address");
    char ours[100];
    snprintf (ours, sizeof ours, ":%d:%d:%d", getuid (), getgid (), getpid ());
    CHECK (who != NULL);
    size_t tail = strlen (ours);
    SAY ("ipc address ends in uid:gid:pid %d",
         strlen (who) >= tail && strcmp (who + strlen (who) - tail, ours) == 0);
    CHECK_STR (zmq_msg_gets (&m, "Socket-Type"), "PUSH");
    close0 (push);
    close0 (pull);
    OK (zmq_msg_close (&m));
    OK (zmq_msg_close (&copy));
    term (ctx);
    return 0;
}
