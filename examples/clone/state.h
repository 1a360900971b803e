/* The map as a server keeps it: values, when they expire, which updates are in it, and which ones only the active server knows
   of yet. */
#ifndef CLONE_STATE_H
#define CLONE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

typedef struct state state;

state *state_new (void);
void state_free (state *s);

int64_t state_sequence (const state *s);
void state_set_sequence (state *s, int64_t sequence);

/* A change that was published: by us, or by the active server while we are passive. Keeps its own copy. */
void state_apply (state *s, const message *kv);

/* Whether the update with this UUID is in the map (or was: others may have come after it). */
bool state_has_update (const state *s, const message *kv);

/* The value of its key, as an update with the UUID of this one; a deletion if there is none. */
message *state_confirmation (const state *s, const message *kv);

/* For a passive server: an update that it got from a client and that the active one has not published. It waits for at
   most `until`. */
void state_keep_pending (state *s, message *kv, int64_t until);
message *state_take_pending (state *s);     /* the oldest; NULL if there is none */
void state_forget_pending (state *s, int64_t now); /* those whose time is over; NEVER: all */

/* A deletion for a value whose time is over; NULL if there is none. */
message *state_expired (const state *s, int64_t now);

/* Calls back for each value whose key begins so. */
void state_each (const state *s, const char *subtree, void (*call) (const message *kv, void *with), void *with);

#endif
