/* Waiting: for messages, for a time, and for the wish of a user that the program ends (SIGINT, SIGTERM).

   The signals are never delivered. They make a descriptor readable, which is polled with the sockets; so there is no moment
   in which a signal goes unseen, and no handler in which next to nothing is allowed. */
#ifndef EXAMPLES_WAIT_H
#define EXAMPLES_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call this first in main: threads inherit that the signals wait. */
void catch_signals (void);

#define WAIT_STOP (-1)

/* Waits until one of the sockets can be read, or the deadline. Returns a bit for each readable socket (1, 2, 4, ...), 0 when
   the time is up, WAIT_STOP when the program is to end: in every thread, and again in every call. */
int wait_any (void **sockets, size_t count, int64_t deadline);
int wait_one (void *socket, int64_t deadline);

/* Waits as wait_any does, for a thread that is told otherwise when to end. */
int wait_any_deaf (void **sockets, size_t count, int64_t deadline);

bool told_to_end (void);

/* Lets time pass, as work does. False when the program is to end. */
bool pass_time (long ms);

#endif
