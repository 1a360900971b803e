/* Options of which no other program shows what they do. */
#define ZMQ_BUILD_DRAFT_API
#include "check.h"
#include <dirent.h>

/* The kernel tells the backlog of a listening socket. Its value before it was set: backlog.c. */
static void
backlog (void *ctx)
{
    static const int values[] = {100, 7, 0};
    for (int i = 0; i < 3; i++) {
        char ep[EP_MAX];
        void *s = new_sock (ctx, ZMQ_PULL);
        void *m = mon_open (ctx, s, ZMQ_EVENT_LISTENING);
        OK (set_int (s, ZMQ_BACKLOG, values[i]));
        bind_tcp (s, ep);
        struct tcp_info info;
        socklen_t size = sizeof info;
        OK (getsockopt (mon_expect (m, ZMQ_EVENT_LISTENING).value, IPPROTO_TCP, TCP_INFO, &info, &size));
        SAY ("backlog %d", (int) info.tcpi_sacked);
        mon_close (s, m);
        close0 (s);
    }
}

/* Buffers of the kernel: it doubles what it is given. */
static void
buffers (void *ctx)
{
    void *b, *c;
    char ep[EP_MAX];
    b = new_sock (ctx, ZMQ_PULL);
    c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (c, ZMQ_SNDBUF, 20000));
    OK (set_int (c, ZMQ_RCVBUF, 30000));
    void *m = mon_open (ctx, c, ZMQ_EVENT_CONNECTED);
    bind_tcp (b, ep);
    OK (zmq_connect (c, ep));
    int fd = mon_expect (m, ZMQ_EVENT_CONNECTED).value;
    int v = 0;
    socklen_t size = sizeof v;
    OK (getsockopt (fd, SOL_SOCKET, SO_SNDBUF, &v, &size));
    SAY ("send buffer %d", v);
    OK (getsockopt (fd, SOL_SOCKET, SO_RCVBUF, &v, &size));
    SAY ("receive buffer %d", v);
    mon_close (c, m);
    close0 (c);
    close0 (b);
}

/* A peer whose queue is full does not answer: given up after the time. */
static void
connect_timeout (void *ctx)
{
    char ep[EP_MAX];
    int listener = raw_listen (ep), fds[8];
    OK (listen (listener, 0));
    struct sockaddr_in a = {0};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    a.sin_port = htons ((uint16_t) port_of (ep));
    for (int i = 0; i < 8; i++) {
        fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        OK (fds[i]);
        connect (fds[i], (struct sockaddr *) &a, sizeof a);
    }
    void *s = new_sock (ctx, ZMQ_DEALER);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (set_int (s, ZMQ_CONNECT_TIMEOUT, 100));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    int64_t begun = now_ms ();
    OK (zmq_connect (s, ep));
    for (int i = 0; i < 2; i++) {
        mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
        mon_expect (m, ZMQ_EVENT_CLOSED);
        mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    }
    CHECK (now_ms () - begun >= 190);
    SAY ("an attempt is given up");
    mon_close (s, m);
    close0 (s);
    /* without: it waits */
    s = new_sock (ctx, ZMQ_DEALER);
    m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, ep));
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    CHECK_EQ (mon_next (m, 300).event, -1);
    mon_close (s, m);
    close0 (s);
    for (int i = 0; i < 8; i++)
        close (fds[i]);
    close (listener);
}

/* Not tried again once the peer refused. */
static void
reconnect_stop (void *ctx)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (set_int (s, ZMQ_RECONNECT_STOP, ZMQ_RECONNECT_STOP_CONN_REFUSED));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    OK (zmq_connect (s, "tcp://127.0.0.1:1"));
    mon_expect (m, ZMQ_EVENT_CONNECT_DELAYED);
    mon_expect (m, ZMQ_EVENT_CLOSED);
    CHECK_EQ (mon_next (m, SHORT_WAIT).event, -1);
    SHOW (zmq_disconnect (s, "tcp://127.0.0.1:1"));
    mon_close (s, m);
    close0 (s);
}

/* Properties of the application's own: which are accepted, and what the peer reads. */
static void
metadata (void *ctx)
{
    char ep[EP_MAX];
    void *router = new_sock (ctx, ZMQ_ROUTER), *s = new_sock (ctx, ZMQ_DEALER);
    SHOW (set_str (s, ZMQ_METADATA, "X-one:first"));
    SHOW (set_str (s, ZMQ_METADATA, "X-one:second"));
    SHOW (set_str (s, ZMQ_METADATA, "X-two:with:colon"));
    SHOW (set_str (s, ZMQ_METADATA, "X-:empty name"));
    SHOW (set_str (s, ZMQ_METADATA, "X-none:"));
    SHOW (set_str (s, ZMQ_METADATA, "X-none"));
    SHOW (set_str (s, ZMQ_METADATA, "Y-no:x"));
    SHOW (set_str (s, ZMQ_METADATA, "x-no:x"));
    SHOW (set_str (s, ZMQ_METADATA, "X-:x"));
    SHOW (set_str (s, ZMQ_METADATA, ""));
    bind_tcp (router, ep);
    OK (zmq_connect (s, ep));
    send_str (s, "x", 0);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    static const char *const names[] = {"X-one", "X-two", "X-", "X-none", "x-one"};
    OK (zmq_msg_recv (&m, router, 0));
    for (int i = 0; i < 5; i++) {
        const char *v = zmq_msg_gets (&m, names[i]);
        SAY ("%s: %s", names[i], v ? v : "(nothing)");
    }
    OK (zmq_msg_close (&m));
    close0 (s);
    close0 (router);
}

