/* A client that does not wait for ever (the Lazy Pirate of the Guide).

   A REQ socket that waits for the reply of a dead server waits for ever, and refuses to send anything else. So after a time
   the socket is thrown away with the request in it, and a new one asks again: that server, or the next one of a list. The
   request of a thrown-away socket may still be done by a server; its reply goes nowhere. So requests may be done twice, and
   each is answered once or given up. */
#ifndef EXAMPLES_LAZY_H
#define EXAMPLES_LAZY_H

#include "message.h"

typedef struct lazy lazy;

/* `endpoints` is one, or several separated by commas; the first is asked as long as it answers. */
lazy *lazy_new (void *context, const char *endpoints, long timeout_ms, long tries);
void lazy_free (lazy *l);

/* Is called with every new socket before it connects: for options such as keys. */
void lazy_prepare (lazy *l, void (*prepare) (void *socket, void *with), void *with);

/* Asks until there is a reply. NULL with ETIMEDOUT when no try got a reply, with EINTR when the program is to end.
   Takes the request. */
message *lazy_ask (lazy *l, message *request);

#endif
