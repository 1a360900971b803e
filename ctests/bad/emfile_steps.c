/* Descriptors run out at each step from the first context to a message: every
   call succeeds or says EMFILE, and all is well when there are some again.
   (The original aborts at most of the steps.) */
#include "check.h"

/* Lets the program open so many descriptors more. */
static void
leave (int descriptors)
{
    struct rlimit limit;
    OK (getrlimit (RLIMIT_NOFILE, &limit));
    int lowest = dup (0);
    OK (lowest);
    close (lowest);
    limit.rlim_cur = (rlim_t) (lowest + descriptors);
    OK (setrlimit (RLIMIT_NOFILE, &limit));
}

/* Whether the call succeeded. */
static int
worked (int rc)
{
    CHECK (rc != -1 || errno == EMFILE);
    return rc != -1;
}

static void *
socket_if_any (void *ctx)
{
    void *s = zmq_socket (ctx, ZMQ_DEALER);
    CHECK (s || errno == EMFILE);
    if (s)
        OK (set_int (s, ZMQ_RECONNECT_IVL, 20));
    return s;
}

/* Uses what there is; returns whether everything worked. */
static int
use (void *bound, void *connecting, const char *wildcard)
{
    char ep[EP_MAX], buf[8];
    int fd;
    size_t size = sizeof fd;
    zmq_pollitem_t items[] = {{connecting, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLOUT, 0}};
    int good = worked (zmq_socket_monitor (bound, "inproc://monitor", ZMQ_EVENT_ALL));
    good &= worked (zmq_getsockopt (connecting, ZMQ_FD, &fd, &size));
    good &= worked (zmq_poll (items, 2, 0));
    if (!worked (zmq_bind (bound, wildcard)))
        return 0;
    last_endpoint (bound, ep);
    OK (zmq_connect (connecting, ep));
    send_str (connecting, "x", 0);
    OK (set_int (bound, ZMQ_RCVTIMEO, SHORT_WAIT));
    int n = zmq_recv (bound, buf, sizeof buf, 0);
    CHECK (n == 1 || errno == EAGAIN || errno == EMFILE);
    return good && n == 1;
}

/* With so many descriptors; returns whether they were enough. */
static int
with (int descriptors, const char *wildcard)
{
    char ep[EP_MAX];
    struct rlimit before;
    OK (getrlimit (RLIMIT_NOFILE, &before));
    leave (descriptors);
    void *ctx = new_ctx (), *bound = socket_if_any (ctx), *connecting = socket_if_any (ctx);
    int enough = bound && connecting && use (bound, connecting, wildcard);
    OK (setrlimit (RLIMIT_NOFILE, &before));
    if (!bound)
        bound = new_sock (ctx, ZMQ_DEALER);
    if (!connecting)
        connecting = new_sock (ctx, ZMQ_DEALER);
    bind_to (bound, wildcard, ep);
    OK (zmq_connect (connecting, ep));
    /* messages on their way in a connection that fails for want of a descriptor are lost */
    OK (set_int (bound, ZMQ_RCVTIMEO, 20));
    char text[8] = "";
    for (int64_t end = now_ms () + LONG_WAIT; strcmp (text, "again") != 0;) {
        CHECK (now_ms () < end);
        send_str (connecting, "again", 0);
        memset (text, 0, sizeof text);
        CHECK (zmq_recv (bound, text, sizeof text - 1, 0) != -1 || errno == EAGAIN);
    }
    OK (zmq_socket_monitor (bound, NULL, 0));
    close0 (bound);
    close0 (connecting);
    term (ctx);
    return enough;
}

int
main (void)
{
    static const char *const wildcards[] = {"tcp://127.0.0.1:*", "ipc://*"};
    for (int i = 0; i < 2; i++) {
        int n = 0;
        while (!with (n, wildcards[i]))
            CHECK (++n < 40);
        CHECK (n > 3);
    }
    return 0;
}
