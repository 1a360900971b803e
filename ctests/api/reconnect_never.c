/* ZMQ_RECONNECT_IVL 0 and -1: after a lost connection there is no other
   attempt, and after a refused one neither. */
#include "check.h"

static void
after_a_loss (void *ctx, int interval)
{
    char ep[EP_MAX];
    int listener = raw_listen (ep);
    void *s = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (s, ZMQ_RECONNECT_IVL, interval));
    void *m = mon_open (ctx, s, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (s, ep));
    int fd = raw_accept (listener);
    z_handshake (fd, 1, "PULL", NULL);
    send_str (s, "arrives", 0);
    z_expect_str (fd, 0, "arrives");
    close (fd);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    printf ("%d, lost: ", interval);
    SAY ("comes again %d", raw_wait (listener, POLLIN, 2 * SHORT_WAIT));
    CHECK_EQ (mon_next (m, 0).event, -1);
    mon_close (s, m);
    close0 (s);
    close (listener);
}

static void
after_a_refusal (void *ctx, int interval)
{
    char ep[EP_MAX];
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    int listener = raw_listen (ep);
    /* the port stays ours while nobody listens */
    OK (getsockname (listener, (struct sockaddr *) &a, &size));
    close (listener);
    listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (bind (listener, (struct sockaddr *) &a, sizeof a));
    void *s = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (s, ZMQ_RECONNECT_IVL, interval));
    void *m = mon_open (ctx, s, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (s, ep));
    mon_expect (m, ZMQ_EVENT_CLOSED);
    OK (listen (listener, 8));
    printf ("%d, refused: ", interval);
    SAY ("comes again %d", raw_wait (listener, POLLIN, 2 * SHORT_WAIT));
    CHECK_EQ (mon_next (m, 0).event, -1);
    mon_close (s, m);
    close0 (s);
    close (listener);
}

int
main (void)
{
    void *ctx = new_ctx ();
    static const int intervals[] = {0, -1};
    for (int i = 0; i < 2; i++) {
        after_a_loss (ctx, intervals[i]);
        after_a_refusal (ctx, intervals[i]);
    }
    term (ctx);
    return 0;
}
