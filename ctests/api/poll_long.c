/* zmq_poll without items sleeps as long as was asked, also when the time in
   microseconds does not fit into 32 bits. */
#include "check.h"
#include <sys/time.h>

static void
on_alarm (int number)
{
    (void) number;
}

int
main (void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    /* again and again, so that one that comes before the call does no harm */
    struct itimerval often = {{0, SHORT_WAIT * 1000}, {0, SHORT_WAIT * 1000}};
    OK (sigaction (SIGALRM, &action, NULL));
    OK (setitimer (ITIMER_REAL, &often, NULL));
    /* 2^32 microseconds and a little */
    CHECK_ERRNO (zmq_poll (NULL, 0, 4294968), EINTR);
    return 0;
}
