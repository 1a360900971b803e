/* A setting that the system refuses stays as it is, and the connection works;
   a device to bind to that is not there is an error. */
#include "check.h"

static void
tune (void *s)
{
    OK (set_int (s, ZMQ_TCP_KEEPALIVE, 1));
    /* beyond what the kernel takes: 32767 seconds, 127 probes */
    OK (set_int (s, ZMQ_TCP_KEEPALIVE_IDLE, 1000000));
    OK (set_int (s, ZMQ_TCP_KEEPALIVE_INTVL, 1000000));
    OK (set_int (s, ZMQ_TCP_KEEPALIVE_CNT, 1000000));
    OK (set_int (s, ZMQ_TOS, 1000000));
    OK (set_int (s, ZMQ_SNDBUF, 2000000000));
    OK (set_int (s, ZMQ_RCVBUF, 2000000000));
    OK (set_int (s, ZMQ_TCP_MAXRT, 2000000000));
}

int
main (void)
{
    static const char *const wildcards[] = {"tcp://127.0.0.1:*", "ipc://*"};
    void *ctx = new_ctx ();
    char ep[EP_MAX];
    for (int i = 0; i < 2; i++) {
        void *b = new_sock (ctx, ZMQ_PAIR), *c = new_sock (ctx, ZMQ_PAIR);
        tune (b);
        tune (c);
        bind_to (b, wildcards[i], ep);
        OK (zmq_connect (c, ep));
        send_str (c, "there", 0);
        expect (b, "there");
        send_str (b, "back", 0);
        expect (c, "back");
        close0 (b);
        close0 (c);
    }

    void *s = new_sock (ctx, ZMQ_PAIR);
    OK (set_str (s, ZMQ_BINDTODEVICE, "no-such-device"));
    /* ENODEV, or EPERM where the privilege is missing */
    CHECK_EQ (zmq_bind (s, "tcp://127.0.0.1:*"), -1);
    close0 (s);
    /* one that connects is not there either */
    s = new_sock (ctx, ZMQ_PAIR);
    OK (set_str (s, ZMQ_BINDTODEVICE, "no-such-device"));
    int listener = raw_listen (ep);
    OK (zmq_connect (s, ep));
    CHECK_EQ (raw_wait (listener, POLLIN, 2 * SHORT_WAIT), 0);
    close (listener);
    close0 (s);
    term (ctx);
    return 0;
}
