/* Rows of short messages to many subscribers that want everything, near and far, and what may change in the
   middle of them: sizes, parts, topics, subscribers that come, go, or do not read; the end of the publisher. */
#include "check.h"

enum { MANY = 9, SIZE_MAX_ = 1000 };

static char buffer[SIZE_MAX_];

static size_t
size_of (int number)
{
    return number % 97 == 96 ? SIZE_MAX_ : number % 31 == 30 ? 256 : 4 + number % 60;
}

static void
publish (void *p, int from, int to)
{
    for (int number = from; number < to; number++) {
        memcpy (buffer, &number, sizeof number);
        if (number % 53 == 52)
            CHECK_EQ (zmq_send (p, "", 0, ZMQ_SNDMORE), 0);
        CHECK_EQ (zmq_send (p, buffer, size_of (number), 0), size_of (number));
    }
}

static void
read_to (void *s, int from, int to)
{
    for (int number = from; number < to; number++) {
        if (number % 53 == 52) {
            CHECK_EQ (zmq_recv (s, buffer, sizeof buffer, 0), 0);
            CHECK (rcvmore (s));
        }
        CHECK_EQ (zmq_recv (s, buffer, sizeof buffer, 0), size_of (number));
        CHECK (!rcvmore (s));
        CHECK (memcmp (buffer, &number, sizeof number) == 0);
    }
}

/* A subscriber to everything, with no limit to what waits for it. */
static void *
subscriber (void *ctx, void *p, const char *ep)
{
    char topic[8];
    void *s = new_sock (ctx, ZMQ_SUB);
    OK (set_int (s, ZMQ_RCVHWM, 0));
    OK (zmq_connect (s, ep));
    OK (set_str (s, ZMQ_SUBSCRIBE, ""));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 1);
    return s;
}

static void *
publisher (void *ctx)
{
    void *p = new_sock (ctx, ZMQ_XPUB);
    OK (set_int (p, ZMQ_XPUB_VERBOSE, 1));
    OK (set_int (p, ZMQ_SNDHWM, 0));
    return p;
}

static void
rows (void *ctx)
{
    char ep[3][EP_MAX], topic[8];
    void *p = publisher (ctx), *s[MANY];
    bind_to (p, "tcp://127.0.0.1:*", ep[0]);
    bind_to (p, "ipc://*", ep[1]);
    bind_to (p, "inproc://*", ep[2]);
    for (int i = 0; i < MANY; i++)
        s[i] = subscriber (ctx, p, ep[i % 3]);
    publish (p, 0, 3000);
    for (int i = 0; i < MANY; i++)
        read_to (s[i], 0, 3000);
    /* the last message comes although the publisher rests */
    for (int number = 3000; number < 3300; number += 30) {
        publish (p, number, number + 30);
        for (int i = 0; i < MANY; i++)
            read_to (s[i], number, number + 30);
    }
    /* one more topic, which changes nothing; one more subscriber, one less */
    publish (p, 3300, 3350);
    OK (set_str (s[0], ZMQ_SUBSCRIBE, "topic"));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 6);
    publish (p, 3350, 3400);
    OK (set_str (s[0], ZMQ_UNSUBSCRIBE, "topic"));
    CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 6);
    publish (p, 3400, 3450);
    void *late = subscriber (ctx, p, ep[0]);
    publish (p, 3450, 3500);
    close0 (s[1]);
    publish (p, 3500, 4000);
    read_to (late, 3450, 4000);
    for (int i = 0; i < MANY; i++)
        if (i != 1)
            read_to (s[i], 3300, 4000);
    for (int i = 0; i < MANY; i++)
        if (i != 1)
            close0 (s[i]);
    close0 (late);
    close0 (p);
}

/* Everything goes out although the publisher is closed right after it. */
static void
last_words (void *ctx)
{
    char ep[EP_MAX];
    void *there = new_ctx (), *p = publisher (there), *s[MANY];
    bind_tcp (p, ep);
    for (int i = 0; i < MANY; i++)
        s[i] = subscriber (ctx, p, ep);
    publish (p, 0, 500);
    OK (set_int (p, ZMQ_LINGER, -1));
    OK (zmq_close (p));
    OK (zmq_ctx_term (there));
    for (int i = 0; i < MANY; i++) {
        read_to (s[i], 0, 500);
        close0 (s[i]);
    }
}

/* A subscriber that does not read misses the messages beyond the marks; the others do not. */
static void
one_does_not_read (void *ctx)
{
    char ep[EP_MAX];
    void *p = publisher (ctx), *s[MANY];
    OK (set_int (p, ZMQ_SNDHWM, 50));
    bind_to (p, "inproc://*", ep);
    for (int i = 0; i < MANY; i++) {
        char topic[8];
        s[i] = new_sock (ctx, ZMQ_SUB);
        OK (set_int (s[i], ZMQ_RCVHWM, 50));
        OK (zmq_connect (s[i], ep));
        OK (set_str (s[i], ZMQ_SUBSCRIBE, ""));
        CHECK_EQ (zmq_recv (p, topic, sizeof topic, 0), 1);
    }
    for (int number = 0; number < 400; number += 25) {
        /* makes the original look for the room that there is */
        events (p);
        publish (p, number, number + 25);
        for (int i = 1; i < MANY; i++)
            read_to (s[i], number, number + 25);
    }
    read_to (s[0], 0, 100);
    quiet (s[0]);
    OK (set_int (p, ZMQ_XPUB_NODROP, 1));
    publish (p, 400, 500);
    CHECK_ERRNO (zmq_send (p, "full", 4, ZMQ_DONTWAIT), EAGAIN);
    for (int i = 1; i < MANY; i++)
        read_to (s[i], 400, 500);
    CHECK_ERRNO (zmq_send (p, "full", 4, ZMQ_DONTWAIT), EAGAIN);
    read_to (s[0], 400, 500);
    AWAIT (zmq_send (p, "room", 4, ZMQ_DONTWAIT) == 4);
    for (int i = 0; i < MANY; i++) {
        expect (s[i], "room");
        close0 (s[i]);
    }
    close0 (p);
}

int
main (void)
{
    void *ctx = new_ctx ();
    rows (ctx);
    last_words (ctx);
    one_does_not_read (ctx);
    term (ctx);
    return 0;
}
