/* A client of the Clone pattern (RFC 12): a map that many programs share, of which each has a copy.

   It takes a snapshot from a server and then every update in order. When the server is silent it goes to the next one of its list and takes a
   snapshot there. An update of its own is sent, to all servers, until it comes back from the one that serves. */
#ifndef EXAMPLES_CLONE_H
#define EXAMPLES_CLONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

typedef struct clone clone;

/* A change of the map, as it is known now (lib/chp.h); one without a value is a deletion. */
typedef void clone_changed (const message *kv, void *with);
/* An update of our own is served: a client that takes a snapshot now has it. */
typedef void clone_confirmed (const char *key, void *with);

struct clone_options {
    const char *servers; /* their bases, separated by commas */
    const char *subtree; /* "/config/": only keys that begin so; "" for all */
    bool mute;           /* only listens: does not ask a passive server to take over */
    clone_changed *changed;
    clone_confirmed *confirmed; /* may be NULL */
    void *with;                 /* passed on to both */
};

clone *clone_new (void *context, const struct clone_options *options);
void clone_free (clone *c);

/* Sets a value, or deletes it ("" as value), for so many seconds (0: for ever). */
void clone_set (clone *c, const char *key, const char *value, long ttl);
size_t clone_unconfirmed (const clone *c);

/* It works when it is called: poll these sockets (at most two), and call clone_step when one is readable or the time has come. */
size_t clone_sockets (const clone *c, void **sockets);
int64_t clone_next (const clone *c);
void clone_step (clone *c);

bool clone_in_sync (const clone *c);      /* it has had its snapshot, and hears the server */
int64_t clone_sequence (const clone *c);  /* of the last change */

#endif
