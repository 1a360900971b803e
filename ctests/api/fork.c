/* fork: the child closes what it inherited, ends the inherited context, makes
   one of its own and talks to the parent, who notices nothing. */
#include "check.h"

static void
child (void *ctx, void *socket, void *client, const char *ep)
{
    OK (zmq_close (socket));
    OK (zmq_close (client));
    /* returns; whether with 0 or EINTR is not promised */
    zmq_ctx_term (ctx);
    ctx = new_ctx ();
    void *s = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (s, ep));
    send_str (s, "from the child", 0);
    OK (zmq_close (s));
    term (ctx);
    _exit (7);
}

int
main (void)
{
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    char ep[EP_MAX];
    bind_tcp (pull, ep);
    OK (zmq_connect (push, ep));
    send_str (push, "before", 0);
    expect (pull, "before");
    for (int i = 0; i < 3; i++) {
        fflush (stdout);
        /* bytes that the I/O thread has in hand at the fork are lost to the child; its coming to rest cannot
           be awaited */
        pause_ms (100);
        pid_t pid = fork ();
        OK (pid);
        if (pid == 0)
            child (ctx, pull, push, ep);
        /* the parent works on while the child lives, and after */
        send_str (push, "parent", 0);
        int from_child = 0, from_parent = 0;
        for (int k = 0; k < 2; k++) {
            char buf[32];
            int n = zmq_recv (pull, buf, sizeof buf, 0);
            OK (n);
            from_child += n == 14;
            from_parent += n == 6;
        }
        int status;
        CHECK_EQ (waitpid (pid, &status, 0), pid);
        CHECK_EQ (WIFEXITED (status) ? WEXITSTATUS (status) : -1, 7);
        SAY ("heard child %d parent %d", from_child, from_parent);
        send_str (push, "after", 0);
        expect (pull, "after");
    }
    /* a child that does nothing but leave */
    pid_t pid = fork ();
    if (pid == 0)
        _exit (0);
    CHECK_EQ (waitpid (pid, NULL, 0), pid);
    send_str (push, "still", 0);
    expect (pull, "still");
    /* nothing is inherited over exec: every descriptor is close-on-exec */
    for (int fd = 3; fd < 200; fd++) {
        int flags = fcntl (fd, F_GETFD);
        if (flags != -1 && !(flags & FD_CLOEXEC)) {
            struct stat st;
            OK (fstat (fd, &st));
            CHECK (!S_ISSOCK (st.st_mode));
        }
    }
    close0 (push);
    close0 (pull);
    term (ctx);
    return 0;
}
