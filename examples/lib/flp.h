/* Freelance, model three (RFC 10): a client that knows many servers, keeps an eye on them with pings, and asks one that lives.

   An agent, a thread of its own, does it, so that the pings go on while the program is busy. The program talks to it over inproc. */
#ifndef EXAMPLES_FLP_H
#define EXAMPLES_FLP_H

#include "message.h"

typedef struct flp flp;

flp *flp_new (void *context);
void flp_free (flp *f);

void flp_connect (flp *f, const char *endpoint);

/* The reply of one of the servers. NULL when none replied in time, or the program is to end. Takes the request. */
message *flp_ask (flp *f, message *request, long timeout_ms);

#endif
