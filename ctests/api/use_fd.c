/* ZMQ_USE_FD: a listening descriptor made by the program (as a service manager
   does) instead of one made by bind. */
#include "check.h"

static void
talk (void *bound, void *ctx, const char *to)
{
    void *c = new_sock (ctx, ZMQ_REQ);
    OK (zmq_connect (c, to));
    send_str (c, "q", 0);
    expect (bound, "q");
    send_str (bound, "a", 0);
    expect (c, "a");
    close0 (c);
}

int
main (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_REP);
    char ep[EP_MAX], last[EP_MAX], dir[EP_MAX], path[EP_MAX + 16];
    SAY ("default %d", get_int (s, ZMQ_USE_FD));
    int fd = raw_listen (ep);
    OK (set_int (s, ZMQ_USE_FD, fd));
    CHECK_EQ (get_int (s, ZMQ_USE_FD), fd);
    /* the address given does not matter */
    OK (zmq_bind (s, "tcp://127.0.0.1:*"));
    last_endpoint (s, last);
    CHECK_STR (last, ep);
    talk (s, ctx, ep);
    talk (s, ctx, ep);
    SHOW_AS ("unbind", zmq_unbind (s, last));
    close0 (s);

    make_dir (dir);
    snprintf (path, sizeof path, "ipc://%s/s", dir);
    struct sockaddr_un a;
    memset (&a, 0, sizeof a);
    a.sun_family = AF_UNIX;
    CHECK (strlen (path + 6) < sizeof a.sun_path);
    strcpy (a.sun_path, path + 6);
    fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK (bind (fd, (struct sockaddr *) &a, sizeof a));
    OK (listen (fd, 8));
    s = new_sock (ctx, ZMQ_REP);
    OK (set_int (s, ZMQ_USE_FD, fd));
    OK (zmq_bind (s, path));
    last_endpoint (s, last);
    CHECK_STR (last, path);
    talk (s, ctx, path);
    close0 (s);
    s = new_sock (ctx, ZMQ_REP);
    SHOW_AS ("set_int (s, ZMQ_USE_FD, -2)", set_int (s, ZMQ_USE_FD, -2));
    close0 (s);
    term (ctx);
    remove_dir (dir);
    return 0;
}
