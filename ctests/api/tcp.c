/* tcp: wildcards, names, source address, IPv6, several endpoints, ports free
   again after unbind and close, socket options that reach the kernel. */
#include "check.h"

static void
talk (void *a, void *b)
{
    send_str (a, "there", 0);
    expect (b, "there");
    send_str (b, "and back", 0);
    expect (a, "and back");
}

static void
reaches (void *ctx, const char *wildcard, const char *pattern, int v6)
{
    char ep[EP_MAX], to[EP_MAX];
    void *a = new_sock (ctx, ZMQ_PAIR), *b = new_sock (ctx, ZMQ_PAIR);
    OK (set_int (a, ZMQ_IPV6, v6));
    OK (set_int (b, ZMQ_IPV6, v6));
    bind_to (a, wildcard, ep);
    snprintf (to, sizeof to, pattern, port_of (ep));
    OK (zmq_connect (b, to));
    talk (b, a);
    SAY ("%s reached by %s", wildcard, pattern);
    close0 (a);
    close0 (b);
}

static int
have_ipv6 (void)
{
    struct sockaddr_in6 a = {0};
    a.sin6_family = AF_INET6;
    a.sin6_addr = in6addr_loopback;
    int fd = socket (AF_INET6, SOCK_STREAM, 0);
    int ok = fd != -1 && bind (fd, (struct sockaddr *) &a, sizeof a) == 0;
    if (fd != -1)
        close (fd);
    return ok;
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX], ep2[EP_MAX];
    reaches (ctx, "tcp://127.0.0.1:*", "tcp://127.0.0.1:%d", 0);
    reaches (ctx, "tcp://127.0.0.1:*", "tcp://localhost:%d", 0);
    reaches (ctx, "tcp://*:*", "tcp://127.0.0.1:%d", 0);
    reaches (ctx, "tcp://*:0", "tcp://127.0.0.1:%d", 0);
    reaches (ctx, "tcp://lo:*", "tcp://127.0.0.1:%d", 0);
    reaches (ctx, "tcp://127.0.0.1:*", "tcp://127.0.0.1:0;127.0.0.1:%d", 0);
    reaches (ctx, "tcp://127.0.0.1:*", "tcp://lo:0;127.0.0.1:%d", 0);
    reaches (ctx, "tcp://127.0.0.1:*", "tcp://127.0.0.1:0;localhost:%d", 0);
    if (have_ipv6 ()) {
        reaches (ctx, "tcp://[::1]:*", "tcp://[::1]:%d", 1);
        reaches (ctx, "tcp://*:*", "tcp://[::1]:%d", 1);
        reaches (ctx, "tcp://*:*", "tcp://127.0.0.1:%d", 1);
        reaches (ctx, "tcp://[::]:*", "tcp://[::1]:%d", 1);
        reaches (ctx, "tcp://[::1]:*", "tcp://[::1%%1]:%d", 1);
        void *s = new_sock (ctx, ZMQ_PAIR);
        SHOW (zmq_bind (s, "tcp://[::1]:*"));
        OK (set_int (s, ZMQ_IPV6, 1));
        bind_to (s, "tcp://*:*", ep);
        SAY ("v6 wildcard starts with [::]: %d", strncmp (ep, "tcp://[::]:", 11) == 0);
        SAY ("unbind: %d", zmq_unbind (s, ep));
        bind_to (s, "tcp://[::1]:*", ep);
        SAY ("v6 address kept: %d", strncmp (ep, "tcp://[::1]:", 12) == 0);
        SHOW (zmq_bind (s, "tcp://[::1%]:*"));
        SHOW (zmq_bind (s, "tcp://[::1%nosuch]:*"));
        close0 (s);
    } else
        SAY ("no IPv6 here");

    /* several endpoints on one socket, of several transports */
    void *server = new_sock (ctx, ZMQ_ROUTER), *c[4];
    static const char *const wild[] = {"tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "ipc://*", "inproc://*"};
    for (int i = 0; i < 4; i++) {
        bind_to (server, wild[i], ep);
        c[i] = new_sock (ctx, ZMQ_DEALER);
        OK (zmq_connect (c[i], ep));
        send_str (c[i], "hello", 0);
    }
    for (int i = 0; i < 4; i++) {
        char id[8];
        int n = zmq_recv (server, id, sizeof id, 0);
        CHECK_EQ (n, 5);
        expect (server, "hello");
        CHECK_EQ (zmq_send (server, id, (size_t) n, ZMQ_SNDMORE), n);
        send_str (server, "you", 0);
    }
    for (int i = 0; i < 4; i++) {
        expect (c[i], "you");
        close0 (c[i]);
    }
    close0 (server);

    /* one port on two addresses; LAST_ENDPOINT is the last one */
    server = new_sock (ctx, ZMQ_PULL);
    bind_to (server, "tcp://127.0.0.1:*", ep);
    snprintf (ep2, sizeof ep2, "tcp://127.0.0.2:%d", port_of (ep));
    int rc = zmq_bind (server, ep2);
    if (rc == 0) {
        char last[EP_MAX];
        last_endpoint (server, last);
        CHECK_STR (last, ep2);
        CHECK_EQ (zmq_unbind (server, ep2), 0);
    }
    CHECK_EQ (zmq_unbind (server, ep), 0);
    close0 (server);

    /* a port is free again a moment after unbind, and after close */
    for (int how = 0; how < 2; how++) {
        server = new_sock (ctx, ZMQ_PULL);
        bind_tcp (server, ep);
        void *push = new_sock (ctx, ZMQ_PUSH);
        OK (zmq_connect (push, ep));
        send_str (push, "x", 0);
        expect (server, "x");
        if (how == 0)
            OK (zmq_unbind (server, ep));
        else
            close0 (server);
        void *next = new_sock (ctx, ZMQ_PULL);
        AWAIT (zmq_bind (next, ep) == 0);
        /* messages that still go to the old connection are lost; that one ends when
           its socket is called */
        AWAIT ((how == 1 || events (server) >= 0) && zmq_send (push, "y", 1, 0) == 1 && wait_for (next, ZMQ_POLLIN, 20));
        expect (next, "y");
        SAY ("port free again after %s", how ? "close" : "unbind");
        close0 (push);
        close0 (next);
        if (how == 0)
            close0 (server);
    }
    /* unbind ends the accepted connections; messages that had come stay readable */
    server = new_sock (ctx, ZMQ_PULL);
    bind_tcp (server, ep);
    void *push = new_sock (ctx, ZMQ_PUSH);
    void *m = mon_open (ctx, push, ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (push, ep));
    send_str (push, "one", 0);
    send_str (push, "two", 0);
    expect (server, "one");
    CHECK (wait_for (server, ZMQ_POLLIN, LONG_WAIT));
    OK (zmq_unbind (server, ep));
    expect (server, "two");
    AWAIT (events (server) == 0 && mon_next (m, 20).event == ZMQ_EVENT_DISCONNECTED);
    quiet (server);
    mon_close (push, m);
    close0 (push);
    close0 (server);

    /* disconnect: messages queued to send still go, with linger */
    server = new_sock (ctx, ZMQ_PULL);
    bind_tcp (server, ep);
    push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, ep));
    for (int i = 0; i < 100; i++)
        send_str (push, "queued", 0);
    OK (zmq_disconnect (push, ep));
    SHOW (zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    take (server, 100);
    quiet (server);
    close0 (push);
    close0 (server);

    /* accept filters: a stranger is turned away */
    server = new_sock (ctx, ZMQ_PULL);
    OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24"));
    bind_tcp (server, ep);
    int fd = raw_connect (ep);
    SAY ("filtered: closed %d", raw_closed (fd, LONG_WAIT));
    close (fd);
    close0 (server);
    server = new_sock (ctx, ZMQ_PULL);
    OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24"));
    OK (set_str (server, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.0/8"));
    bind_tcp (server, ep);
    push = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (push, ep));
    send_str (push, "let in", 0);
    expect (server, "let in");
    close0 (push);
    close0 (server);

    /* options that are seen on the kernel's socket */
    server = new_sock (ctx, ZMQ_PULL);
    push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (server, ZMQ_TCP_KEEPALIVE, 1));
    OK (set_int (server, ZMQ_TCP_KEEPALIVE_IDLE, 77));
    OK (set_int (server, ZMQ_TCP_KEEPALIVE_CNT, 5));
    OK (set_int (server, ZMQ_TCP_KEEPALIVE_INTVL, 9));
    OK (set_int (server, ZMQ_TOS, 0x28));
    OK (set_int (server, ZMQ_TCP_MAXRT, 12345));
    bind_tcp (server, ep);
    OK (zmq_connect (push, ep));
    send_str (push, "x", 0);
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    OK (zmq_msg_recv (&msg, server, 0));
    fd = zmq_msg_get (&msg, ZMQ_SRCFD);
    CHECK (fd >= 0);
    static const int asked[][2] = {{SOL_SOCKET, SO_KEEPALIVE}, {IPPROTO_TCP, TCP_KEEPIDLE},
                                   {IPPROTO_TCP, TCP_KEEPCNT}, {IPPROTO_TCP, TCP_KEEPINTVL},
                                   {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_IP, IP_TOS},
                                   {IPPROTO_TCP, TCP_USER_TIMEOUT}};
    for (int i = 0; i < 7; i++) {
        int v = -1;
        socklen_t size = sizeof v;
        OK (getsockopt (fd, asked[i][0], asked[i][1], &v, &size));
        SAY ("kernel option %d: %d", i, v);
    }
    SAY ("close on exec %d, non-blocking %d", fcntl (fd, F_GETFD) & FD_CLOEXEC,
         !!(fcntl (fd, F_GETFL) & O_NONBLOCK));
    OK (zmq_msg_close (&msg));
    close0 (push);
    close0 (server);
    term (ctx);
    return 0;
}
