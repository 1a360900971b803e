/* zmq_poll: every kind of item, timeouts, errors. */
#include "check.h"

static void
show_poll (const char *label, zmq_pollitem_t *items, int n, long timeout)
{
    for (int i = 0; i < n; i++)
        items[i].revents = 0x55;
    errno = 0;
    int rc = zmq_poll (items, n, timeout);
    int e = errno;
    printf ("%s: %d", label, rc);
    if (rc == -1)
        printf (" %s", err_name (e));
    else
        for (int i = 0; i < n; i++)
            printf (" %d", items[i].revents);
    putchar ('\n');
}

static void *
later (void *arg)
{
    pause_ms (50);
    send_str (arg, "late", 0);
    return NULL;
}

static void *
write_later (void *arg)
{
    pause_ms (50);
    CHECK_EQ (write (*(int *) arg, "x", 1), 1);
    return NULL;
}

int
main (void)
{
    void *ctx = new_ctx (), *a, *b;
    pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    send_str (b, "sync", 0);
    expect (a, "sync");
    int p[2], q[2];
    OK (pipe (p));
    OK (socketpair (AF_UNIX, SOCK_STREAM, 0, q));

    /* none */
    zmq_pollitem_t none[1] = {{NULL, 0, 0, 0}};
    SHOW (zmq_poll (NULL, 0, 0));
    int64_t t = now_ms ();
    SHOW (zmq_poll (NULL, 0, 60));
    CHECK (now_ms () - t >= 50);
    SHOW (zmq_poll (none, 0, 0));
    SHOW (zmq_poll (none, -1, 0));
    SHOW (zmq_poll (NULL, 1, 0));

    /* one socket */
    zmq_pollitem_t i[4];
    memset (i, 0, sizeof i);
    i[0] = (zmq_pollitem_t){a, 0, ZMQ_POLLIN, 0};
    show_poll ("in, nothing", i, 1, 0);
    t = now_ms ();
    show_poll ("in, nothing, 60 ms", i, 1, 60);
    CHECK (now_ms () - t >= 50);
    i[0].events = ZMQ_POLLOUT;
    show_poll ("out", i, 1, -1);
    i[0].events = ZMQ_POLLIN | ZMQ_POLLOUT;
    show_poll ("in or out", i, 1, -1);
    send_str (b, "x", 0);
    i[0].events = ZMQ_POLLIN;
    show_poll ("in, message", i, 1, LONG_WAIT);
    show_poll ("in, still", i, 1, 0);
    i[0].events = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI;
    show_poll ("all", i, 1, 0);
    i[0].events = 0;
    show_poll ("no events", i, 1, 0);
    i[0].events = ZMQ_POLLERR | ZMQ_POLLPRI;
    show_poll ("err pri", i, 1, 0);
    expect (a, "x");

    /* descriptors */
    i[0] = (zmq_pollitem_t){NULL, p[0], ZMQ_POLLIN, 0};
    show_poll ("empty pipe", i, 1, 0);
    CHECK_EQ (write (p[1], "x", 1), 1);
    show_poll ("pipe with data", i, 1, -1);
    i[0] = (zmq_pollitem_t){NULL, q[0], ZMQ_POLLIN | ZMQ_POLLOUT, 0};
    show_poll ("socketpair", i, 1, -1);
    i[0].events = 0;
    show_poll ("socketpair, no events", i, 1, 0);
    close (q[1]);
    show_poll ("other end closed, no events", i, 1, 0);
    i[0].events = ZMQ_POLLIN;
    show_poll ("other end closed, in", i, 1, -1);
    i[0].fd = -1;
    show_poll ("fd -1", i, 1, 0);
    i[0].fd = 999;
    show_poll ("closed fd", i, 1, 0);

    /* mixed; the socket wins over the fd; duplicates */
    send_str (b, "y", 0);
    CHECK (wait_for (a, ZMQ_POLLIN, LONG_WAIT));
    i[0] = (zmq_pollitem_t){a, p[0], ZMQ_POLLIN, 0};
    i[1] = (zmq_pollitem_t){NULL, p[0], ZMQ_POLLIN, 0};
    i[2] = (zmq_pollitem_t){b, 0, ZMQ_POLLIN, 0};
    i[3] = (zmq_pollitem_t){a, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0};
    show_poll ("mixed", i, 4, -1);
    expect (a, "y");
    show_poll ("mixed, read", i, 4, 0);
    char byte;
    CHECK_EQ (read (p[0], &byte, 1), 1);
    i[3].events = ZMQ_POLLIN;
    show_poll ("mixed, all read", i, 4, 10);

    /* woken while waiting */
    pthread_t th = start (later, b);
    i[0] = (zmq_pollitem_t){a, 0, ZMQ_POLLIN, 0};
    show_poll ("woken by a message", i, 1, -1);
    finish (th);
    expect (a, "late");
    th = start (later, b);
    i[1] = (zmq_pollitem_t){NULL, p[0], ZMQ_POLLIN, 0};
    show_poll ("woken by a message, with an fd", i, 2, LONG_WAIT);
    finish (th);
    expect (a, "late");
    th = start (write_later, &p[1]);
    show_poll ("woken by an fd", i, 2, -1);
    finish (th);
    CHECK_EQ (read (p[0], &byte, 1), 1);

    /* not sockets */
    char garbage[1000];
    memset (garbage, 0, sizeof garbage);
    i[0] = (zmq_pollitem_t){garbage, 0, ZMQ_POLLIN, 0};
    show_poll ("not a socket", i, 1, 0);
    i[1] = (zmq_pollitem_t){a, 0, ZMQ_POLLOUT, 0};
    zmq_pollitem_t swapped[2] = {i[1], i[0]};
    errno = 0;
    SHOW (zmq_poll (swapped, 2, 0));

    /* many sockets, one with a message */
    void *s[100];
    zmq_pollitem_t many[100];
    for (int k = 0; k < 100; k++) {
        char ep[32];
        snprintf (ep, sizeof ep, "inproc://many-%d", k);
        s[k] = new_sock (ctx, ZMQ_PULL);
        OK (zmq_bind (s[k], ep));
        many[k] = (zmq_pollitem_t){s[k], 0, ZMQ_POLLIN, 0};
    }
    void *push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, "inproc://many-77"));
    send_str (push, "z", 0);
    SHOW (zmq_poll (many, 100, LONG_WAIT));
    for (int k = 0; k < 100; k++) {
        if (many[k].revents)
            SAY ("ready: %d", k);
        close0 (s[k]);
    }
    close0 (push);

    /* the flags of every type, alone */
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *x = new_sock (ctx, type);
        i[0] = (zmq_pollitem_t){x, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0};
        printf ("type %d alone: events %d, ", type, events (x));
        show_poll ("poll", i, 1, 0);
        close0 (x);
    }
    close0 (a);
    close0 (b);
    term (ctx);
    for (int k = 0; k < 2; k++) {
        close (p[k]);
        close (q[k]);
    }
    return 0;
}
