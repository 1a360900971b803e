/* A message that is sent after the peer has closed waits for the next
   connection, however soon after the last answer it is sent. */
#include "check.h"

#define ROUNDS 40
/* A thread of the library may have been stopped in the midst of writing, and
   write a message before anybody looks: seldom. */
#define MOST_LOST (ROUNDS / 20)

/* A message that has not come after so many milliseconds is lost. */
#define LOST_WAIT 1000

static char ep[EP_MAX];

static void
pause_us (int us)
{
    int64_t until = 0;
    struct timespec t;
    do {
        clock_gettime (CLOCK_MONOTONIC, &t);
        int64_t now = (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
        if (!until)
            until = now + us;
        if (now >= until)
            return;
    } while (1);
}

static int
accept_peer (int listener, const char *type)
{
    int fd = raw_accept (listener);
    z_handshake (fd, 1, type, "");
    return fd;
}

/* Asks, and is answered by a server that closes at once. */
static void
requests (void *ctx, int type, int us)
{
    int listener = raw_listen (ep), is_req = type == ZMQ_REQ, lost = 0;
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 1));
    OK (zmq_connect (s, ep));
    if (is_req) {
        OK (set_int (s, ZMQ_REQ_RELAXED, 1));
        OK (set_int (s, ZMQ_REQ_CORRELATE, 0));
    }
    for (int i = 0; i < ROUNDS; i++) {
        char text[16];
        snprintf (text, sizeof text, "message %d", i);
        send_str (s, text, 0);
        int fd = accept_peer (listener, is_req ? "REP" : "ROUTER");
        if (!raw_wait (fd, POLLIN, LOST_WAIT)) {
            CHECK (++lost <= MOST_LOST);
            send_str (s, text, 0);
        }
        if (is_req)
            z_expect_str (fd, Z_MORE, "");
        z_expect_str (fd, 0, text);
        if (is_req)
            z_send_str (fd, Z_MORE, "");
        z_send_str (fd, 0, text);
        close (fd);
        expect (s, text);
        pause_us (us);
    }
    SAY ("%s after %d us: arrived", is_req ? "REQ" : "DEALER", us);
    close0 (s);
    close (listener);
}

/* Unread messages that the server sent before it closed arrive too. */
static void
last_words (void *ctx, size_t size)
{
    int listener = raw_listen (ep), lost = 0;
    char *body = calloc (1, size), word[16];
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 1));
    OK (zmq_connect (s, ep));
    int fd = accept_peer (listener, "DEALER");
    for (int i = 0; i < ROUNDS; i++) {
        z_send_str (fd, 0, "first");
        expect (s, "first");
        snprintf (word, sizeof word, "word %d", i);
        z_send_str (fd, 0, word);
        close (fd);
        pause_us (200);
        CHECK_EQ (zmq_send (s, body, size, 0), (int) size);
        expect (s, word);
        fd = accept_peer (listener, "DEALER");
        if (!raw_wait (fd, POLLIN, LOST_WAIT)) {
            CHECK (++lost <= MOST_LOST);
            continue;
        }
        z_frame *f = z_recv (fd);
        CHECK (f->flags == (size > 255 ? Z_LARGE : 0) && f->size == size);
    }
    SAY ("a message of %zu bytes waits, and the last words arrive", size);
    close (fd);
    close0 (s);
    close (listener);
    free (body);
}

int
main (void)
{
    void *ctx = new_ctx ();
    for (int us = 200; us <= 2000; us += 900) {
        requests (ctx, ZMQ_REQ, us);
        requests (ctx, ZMQ_DEALER, us);
    }
    last_words (ctx, 10);
    last_words (ctx, 40000);
    term (ctx);
    return 0;
}
