/* Workers that wait for work, the one that waits longest first (the table of a load-balancing queue). */
#ifndef EXAMPLES_POOL_H
#define EXAMPLES_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

typedef struct pool pool;

pool *pool_new (void);
void pool_free (pool *p);

size_t pool_count (const pool *p);

/* A worker is ready, and believed to be alive until then. Takes its name. One that is there already goes to the end. */
void pool_add (pool *p, frame *name, int64_t expiry);

/* The worker that waits longest; the caller's now. NULL if there is none. */
frame *pool_take (pool *p);

/* A sign of life. False if the worker is not here. */
bool pool_refresh (pool *p, const frame *name, int64_t expiry);

/* Forgets the workers whose time is over; how many. */
size_t pool_expire (pool *p, int64_t now);

/* Calls back for each name. */
void pool_each (const pool *p, void (*call) (const frame *name, void *with), void *with);

#endif
