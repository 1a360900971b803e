/* A command that comes in the smallest pieces costs equal work for each of them, however much of it is
   there. Messages that come so are whole. */
#include "check.h"
#include <linux/sockios.h>
#include <sys/ioctl.h>

#define LONG 900000
#define DRIPS 2000

static unsigned char frame[LONG + 64];

static int64_t
cpu_ns (clockid_t clock)
{
    struct timespec t;
    OK (clock_gettime (clock, &t));
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* CPU time of the other threads, which are the library's. */
static int64_t
library_ns (void)
{
    return cpu_ns (CLOCK_PROCESS_CPUTIME_ID) - cpu_ns (CLOCK_THREAD_CPUTIME_ID);
}

static void
await_read (int fd)
{
    int waiting;
    for (;;) {
        OK (ioctl (fd, SIOCOUTQ, &waiting));
        if (waiting == 0)
            return;
        sched_yield ();
    }
}

static size_t
send_upto (int fd, size_t from, size_t to, size_t piece)
{
    while (from < to) {
        size_t n = to - from < piece ? to - from : piece;
        raw_send (fd, frame + from, n);
        await_read (fd);
        from += n;
    }
    return from;
}

static int
visit (const char *ep, const char *type)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf (a.sun_path, sizeof a.sun_path, "%s", ep + strlen ("ipc://"));
    int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    OK (fd);
    OK (connect (fd, (struct sockaddr *) &a, sizeof a));
    z_handshake (fd, 1, type, NULL);
    return fd;
}

static void
check_alike (const char *what, int64_t early, int64_t late)
{
    fprintf (stderr, "%s: %.2f us early, %.2f us late\n", what, early / 1000.0 / DRIPS, late / 1000.0 / DRIPS);
    CHECK (late < 3 * early);
}

static void
long_command (void *ctx)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_XPUB);
    bind_to (s, "ipc://*", ep);
    int fd = visit (ep, "SUB");
    /* the library is to do this by itself */
    events (s);
    pause_ms (50);

    unsigned char body[LONG];
    memset (body, 't', sizeof body);
    memcpy (body, "\x9SUBSCRIBE", 10);
    size_t size = z_frame_bytes (frame, Z_COMMAND, body, sizeof body);
    size_t at = send_upto (fd, 0, 1000, 1000);
    int64_t t = library_ns ();
    at = send_upto (fd, at, at + DRIPS, 1);
    int64_t early = library_ns () - t;
    at = send_upto (fd, at, LONG - DRIPS, 16384);
    t = library_ns ();
    at = send_upto (fd, at, at + DRIPS, 1);
    check_alike ("a long command", early, library_ns () - t);
    send_upto (fd, at, size, 16384);

    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, s, 0), LONG - 10 + 1);
    CHECK (memcmp (zmq_msg_data (&m), "\1tttt", 5) == 0);
    OK (zmq_msg_close (&m));
    close (fd);
    close0 (s);
}

/* A message that is no command, in small pieces, is whole. */
static void
message (void *ctx, size_t length)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    bind_to (s, "ipc://*", ep);
    int fd = visit (ep, "PUSH");
    static unsigned char body[65536];
    memset (body, 'm', length);
    size_t size = z_frame_bytes (frame, 0, body, length);
    send_upto (fd, 0, size, 7);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, s, 0), length);
    CHECK (memcmp (zmq_msg_data (&m), body, length) == 0);
    OK (zmq_msg_close (&m));
    close (fd);
    close0 (s);
}

int
main (void)
{
    void *ctx = new_ctx ();
    long_command (ctx);
    message (ctx, 1);
    message (ctx, 255);
    message (ctx, 256);
    message (ctx, 4096);
    message (ctx, 4097);
    message (ctx, 65535);
    SAY ("all pieces cost alike");
    term (ctx);
    return 0;
}
