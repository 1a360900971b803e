/* The kernel refuses to watch another descriptor (fs.epoll.max_user_watches): the call answers so and leaves
   nothing behind, or what it began is tried again until it works. Each refusal of a conversation has its turn.
   (The original aborts.) */
#include "check.h"
#include <dirent.h>

/* The refusals to come: those numbered `first` to `last`, counted from the last reset. */
static int additions, first, last, refused;

int
epoll_ctl (int epfd, int op, int fd, struct epoll_event *event)
{
    if (op == EPOLL_CTL_ADD) {
        int n = __atomic_add_fetch (&additions, 1, __ATOMIC_SEQ_CST);
        if (n >= __atomic_load_n (&first, __ATOMIC_SEQ_CST) && n <= __atomic_load_n (&last, __ATOMIC_SEQ_CST)) {
            __atomic_add_fetch (&refused, 1, __ATOMIC_SEQ_CST);
            errno = ENOSPC;
            return -1;
        }
    }
    return ((int (*) (int, int, int, struct epoll_event *)) dlsym (RTLD_NEXT, "epoll_ctl")) (epfd, op, fd, event);
}

static void
refuse (int from, int to)
{
    __atomic_store_n (&first, from, __ATOMIC_SEQ_CST);
    __atomic_store_n (&last, to, __ATOMIC_SEQ_CST);
    __atomic_store_n (&additions, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n (&refused, 0, __ATOMIC_SEQ_CST);
}

/* A call that may be refused, and then succeeds. */
#define AGAIN(call)                                                            \
    do {                                                                       \
        if ((call) == -1) {                                                    \
            CHECK (errno == ENOSPC);                                            \
            OK (call);                                                         \
        }                                                                      \
    } while (0)

static void *
sock (void *ctx, int type)
{
    void *s = zmq_socket (ctx, type);
    if (!s) {
        CHECK (errno == ENOSPC);
        s = zmq_socket (ctx, type);
    }
    CHECK (s != NULL);
    OK (set_int (s, ZMQ_RCVTIMEO, LONG_WAIT));
    OK (set_int (s, ZMQ_SNDTIMEO, LONG_WAIT));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    return s;
}

/* There and back, and a lot that goes out after the socket is closed; `refused` in it at most once. */
static void
conversation (const char *ep)
{
    enum { MANY = 100, SIZE = 100000 };
    static char body[SIZE];
    char buf[8];
    void *ctx = new_ctx (), *router = sock (ctx, ZMQ_ROUTER), *dealer = sock (ctx, ZMQ_DEALER);
    AGAIN (zmq_bind (router, ep));
    AGAIN (zmq_connect (dealer, ep));
    int fd;
    size_t size = sizeof fd;
    AGAIN (zmq_getsockopt (dealer, ZMQ_FD, &fd, &size));
    send_str (dealer, "question", 0);
    /* the name of a peer that has come back under another is not answered */
    int done = 0;
    int64_t end = now_ms () + LONG_WAIT;
    while (!done) {
        CHECK (now_ms () < end);
        zmq_pollitem_t items[] = {{.socket = router, .events = ZMQ_POLLIN}, {.socket = dealer, .events = ZMQ_POLLIN}};
        AGAIN (zmq_poll (items, 2, 1000));
        if (items[0].revents) {
            char id[16];
            int n = zmq_recv (router, id, sizeof id, 0);
            CHECK (n > 0);
            CHECK_EQ (zmq_recv (router, buf, sizeof buf, 0), 8);
            CHECK_EQ (zmq_send (router, id, (size_t) n, ZMQ_SNDMORE), n);
            send_str (router, "answer", 0);
        }
        if (items[1].revents) {
            CHECK_EQ (zmq_recv (dealer, buf, sizeof buf, 0), 6);
            done = 1;
        }
    }
    for (int i = 0; i < MANY; i++)
        CHECK_EQ (zmq_send (dealer, body, SIZE, 0), SIZE);
    OK (zmq_close (dealer));
    for (int i = 0; i < MANY; i++) {
        CHECK (zmq_recv (router, buf, sizeof buf, 0) > 0);
        CHECK_EQ (zmq_recv (router, body, SIZE, 0), SIZE);
    }
    close0 (router);
    term (ctx);
}

static void
each_once (const char *form)
{
    int n = 0;
    do {
        char ep[EP_MAX];
        int fd = raw_listen (ep), port = port_of (ep);
        close (fd);
        snprintf (ep, sizeof ep, form, port);
        n++;
        refuse (n, n);
        conversation (ep);
    } while (__atomic_load_n (&refused, __ATOMIC_SEQ_CST));
    CHECK (n > 4);
    refuse (0, 0);
}

/* A refused bind leaves neither the port nor the file of ipc, and one event. */
static void
nothing_behind (void)
{
    char ep[EP_MAX], dir[EP_MAX], path[EP_MAX + 16];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL), *other = new_sock (ctx, ZMQ_PULL);
    /* everything that a first bind makes is there */
    bind_tcp (s, ep);
    OK (zmq_unbind (s, ep));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    refuse (1, 1000000);
    CHECK_ERRNO (zmq_bind (s, ep), ENOSPC);
    mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    CHECK_ERRNO (zmq_unbind (s, ep), ENOENT);
    make_dir (dir);
    setenv ("TMPDIR", dir, 1);
    CHECK_ERRNO (zmq_bind (s, "ipc://*"), ENOSPC);
    mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    CHECK_EQ (rmdir (dir), 0);
    unsetenv ("TMPDIR");
    /* the caller's own descriptor stays the caller's */
    int fd = raw_listen (path);
    OK (set_int (s, ZMQ_USE_FD, fd));
    CHECK_ERRNO (zmq_bind (s, "tcp://127.0.0.1:1"), ENOSPC);
    mon_expect (m, ZMQ_EVENT_BIND_FAILED);
    OK (set_int (s, ZMQ_USE_FD, -1));
    CHECK_EQ (close (fd), 0);
    refuse (0, 0);
    OK (zmq_bind (other, ep));
    OK (zmq_unbind (other, ep));
    OK (zmq_bind (s, ep));
    mon_expect (m, ZMQ_EVENT_LISTENING);
    mon_close (s, m);
    close0 (s);
    close0 (other);
    term (ctx);
}

