#include "lib.h"

#include <signal.h>
#include <sys/signalfd.h>

#define MOST_SOCKETS 15

static int stop_descriptor = -1;

void
catch_signals (void)
{
    sigset_t signals;
    sigemptyset (&signals);
    sigaddset (&signals, SIGINT);
    sigaddset (&signals, SIGTERM);
    sigprocmask (SIG_BLOCK, &signals, NULL);
    /* Nobody reads it, so it stays readable for all that look. */
    stop_descriptor = signalfd (-1, &signals, SFD_CLOEXEC);
    if (stop_descriptor == -1)
        die ("signalfd");
}

static long
time_left (int64_t deadline)
{
    if (deadline == NEVER)
        return -1;
    int64_t left = deadline - now_ms ();
    return left > 0 ? (long) left : 0;
}

/* Item 0 is the descriptor of the signals; -1 is no descriptor. */
static int
wait_items (int descriptor, void **sockets, size_t count, int64_t deadline)
{
    zmq_pollitem_t items[MOST_SOCKETS + 1] = {{.fd = descriptor, .events = ZMQ_POLLIN}};
    for (size_t i = 0; i < count && i < MOST_SOCKETS; i++)
        items[i + 1] = (zmq_pollitem_t){.socket = sockets[i], .events = ZMQ_POLLIN};
    size_t skip = descriptor == -1;
    /* Interrupted by nothing but having been frozen: look again, the deadline may be over. */
    while (zmq_poll (items + skip, (int) (count + 1 - skip), time_left (deadline)) == -1)
        if (errno != EINTR)
            die ("zmq_poll");
    if (items[0].revents)
        return WAIT_STOP;
    int ready = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i + 1].revents & ZMQ_POLLIN)
            ready |= 1 << i;
    return ready;
}

int
wait_any (void **sockets, size_t count, int64_t deadline)
{
    return wait_items (stop_descriptor, sockets, count, deadline);
}

int
wait_any_deaf (void **sockets, size_t count, int64_t deadline)
{
    return wait_items (-1, sockets, count, deadline);
}

int
wait_one (void *socket, int64_t deadline)
{
    return wait_any (&socket, 1, deadline);
}

bool
told_to_end (void)
{
    return wait_any (NULL, 0, 0) == WAIT_STOP;
}

bool
pass_time (long ms)
{
    return wait_any (NULL, 0, now_ms () + ms) != WAIT_STOP;
}
