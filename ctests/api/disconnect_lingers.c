/* A message to an endpoint that nobody listens at waits for its listener also after zmq_disconnect, as long as
   lingering lasts. */
#include "check.h"

/* Disconnects at once or, if `retrying`, between two attempts; then binds. */
static void
one (const char *ep, int retrying)
{
    void *ctx = new_ctx (), *push = new_sock (ctx, ZMQ_PUSH), *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (push, ZMQ_RECONNECT_IVL, 20));
    OK (set_int (push, ZMQ_LINGER, -1));
    void *m = mon_open (ctx, push, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_connect (push, ep));
    send_str (push, "1", 0);
    send_str (push, "2", 0);
    send_str (push, "3", 0);
    if (retrying)
        mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_disconnect (push, ep));
    if (retrying)
        for (int i = 0; i < 3; i++)
            mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    OK (zmq_bind (pull, ep));
    expect (pull, "1");
    expect (pull, "2");
    expect (pull, "3");
    CHECK_ERRNO (zmq_send (push, "4", 1, ZMQ_DONTWAIT), EAGAIN);
    mon_close (push, m);
    close0 (push);
    close0 (pull);
    term (ctx);
}

int
main (void)
{
    char ep[EP_MAX], dir[EP_MAX];
    make_dir (dir);
    for (int retrying = 0; retrying < 2; retrying++) {
        close (raw_listen (ep));
        one (ep, retrying);
        snprintf (ep, sizeof ep, "ipc://%.200s/late-%d", dir, retrying);
        one (ep, retrying);
        SAY ("delivered, %s", retrying ? "between attempts" : "at once");
    }
    remove_dir (dir);
    return 0;
}
