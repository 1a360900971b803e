/* A process that stood still for longer than its peers may be silent looks at what they have sent
   meanwhile before it gives one up. */
#include "../web.h"
#include <sys/prctl.h>

#define IVL 100

enum
{
    IDLE,
    RECEIVING,
    POLLING,
    BUSY
};

/* The process that is stopped: connects, and does one thing over and over. */
static void
work (const char *ep, int how)
{
    char buf[8];
    OK (prctl (PR_SET_PDEATHSIG, SIGKILL));
    void *s = new_sock (new_ctx (), ZMQ_DEALER);
    zmq_pollitem_t item = {s, 0, ZMQ_POLLIN, 0};
    OK (set_int (s, ZMQ_HEARTBEAT_IVL, IVL));
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    OK (zmq_connect (s, ep));
    for (;;)
        switch (how) {
            case IDLE: pause (); break;
            case RECEIVING: zmq_recv (s, buf, sizeof buf, 0); break;
            case POLLING: zmq_poll (&item, 1, 30); break;
            case BUSY: zmq_recv (s, buf, sizeof buf, ZMQ_DONTWAIT); break;
        }
}

/* Waits for the next PING; fails if the connection ends. */
static void
await_ping (int fd, int web)
{
    if (web) {
        CHECK_EQ (w_recv (fd)->first, W_PING);
    } else {
        z_frame *f = z_recv (fd);
        CHECK (f->flags == Z_COMMAND && memcmp (f->body, "\4PING", 5) == 0);
    }
}

static void
pong (int fd, int web)
{
    if (web)
        w_send (fd, W_PONG, 0, "", 0);
    else
        z_send (fd, Z_COMMAND, "\4PONG", 5);
}

static void
stand_still (const char *label, int web, int how)
{
    char ep[EP_MAX];
    int listener = web ? raw_listen_ws (ep) : raw_listen (ep);
    pid_t child = fork ();
    OK (child);
    if (child == 0) {
        work (ep, how);
        _exit (1);
    }
    int fd = web ? w_server (listener, "DEALER", "") : raw_accept (listener);
    if (!web)
        z_handshake (fd, 1, "DEALER", "");
    for (int i = 0; i < 4; i++) {
        await_ping (fd, web);
        OK (kill (child, SIGSTOP));
        pong (fd, web);
        pause_ms (i % 2 ? 15 * IVL / 10 : 4 * IVL);
        OK (kill (child, SIGCONT));
    }
    await_ping (fd, web);
    OK (kill (child, SIGKILL));
    CHECK_EQ (waitpid (child, NULL, 0), child);
    close (fd);
    close (listener);
    SAY ("%s", label);
}

int
main (void)
{
    stand_still ("idle", 0, IDLE);
    stand_still ("receiving", 0, RECEIVING);
    stand_still ("polling", 0, POLLING);
    stand_still ("busy", 0, BUSY);
    stand_still ("ws, polling", 1, POLLING);
    return 0;
}
