/* Peers that connect, shake hands and leave while the program does not look leave nothing behind, nor do those
   that a program sees sometimes. A message that one of them sent can still be read. (The original keeps a
   pipe and more of each until the next call.) */
#include "check.h"
#include <dirent.h>

/* The most memory that all visitors together may leave, in bytes: a few read buffers of 64 KiB. One more is
   made whenever two threads read at once. */
#define ALL 300000

static int visitors = 1500;

/* Streams that this process has open, listening ones included. */
static int
streams (void)
{
    DIR *dir = opendir ("/proc/self/fd");
    CHECK (dir != NULL);
    int n = 0;
    for (struct dirent *e; (e = readdir (dir)) != NULL;) {
        char is[16] = "";
        n += readlinkat (dirfd (dir), e->d_name, is, sizeof is) > 0 && memcmp (is, "socket:", 7) == 0;
    }
    closedir (dir);
    return n;
}

static int
connect_raw (const char *ep)
{
    if (strncmp (ep, "tcp", 3) == 0)
        return raw_connect (ep);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf (a.sun_path, sizeof a.sun_path, "%s", ep + strlen ("ipc://"));
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    OK (fd);
    OK (connect (fd, (struct sockaddr *) &a, sizeof a));
    return fd;
}

/* Comes, shakes hands, says one thing or nothing, and stays until it has been let in. */
static void
visit (const char *ep, const char *type, const char *says)
{
    int fd = connect_raw (ep);
    z_handshake (fd, 1, type, "");
    if (says && strcmp (says, "subscribe") == 0)
        z_send (fd, Z_COMMAND, "\x9SUBSCRIBEtopic", 15);
    else if (says)
        z_send_str (fd, 0, says);
    z_send (fd, Z_COMMAND, "\4PING\0\0", 7);
    z_expect (fd, Z_COMMAND, "\4PONG", 5);
    close (fd);
}

/* So many come, all of whom have gone when this returns; the program may look between two hundred. */
static void
receive_visitors (void *s, const char *ep, const char *type, const char *says, int n, int looks)
{
    int before = streams ();
    for (int i = 0; i < n; i++) {
        visit (ep, type, says);
        if (looks && i % 200 == 199) {
            AWAIT (streams () == before);
            events (s);
        }
    }
    AWAIT (streams () == before);
}

static void
check_growth (const char *what, long grown)
{
    fprintf (stderr, "%s: %ld bytes, %.1f a visitor\n", what, grown, (double) grown / visitors);
    CHECK (grown < ALL);
}

static void
one (const char *wildcard, int type, const char *peer, const char *says, int looks)
{
    char ep[EP_MAX], what[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, type);
    bind_to (s, wildcard, ep);
    /* memory that is made once */
    receive_visitors (s, ep, peer, says, 100, looks);
    long before = used_memory ();
    receive_visitors (s, ep, peer, says, visitors, looks);
    snprintf (what, sizeof what, "%.3s, visits of %s, %s", ep, peer, looks ? "seen" : "not seen");
    check_growth (what, used_memory () - before);
    close0 (s);
    term (ctx);
}

/* A client of the library's own that comes and goes, also over inproc. */
static void
own_client (const char *wildcard)
{
    char ep[EP_MAX], what[EP_MAX];
    int inproc = strncmp (wildcard, "inproc", 6) == 0;
    void *ctx = new_ctx (), *far = inproc ? ctx : new_ctx ();
    void *s = new_sock (ctx, ZMQ_DEALER), *c = new_sock (far, ZMQ_DEALER), *m = NULL;
    bind_to (s, wildcard, ep);
    if (!inproc)
        m = mon_open (far, c, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    int base = streams ();
    long before = 0;
    for (int i = 0; i < 100 + visitors; i++) {
        if (i == 100) {
            AWAIT (streams () == base);
            before = used_memory ();
        }
        OK (zmq_connect (c, ep));
        if (m)
            mon_expect (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        OK (zmq_disconnect (c, ep));
    }
    AWAIT (streams () == base);
    snprintf (what, sizeof what, "%.6s, own client", ep);
    check_growth (what, used_memory () - before);
    if (m)
        mon_close (c, m);
    close0 (c);
    close0 (s);
    if (!inproc)
        term (far);
    term (ctx);
}

/* Messages sent before leaving are there, and nothing of the visitors that said nothing. */
static void
last_words (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PULL);
    bind_tcp (s, ep);
    int before = streams ();
    visit (ep, "PUSH", NULL);
    visit (ep, "PUSH", "first");
    visit (ep, "PUSH", NULL);
    visit (ep, "PUSH", "second");
    visit (ep, "PUSH", NULL);
    AWAIT (streams () == before);
    expect (s, "first");
    expect (s, "second");
    quiet (s);
    visit (ep, "PUSH", "third");
    expect (s, "third");
    close0 (s);
    term (ctx);
}

int
main (int argc, char **argv)
{
    count_memory (argv);
    CHECK (mallopt (M_MXFAST, 0) == 1);
    if (argc > 1)
        visitors = atoi (argv[1]);
    static const char *const transports[] = {"tcp://127.0.0.1:*", "ipc://*"};
    for (int i = 0; i < 2; i++)
        for (int looks = 0; looks < 2; looks++) {
            one (transports[i], ZMQ_PULL, "PUSH", NULL, looks);
            one (transports[i], ZMQ_ROUTER, "DEALER", NULL, looks);
            one (transports[i], ZMQ_PUB, "SUB", "subscribe", looks);
        }
    own_client ("tcp://127.0.0.1:*");
    own_client ("ipc://*");
    own_client ("inproc://*");
    last_words ();
    return 0;
}
