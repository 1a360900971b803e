/* A process that is stopped and goes on, as a shell's jobs are, does not notice: without a handler
   nothing interrupts a blocking call. */
#include "check.h"

static void *ctx, *alone, *connected;

static int
receive (void)
{
    char buf[8];
    return zmq_recv (connected, buf, sizeof buf, 0);
}

static int
receive_alone (void)
{
    char buf[8];
    return zmq_recv (alone, buf, sizeof buf, 0);
}

static int
send_alone (void)
{
    return zmq_send (alone, "x", 1, 0);
}

static int
poll_one (void)
{
    zmq_pollitem_t item = {connected, 0, ZMQ_POLLIN, 0};
    return zmq_poll (&item, 1, 400);
}

static int
poll_two (void)
{
    zmq_pollitem_t items[] = {{connected, 0, ZMQ_POLLIN, 0}, {alone, 0, ZMQ_POLLIN, 0}};
    return zmq_poll (items, 2, 400);
}

static int
poll_none (void)
{
    return zmq_poll (NULL, 0, 400);
}

static const struct
{
    const char *label;
    int (*call) (void);
} calls[] = {{"receive", receive},   {"receive alone", receive_alone}, {"send alone", send_alone},
             {"poll one", poll_one}, {"poll two", poll_two},           {"poll none", poll_none}};
#define CALLS ((int) (sizeof calls / sizeof *calls))

/* Tells of each call before it begins. */
static void
work (int told)
{
    void *peer;
    ctx = new_ctx ();
    pair_up (ctx, ZMQ_DEALER, ZMQ_DEALER, &peer, &connected);
    alone = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (alone, ZMQ_RCVTIMEO, 400));
    OK (set_int (alone, ZMQ_SNDTIMEO, 400));
    send_str (connected, "here", 0);
    expect (peer, "here");
    OK (set_int (connected, ZMQ_RCVTIMEO, 400));
    for (int i = 0; i < CALLS; i++) {
        CHECK_EQ (write (told, "", 1), 1);
        int64_t began = now_ms ();
        SHOW_AS (calls[i].label, calls[i].call ());
        CHECK (now_ms () - began >= 399);
    }
    close0 (peer);
    close0 (connected);
    close0 (alone);
    term (ctx);
}

int
main (void)
{
    int tell[2], status;
    char byte;
    OK (pipe (tell));
    pid_t child = fork ();
    OK (child);
    if (child == 0) {
        work (tell[1]);
        _exit (0);
    }
    close (tell[1]);
    while (read (tell[0], &byte, 1) == 1) {
        await_sleeping (child);
        OK (kill (child, SIGSTOP));
        pause_ms (50);
        OK (kill (child, SIGCONT));
    }
    CHECK (waitpid (child, &status, 0) == child && status == 0);
    return 0;
}
