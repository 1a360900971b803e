/* XPUB with ZMQ_XPUB_MANUAL: the application decides what a subscription
   means; WELCOME_MSG; NODROP; INVERT_MATCHING. */
#include "check.h"

static void
manual (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_XPUB), *a = new_sock (ctx, ZMQ_SUB), *b = new_sock (ctx, ZMQ_SUB);
    SAY ("%.6s", wildcard);
    OK (set_int (pub, ZMQ_XPUB_MANUAL, 1));
    bind_to (pub, wildcard, ep);
    OK (zmq_connect (a, ep));
    OK (set_str (a, ZMQ_SUBSCRIBE, "A"));
    say_message ("seen", pub);
    /* not applied by itself */
    OK (set_str (pub, ZMQ_SUBSCRIBE, "XA"));
    send_str (pub, "A", 0);
    send_str (pub, "XA", 0);
    /* the subscriber filters once more, by its own list */
    quiet (a);
    OK (set_str (a, ZMQ_SUBSCRIBE, "XA"));
    say_message ("seen", pub);
    OK (set_str (pub, ZMQ_SUBSCRIBE, "XA"));
    send_str (pub, "XA1", 0);
    expect (a, "XA1");
    /* acts on the pipe of the last message read */
    OK (zmq_connect (b, ep));
    OK (set_str (b, ZMQ_SUBSCRIBE, "B"));
    say_message ("seen", pub);
    OK (set_str (pub, ZMQ_SUBSCRIBE, "B"));
    send_str (pub, "B1", 0);
    expect (b, "B1");
    send_str (pub, "XA2", 0);
    expect (a, "XA2");
    quiet (b);
    /* duplicates are passed up too */
    OK (set_str (b, ZMQ_SUBSCRIBE, "B"));
    say_message ("seen", pub);
    OK (set_str (b, ZMQ_UNSUBSCRIBE, "B"));
    OK (set_str (b, ZMQ_UNSUBSCRIBE, "B"));
    say_message ("seen", pub);
    OK (set_str (pub, ZMQ_UNSUBSCRIBE, "B"));
    send_str (pub, "B2", 0);
    quiet (b);
    /* the peer goes: a cancel for each original subscription */
    close0 (a);
    int n = 0;
    while (wait_for (pub, ZMQ_POLLIN, n < 2 ? LONG_WAIT : SHORT_WAIT)) {
        say_message ("seen", pub);
        n++;
    }
    /* the pipe of the last message is gone: no effect, no error */
    OK (set_str (pub, ZMQ_SUBSCRIBE, "late"));
    OK (set_str (pub, ZMQ_UNSUBSCRIBE, "late"));
    close0 (b);
    close0 (pub);
}

static void
welcome (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB), *other = new_sock (ctx, ZMQ_SUB);
    OK (set_str (pub, ZMQ_XPUB_WELCOME_MSG, "Welcome"));
    bind_to (pub, wildcard, ep);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "W"));
    OK (set_str (other, ZMQ_SUBSCRIBE, "x"));
    OK (zmq_connect (sub, ep));
    say_message ("subscription", pub);
    say_message ("welcome", sub);
    OK (zmq_connect (other, ep));
    say_message ("subscription", pub);
    send_str (pub, "xyz", 0);
    say_message ("no welcome", other);
    /* cleared: not sent to those who come later */
    OK (zmq_setsockopt (pub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    close0 (other);
    other = new_sock (ctx, ZMQ_SUB);
    OK (set_str (other, ZMQ_SUBSCRIBE, "We"));
    OK (zmq_connect (other, ep));
    AWAIT (zmq_send (pub, "Wend", 4, 0) == 4 && zmq_send (pub, "Wexx", 4, 0) == 4
           && wait_for (other, ZMQ_POLLIN, 1));
    say_message ("first", other);
    close0 (sub);
    close0 (other);
    close0 (pub);
}

int
main (void)
{
    void *ctx = new_ctx ();
    manual (ctx, "tcp://127.0.0.1:*");
    manual (ctx, "inproc://*");
    welcome (ctx, "tcp://127.0.0.1:*");
    welcome (ctx, "inproc://*");

    /* SUBSCRIBE on an XPUB that is not manual */
    void *pub = new_sock (ctx, ZMQ_XPUB);
    SHOW (set_str (pub, ZMQ_SUBSCRIBE, "x"));
    close0 (pub);

    /* NODROP: a full subscriber makes the send fail, and nobody gets it */
    pub = new_sock (ctx, ZMQ_XPUB);
    void *fast = new_sock (ctx, ZMQ_SUB), *slow = new_sock (ctx, ZMQ_SUB);
    OK (set_int (pub, ZMQ_XPUB_NODROP, 1));
    OK (set_int (pub, ZMQ_SNDHWM, 10));
    OK (set_int (fast, ZMQ_RCVHWM, 100));
    OK (set_int (slow, ZMQ_RCVHWM, 10));
    OK (zmq_bind (pub, "inproc://nodrop"));
    OK (zmq_connect (fast, "inproc://nodrop"));
    OK (zmq_connect (slow, "inproc://nodrop"));
    OK (set_str (fast, ZMQ_SUBSCRIBE, "f"));
    OK (set_str (slow, ZMQ_SUBSCRIBE, "fs"));
    say_message ("seen", pub);
    say_message ("seen", pub);
    int n = fill (pub, "fs", 1000);
    int got = drain (fast, SHORT_WAIT);
    SAY ("taken %d, fast got %d, slow got %d", n, got, drain (slow, SHORT_WAIT));
    SHOW (zmq_send (pub, "f", 1, ZMQ_DONTWAIT));
    close0 (fast);
    close0 (slow);
    close0 (pub);
    /* and without NODROP the slow one just misses */
    pub = new_sock (ctx, ZMQ_XPUB);
    slow = new_sock (ctx, ZMQ_SUB);
    OK (set_int (pub, ZMQ_SNDHWM, 10));
    OK (set_int (slow, ZMQ_RCVHWM, 10));
    OK (zmq_bind (pub, "inproc://drop"));
    OK (zmq_connect (slow, "inproc://drop"));
    OK (set_str (slow, ZMQ_SUBSCRIBE, ""));
    say_message ("seen", pub);
    n = fill (pub, "x", 100);
    SAY ("taken %d, slow got %d", n, drain (slow, SHORT_WAIT));
    close0 (slow);
    close0 (pub);

    /* INVERT_MATCHING on both ends */
    void *sub;
    pub = new_sock (ctx, ZMQ_XPUB);
    sub = new_sock (ctx, ZMQ_SUB);
    OK (set_int (pub, ZMQ_INVERT_MATCHING, 1));
    OK (set_int (sub, ZMQ_INVERT_MATCHING, 1));
    OK (zmq_bind (pub, "inproc://invert"));
    OK (zmq_connect (sub, "inproc://invert"));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "no"));
    say_message ("seen", pub);
    send_str (pub, "no", 0);
    send_str (pub, "nope", 0);
    send_str (pub, "yes", 0);
    send_parts (pub, "n", "two");
    expect (sub, "yes");
    expect (sub, "n", "two");
    quiet (sub);
    close0 (sub);
    close0 (pub);
    term (ctx);
    return 0;
}
