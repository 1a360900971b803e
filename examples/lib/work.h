/* The work that all patterns are given: numbers to square. It is numbered, so a test can tell whether any was lost.

   A request is a client's name and a number, a reply the number, its square, and the name of who did it. */
#ifndef EXAMPLES_WORK_H
#define EXAMPLES_WORK_H

#include <stdbool.h>

#include "message.h"

message *work_request (const char *client, long n);

/* Does it, and says so. Takes so many milliseconds, fewer when the program is to end. NULL if the request is no such work.
   The request stays. */
message *work_do (const message *request, const char *worker, long ms);

/* Whether this is the right reply to the request of that number; says so. Frees the reply. */
bool work_done (message *reply, const char *client, long n);

#endif
