/* Termination ends the library's threads and closes its descriptors, whatever
   the sockets were busy with. */
#include "check.h"
#include <dirent.h>

static int
entries (const char *path)
{
    DIR *dir = opendir (path);
    CHECK (dir != NULL);
    int n = 0;
    for (struct dirent *e; (e = readdir (dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir (dir);
    return n;
}

/* The directory's own descriptor is counted each time. */
#define DESCRIPTORS() entries ("/proc/self/fd")
#define THREADS() entries ("/proc/self/task")

/* A peer that accepts (in the kernel) and never says a word; kept outside of
   what is counted. */
static char mute[EP_MAX];
/* Nobody listens here. */
static char closed[EP_MAX];

/* A bound and a connected socket that have talked, and a monitor on each. */
static void
talk (void *ctx, const char *wildcard, void *s[], int *n)
{
    char ep[EP_MAX];
    void *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    s[(*n)++] = mon_open (ctx, pull, ZMQ_EVENT_ALL);
    s[(*n)++] = mon_open (ctx, push, ZMQ_EVENT_ALL);
    bind_to (pull, wildcard, ep);
    OK (zmq_connect (push, ep));
    send_parts (push, "one", "two");
    expect (pull, "one", "two");
    s[(*n)++] = pull;
    s[(*n)++] = push;
}

/* A socket that waits for a peer that does not read; its message lingers. */
static void
wait_in_vain (void *ctx, const char *ep, int linger)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_LINGER, linger));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 5));
    OK (zmq_connect (s, ep));
    send_str (s, "never read", 0);
    OK (zmq_close (s));
}

static void
one_context (int io_threads, int lingers, int names)
{
    int descriptors = DESCRIPTORS (), threads = THREADS ();
    void *ctx = new_ctx (), *s[32];
    int n = 0;
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, io_threads));
    talk (ctx, "tcp://127.0.0.1:*", s, &n);
    talk (ctx, "ipc://*", s, &n);
    talk (ctx, "inproc://*", s, &n);
    CHECK (THREADS () >= threads + io_threads);
    CHECK (DESCRIPTORS () > descriptors);

    /* connecting where nobody listens, and a handshake that does not end */
    s[n] = new_sock (ctx, ZMQ_SUB);
    OK (set_int (s[n], ZMQ_RECONNECT_IVL, 5));
    OK (zmq_connect (s[n], closed));
    OK (zmq_connect (s[n], mute));
    if (names)
        OK (zmq_connect (s[n], "tcp://localhost:1"));
    OK (zmq_connect (s[n], "ipc:///nonexistent/socket"));
    OK (zmq_connect (s[n], "inproc://nobody"));
    n++;
    /* a peer that came and went, one that sends what is no protocol */
    char ep[EP_MAX];
    s[n] = new_sock (ctx, ZMQ_REP);
    bind_tcp (s[n], ep);
    n++;
    int gone = raw_connect (ep), silent = raw_connect (ep), noise = raw_connect (ep);
    close (gone);
    raw_send (noise, "GET / HTTP/1.0\r\n\r\n", 18);

    if (lingers) {
        wait_in_vain (ctx, closed, 50);
        wait_in_vain (ctx, mute, 50);
    }
    for (int i = 0; i < n; i++)
        close0 (s[i]);
    term (ctx);
    close (silent);
    close (noise);
    /* a thread that looks up a name cannot be interrupted, and the system's
       resolver has files open meanwhile */
    if (names)
        AWAIT (DESCRIPTORS () == descriptors);
    CHECK_EQ (DESCRIPTORS (), descriptors);
    /* the kernel takes a moment to forget a thread that was joined */
    AWAIT (THREADS () == threads);
}

static void *
terminate (void *ctx)
{
    term (ctx);
    return NULL;
}

int
main (void)
{
    int listener = raw_listen (mute), other = raw_listen (closed);
    close (other);
    int descriptors = DESCRIPTORS (), threads = THREADS ();

    term (new_ctx ());
    CHECK_EQ (DESCRIPTORS (), descriptors);

    for (int io_threads = 1; io_threads <= 4; io_threads++) {
        one_context (io_threads, 0, 0);
        one_context (io_threads, 1, 0);
        one_context (io_threads, 1, 1);
        SAY ("%d I/O threads: nothing is left", io_threads);
    }

    /* sockets that are closed while they connect, a little later each time */
    for (int i = 0; i < 300; i++) {
        void *ctx = new_ctx (), *b, *c;
        pair_up (ctx, ZMQ_PULL, ZMQ_PUSH, &b, &c);
        send_str (c, "x", 0);
        struct timespec nap = {0, i * 1000L};
        nanosleep (&nap, NULL);
        close0 (b);
        close0 (c);
        term (ctx);
        CHECK_EQ (DESCRIPTORS (), descriptors);
    }
    SAY ("closed while connecting: nothing is left");

    /* a socket that is closed while another thread terminates */
    for (int i = 0; i < 20; i++) {
        void *ctx = new_ctx (), *b, *c;
        pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &b, &c);
        send_str (c, "x", 0);
        expect (b, "x");
        pthread_t t = start (terminate, ctx);
        char buf[8];
        CHECK_ERRNO (zmq_recv (b, buf, sizeof buf, 0), ETERM);
        OK (zmq_close (b));
        close0 (c);
        finish (t);
        CHECK_EQ (DESCRIPTORS (), descriptors);
    }
    AWAIT (THREADS () == threads);
    SAY ("terminated from another thread: nothing is left");
    close (listener);
    return 0;
}