/* A refused connect leaves nothing either. Name look-ups and proxies are asked later, so these are refused as well. */
static void
nothing_connected (void)
{
    char ep[EP_MAX], before[EP_MAX], dir[EP_MAX], path[EP_MAX + 16];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    make_dir (dir);
    snprintf (path, sizeof path, "ipc://%s/nobody", dir);
    bind_tcp (pull, ep);
    /* everything that a first connect makes is there */
    OK (zmq_connect (push, path));
    OK (zmq_disconnect (push, path));
    last_endpoint (push, before);
    const char *const all[] = {ep, path, "tcp://localhost:1", zmq_has ("WS") ? "ws://127.0.0.1:1" : ep};
    for (int immediate = 0; immediate < 2; immediate++)
        for (int i = 0; i < 4; i++) {
            char after[EP_MAX];
            OK (set_int (push, ZMQ_IMMEDIATE, immediate));
            refuse (1, 1000000);
            CHECK_ERRNO (zmq_connect (push, all[i]), ENOSPC);
            refuse (0, 0);
            CHECK_ERRNO (zmq_disconnect (push, all[i]), ENOENT);
            CHECK_ERRNO (zmq_send (push, "nobody", 6, ZMQ_DONTWAIT), EAGAIN);
            last_endpoint (push, after);
            CHECK_STR (after, before);
        }
    OK (zmq_connect (push, ep));
    send_str (push, "somebody", 0);
    expect (pull, "somebody");
    close0 (push);
    close0 (pull);
    term (ctx);
    remove_dir (dir);
}

static int
descriptors (void)
{
    DIR *dir = opendir ("/proc/self/fd");
    CHECK (dir != NULL);
    int n = 0;
    while (readdir (dir))
        n++;
    closedir (dir);
    return n;
}

/* The place that a connect keeps is given back after the first attempt, whatever became of that. */
static void
nothing_kept (void)
{
    enum { MANY = 20 };
    char dir[EP_MAX], path[EP_MAX + 16];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    make_dir (dir);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 2 * LONG_WAIT));
    void *m = mon_open (ctx, s, ZMQ_EVENT_CONNECT_RETRIED);
    int before = 0;
    for (int i = 0; i <= MANY; i++) {
        snprintf (path, sizeof path, "ipc://%s/nobody-%d", dir, i);
        OK (zmq_connect (s, path));
        mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
        if (i == 0)
            before = descriptors ();
    }
    CHECK_EQ (descriptors (), before);
    mon_close (s, m);
    close0 (s);
    term (ctx);
    remove_dir (dir);
}

/* Refused for a while after the call: a connecting socket goes on trying. */
static void
patience (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (push, ZMQ_RECONNECT_IVL, 10));
    bind_tcp (pull, ep);
    refuse (2, 1000000);
    OK (zmq_connect (push, ep));
    send_str (push, "patience", 0);
    AWAIT (__atomic_load_n (&refused, __ATOMIC_SEQ_CST) > 5);
    refuse (0, 0);
    expect (pull, "patience");
    close0 (push);
    close0 (pull);
    term (ctx);
}

int
main (void)
{
    char abstract[EP_MAX];
    snprintf (abstract, sizeof abstract, "ipc://@zct-full-%d-%%d", (int) getpid ());
    each_once ("tcp://127.0.0.1:%d");
    each_once (abstract);
    if (zmq_has ("WS"))
        each_once ("ws://127.0.0.1:%d");
    nothing_behind ();
    nothing_connected ();
    nothing_kept ();
    patience ();
    return 0;
}
