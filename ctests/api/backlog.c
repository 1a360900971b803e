/* The queue of a listener is as long as the system allows, unless ZMQ_BACKLOG was set, which reads 100 as ever:
   many clients that connect at once are let in without a second try. Ours only: the original asks for 100. */
#include "check.h"

static int asked;

int
listen (int fd, int backlog)
{
    asked = backlog;
    return ((int (*) (int, int)) dlsym (RTLD_NEXT, "listen")) (fd, backlog);
}

static void
over (void *ctx, const char *wildcard)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    CHECK_EQ (get_int (s, ZMQ_BACKLOG), 100);
    bind_to (s, wildcard, ep);
    CHECK (asked >= 65535);
    OK (set_int (s, ZMQ_BACKLOG, 100));
    CHECK_EQ (get_int (s, ZMQ_BACKLOG), 100);
    bind_to (s, wildcard, ep);
    CHECK_EQ (asked, 100);
    OK (set_int (s, ZMQ_BACKLOG, 0));
    bind_to (s, wildcard, ep);
    CHECK_EQ (asked, 0);
    close0 (s);
}

/* Clients that connect while nobody accepts. */
static void
crowd (void)
{
    enum { MANY = 600 };
    FILE *f = fopen ("/proc/sys/net/core/somaxconn", "r");
    int most = 0, fds[MANY];
    if (!f || fscanf (f, "%d", &most) != 1 || most < MANY)
        most = 0;
    if (f)
        fclose (f);
    struct rlimit limit;
    OK (getrlimit (RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    OK (setrlimit (RLIMIT_NOFILE, &limit));
    if (!most || limit.rlim_cur < 2 * MANY + 100)
        return;
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL), *m = mon_open (ctx, s, ZMQ_EVENT_ACCEPTED);
    bind_tcp (s, ep);
    for (int i = 0; i < MANY; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons ((uint16_t) port_of (ep))};
        a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
        fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        CHECK (fds[i] != -1);
        CHECK (connect (fds[i], (struct sockaddr *) &a, sizeof a) == 0 || errno == EINPROGRESS);
    }
    for (int i = 0; i < MANY; i++)
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
    for (int i = 0; i < MANY; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        OK (getsockopt (fds[i], IPPROTO_TCP, TCP_INFO, &info, &size));
        CHECK_EQ (info.tcpi_total_retrans, 0);
        close (fds[i]);
    }
    mon_close (s, m);
    close0 (s);
    term (ctx);
}

int
main (void)
{
    void *ctx = new_ctx ();
    over (ctx, "tcp://127.0.0.1:*");
    over (ctx, "ipc://*");
    if (zmq_has ("WS"))
        over (ctx, "ws://127.0.0.1:*");
    term (ctx);
    crowd ();
    return 0;
}
