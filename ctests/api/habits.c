/* Small things that programs have come to rely on, each too small for a
   program of its own. */
#include "check.h"
#include <limits.h>
#include <sys/mman.h>

/* Sizes are told as int: a larger size is told as the largest int. */
static void
huge (void *ctx)
{
    size_t size = (size_t) INT_MAX + 4096;
    void *data = mmap (NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK (data != MAP_FAILED);
    void *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://huge"));
    OK (zmq_connect (b, "inproc://huge"));
    zmq_msg_t m;
    OK (zmq_msg_init_data (&m, data, size, NULL, NULL));
    CHECK_EQ (zmq_msg_send (&m, b, 0), INT_MAX);
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, a, 0), INT_MAX);
    CHECK (zmq_msg_size (&m) == size);
    OK (zmq_msg_close (&m));
    close0 (a);
    close0 (b);
    OK (munmap (data, size));
    SAY ("a huge message");
}

/* ZMQ_MAX_MSGSZ is kept and told, and limits nothing. */
static void
largest (void)
{
    char body[100] = {0};
    void *ctx = new_ctx (), *a, *b;
    OK (zmq_ctx_set (ctx, ZMQ_MAX_MSGSZ, 10));
    pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &a, &b);
    CHECK_EQ (zmq_send (b, body, sizeof body, 0), sizeof body);
    CHECK_EQ (zmq_recv (a, body, sizeof body, 0), sizeof body);
    close0 (a);
    close0 (b);
    term (ctx);
    SAY ("no limit");
}

/* Ids may begin with a zero byte, whatever the manual says. */
static void
zero_id (void *ctx)
{
    char ep[EP_MAX];
    void *router = new_sock (ctx, ZMQ_ROUTER), *dealer = new_sock (ctx, ZMQ_DEALER);
    SHOW (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "\0id", 3));
    bind_tcp (router, ep);
    OK (zmq_connect (dealer, ep));
    send_str (dealer, "x", 0);
    say_message ("zero id", router);
    close0 (dealer);
    close0 (router);
}

/* A REQ whose peer went waits for ever, and polls as neither. */
static void
stuck (void *ctx)
{
    void *req = new_sock (ctx, ZMQ_REQ), *rep = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (rep, "inproc://stuck"));
    OK (zmq_connect (req, "inproc://stuck"));
    send_str (req, "x", 0);
    expect (rep, "x");
    close0 (rep);
    CHECK_EQ (wait_for (req, ZMQ_POLLIN | ZMQ_POLLOUT, SHORT_WAIT), 0);
    CHECK_ERRNO (zmq_send (req, "y", 1, ZMQ_DONTWAIT), EFSM);
    CHECK_ERRNO (zmq_recv (req, NULL, 0, ZMQ_DONTWAIT), EAGAIN);
    close0 (req);
    SAY ("a stuck REQ");
}

/* Messages that wait for a peer of a bound socket go with the peer. */
static void
gone_with_the_peer (void *ctx)
{
    char ep[EP_MAX];
    static char body[1 << 20];
    void *push = new_sock (ctx, ZMQ_PUSH), *first = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, push, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    bind_tcp (push, ep);
    OK (set_int (first, ZMQ_RCVHWM, 1));
    OK (zmq_connect (first, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    /* more than the system takes: some wait here */
    for (int i = 0; i < 50; i++)
        CHECK_EQ (zmq_send (push, body, sizeof body, 0), sizeof body);
    close0 (first);
    AWAIT (events (push) != -1 && mon_next (m, 20).event == ZMQ_EVENT_DISCONNECTED);
    void *second = new_sock (ctx, ZMQ_PULL);
    OK (zmq_connect (second, ep));
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    /* the first may still go to the peer that is leaving */
    do
        send_str (push, "new", 0);
    while (!wait_for (second, ZMQ_POLLIN, SHORT_WAIT));
    expect (second, "new");
    mon_close (push, m);
    close0 (second);
    close0 (push);
    SAY ("gone with the peer");
}

/* 0 is no limit on a handshake. */
static void
patient (void *ctx)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_LISTENING);
    OK (set_int (s, ZMQ_HANDSHAKE_IVL, 0));
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    mon_expect (m, ZMQ_EVENT_ACCEPTED);
    CHECK_EQ (mon_next (m, 2 * SHORT_WAIT).event, -1);
    z_handshake (fd, 1, "PUSH", NULL);
    mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (fd);
    mon_close (s, m);
    close0 (s);
    SAY ("no time limit");
}

/* Version 1 of an event: 16 bits, 32 bits, in the order of the machine, and
   the address in a frame of its own. */
static void
layout (void *ctx)
{
    char ep[EP_MAX], address[EP_MAX];
    unsigned char head[16], want[2];
    uint16_t number = ZMQ_EVENT_LISTENING;
    void *s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_LISTENING);
    bind_tcp (s, ep);
    CHECK_EQ (zmq_recv (m, head, sizeof head, 0), 6);
    memcpy (want, &number, 2);
    CHECK (memcmp (head, want, 2) == 0 && rcvmore (m) == 1);
    int n = zmq_recv (m, address, sizeof address, 0);
    CHECK (n == (int) strlen (ep) && memcmp (address, ep, (size_t) n) == 0 && rcvmore (m) == 0);
    mon_close (s, m);
    close0 (s);
    SAY ("6 bytes and an address");
}

int
main (void)
{
    void *ctx = new_ctx ();
    huge (ctx);
    largest ();
    zero_id (ctx);
    stuck (ctx);
    gone_with_the_peer (ctx);
    patient (ctx);
    layout (ctx);
    term (ctx);
    return 0;
}