static void
last_value (void *ctx)
{
    void *pub = new_sock (ctx, ZMQ_XPUB), *a = new_sock (ctx, ZMQ_SUB), *b = new_sock (ctx, ZMQ_SUB);
    OK (set_int (pub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1));
    OK (zmq_bind (pub, "inproc://last-value"));
    OK (zmq_connect (a, "inproc://last-value"));
    OK (zmq_connect (b, "inproc://last-value"));
    OK (set_str (a, ZMQ_SUBSCRIBE, "A"));
    say_message ("subscription", pub);
    OK (set_str (pub, ZMQ_SUBSCRIBE, "A"));
    send_str (pub, "A1", 0);
    SAY ("a %d, b %d", drain (a, SHORT_WAIT), drain (b, SHORT_WAIT));
    OK (set_str (b, ZMQ_SUBSCRIBE, "A"));
    say_message ("subscription", pub);
    OK (set_str (pub, ZMQ_SUBSCRIBE, "A"));
    send_str (pub, "A2", 0);
    SAY ("a %d, b %d", drain (a, SHORT_WAIT), drain (b, SHORT_WAIT));
    send_str (pub, "A3", 0);
    SAY ("a %d, b %d", drain (a, SHORT_WAIT), drain (b, SHORT_WAIT));
    close0 (a);
    close0 (b);
    close0 (pub);
}

static void
only_first (void *ctx)
{
    for (int on = 0; on < 2; on++) {
        void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_XSUB);
        OK (set_int (pub, ZMQ_ONLY_FIRST_SUBSCRIBE, on));
        OK (set_int (sub, ZMQ_ONLY_FIRST_SUBSCRIBE, on));
        bind_to (pub, "inproc://*", (char[EP_MAX]){0});
        char ep[EP_MAX];
        last_endpoint (pub, ep);
        OK (zmq_connect (sub, ep));
        send_parts (sub, "\1A", "\1B", "\2C");
        while (wait_for (pub, ZMQ_POLLIN, SHORT_WAIT))
            say_message (on ? "only the first" : "each frame", pub);
        close0 (sub);
        close0 (pub);
    }
}

/* The threads of the library have names. */
static int
has_thread (const char *name)
{
    DIR *dir = opendir ("/proc/self/task");
    CHECK (dir != NULL);
    int found = 0;
    for (struct dirent *e; (e = readdir (dir)) != NULL;) {
        char path[300], text[64] = "";
        snprintf (path, sizeof path, "/proc/self/task/%.200s/comm", e->d_name);
        FILE *f = fopen (path, "r");
        if (!f)
            continue;
        if (fgets (text, sizeof text, f))
            text[strcspn (text, "\n")] = 0;
        fclose (f);
        found += strcmp (text, name) == 0;
    }
    closedir (dir);
    return found;
}

static void
contexts (void)
{
    void *ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 2));
    void *s = new_sock (ctx, ZMQ_PAIR);
    AWAIT (has_thread ("ZMQbg/IO/0") == 1 && has_thread ("ZMQbg/IO/1") == 1);
    close0 (s);
    term (ctx);
    ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 42));
    s = new_sock (ctx, ZMQ_PAIR);
    AWAIT (has_thread ("42/ZMQbg/IO/0") == 1);
    close0 (s);
    term (ctx);

    /* received with and without a copy */
    static char big[20000], got[20000];
    memset (big, 'b', sizeof big);
    for (int zero_copy = 0; zero_copy < 2; zero_copy++) {
        ctx = new_ctx ();
        SHOW (zmq_ctx_set (ctx, ZMQ_ZERO_COPY_RECV, zero_copy));
        SHOW (zmq_ctx_get (ctx, ZMQ_ZERO_COPY_RECV));
        void *b, *c;
        pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &b, &c);
        for (size_t size = 1; size <= sizeof big; size *= 3) {
            CHECK_EQ (zmq_send (c, big, size, 0), size);
            CHECK_EQ (zmq_recv (b, got, sizeof got, 0), size);
            CHECK (memcmp (big, got, size) == 0);
        }
        close0 (b);
        close0 (c);
        term (ctx);
    }
}

int
main (void)
{
    contexts ();
    void *ctx = new_ctx ();
    void *s = new_sock (ctx, ZMQ_PAIR);
    CHECK_EQ (get_int (s, ZMQ_MECHANISM), ZMQ_NULL);
    CHECK_EQ (get_int (s, ZMQ_IPV4ONLY), 1);
    OK (set_int (s, ZMQ_IPV4ONLY, 0));
    CHECK_EQ (get_int (s, ZMQ_IPV6), 1);
    close0 (s);
    backlog (ctx);
    buffers (ctx);
    connect_timeout (ctx);
    reconnect_stop (ctx);
    metadata (ctx);
    last_value (ctx);
    only_first (ctx);
    term (ctx);
    return 0;
}
