/* The descriptor of a socket in somebody else's event loop: it becomes
   readable when something changed; then ZMQ_EVENTS says what, and is asked
   until nothing of interest is left. */
#include "check.h"

static int
fd_of (void *s)
{
    return get_int (s, ZMQ_FD);
}

/* Waits with epoll, edge triggered, until ZMQ_EVENTS shows `want`. */
static void
loop_until (int ep, void *s, int want)
{
    for (int64_t end = now_ms () + LONG_WAIT; !(events (s) & want);) {
        struct epoll_event e;
        CHECK (now_ms () < end);
        CHECK (epoll_wait (ep, &e, 1, (int) (end - now_ms ())) == 1 || errno == EINTR);
    }
}

static void *
send_all (void *arg)
{
    for (int i = 0; i < 5000; i++)
        send_str (arg, "x", 0);
    return NULL;
}

static void
dance (void *ctx, const char *wildcard, unsigned how)
{
    char at[EP_MAX];
    void *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (pull, ZMQ_RCVHWM, 50));
    OK (set_int (push, ZMQ_SNDHWM, 50));
    bind_to (pull, wildcard, at);
    OK (zmq_connect (push, at));
    int ep = epoll_create1 (EPOLL_CLOEXEC);
    OK (ep);
    struct epoll_event e = {.events = EPOLLIN | how};
    OK (epoll_ctl (ep, EPOLL_CTL_ADD, fd_of (pull), &e));
    pthread_t t = start (send_all, push);
    int n = 0;
    while (n < 5000) {
        loop_until (ep, pull, ZMQ_POLLIN);
        while (events (pull) & ZMQ_POLLIN) {
            char buf[4];
            CHECK_EQ (zmq_recv (pull, buf, 4, ZMQ_DONTWAIT), 1);
            n++;
        }
    }
    finish (t);
    CHECK_EQ (events (pull) & ZMQ_POLLIN, 0);
    SAY ("%.6s %s: %d", wildcard, how ? "edge" : "level", n);
    close (ep);
    close0 (push);
    close0 (pull);
}

static void *
reader (void *arg)
{
    for (int i = 0; i < 2000; i++) {
        char buf[4];
        CHECK_EQ (zmq_recv (arg, buf, 4, 0), 1);
    }
    return NULL;
}

int
main (void)
{
    void *ctx = new_ctx ();
    static const char *const wild[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    for (int i = 0; i < 3; i++) {
        dance (ctx, wild[i], EPOLLET);
        dance (ctx, wild[i], 0);
    }
    /* the writer's side: waits for POLLOUT by the descriptor */
    for (int i = 0; i < 3; i++) {
        char at[EP_MAX];
        void *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
        OK (set_int (pull, ZMQ_RCVHWM, 10));
        OK (set_int (push, ZMQ_SNDHWM, 10));
        bind_to (pull, wild[i], at);
        OK (zmq_connect (push, at));
        int ep = epoll_create1 (EPOLL_CLOEXEC);
        struct epoll_event e = {.events = EPOLLIN | EPOLLET};
        OK (epoll_ctl (ep, EPOLL_CTL_ADD, fd_of (push), &e));
        pthread_t t = start (reader, pull);
        int n = 0;
        while (n < 2000) {
            loop_until (ep, push, ZMQ_POLLOUT);
            while (n < 2000 && zmq_send (push, "x", 1, ZMQ_DONTWAIT) == 1)
                n++;
        }
        finish (t);
        SAY ("%.6s written by events", wild[i]);
        close (ep);
        close0 (push);
        close0 (pull);
    }
    /* the descriptor stays for the life of the socket, and is readable
       right after something happened, until the events were asked for */
    void *a, *b;
    pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    int fd = fd_of (a);
    CHECK_EQ (fd, fd_of (a));
    send_str (b, "1", 0);
    CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
    while (!(events (a) & ZMQ_POLLIN))
        CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
    expect (a, "1");
    events (a);
    CHECK_EQ (raw_wait (fd, POLLIN, SHORT_WAIT), 0);
    /* each event makes it readable again */
    for (int i = 0; i < 20; i++) {
        send_str (b, "2", 0);
        CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
        while (!(events (a) & ZMQ_POLLIN))
            CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
        expect (a, "2");
        while (events (a) & ZMQ_POLLIN)
            ;
    }
    /* termination makes it readable, and then says ETERM */
    OK (zmq_ctx_shutdown (ctx));
    CHECK (raw_wait (fd, POLLIN, LONG_WAIT));
    int v;
    size_t size = sizeof v;
    CHECK_ERRNO (zmq_getsockopt (a, ZMQ_EVENTS, &v, &size), ETERM);
    OK (zmq_close (a));
    OK (zmq_close (b));
    term (ctx);
    return 0;
}
