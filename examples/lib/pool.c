#include "pool.h"

#include "lib.h"

#include <sys/queue.h>

struct worker {
    frame *name;
    int64_t expiry;
    TAILQ_ENTRY (worker) link;
};

struct pool {
    TAILQ_HEAD (, worker) waiting;
    size_t count;
};

pool *
pool_new (void)
{
    pool *p = allocate (sizeof *p);
    TAILQ_INIT (&p->waiting);
    return p;
}

/* Its name is the caller's. */
static frame *
remove_worker (pool *p, struct worker *w)
{
    frame *name = w->name;
    TAILQ_REMOVE (&p->waiting, w, link);
    p->count--;
    free (w);
    return name;
}

void
pool_free (pool *p)
{
    frame *name;
    while ((name = pool_take (p)))
        frame_free (name);
    free (p);
}

size_t
pool_count (const pool *p)
{
    return p->count;
}

static struct worker *
find (const pool *p, const frame *name)
{
    struct worker *w;
    TAILQ_FOREACH (w, &p->waiting, link)
        if (frame_same (w->name, name))
            return w;
    return NULL;
}

void
pool_add (pool *p, frame *name, int64_t expiry)
{
    struct worker *old = find (p, name);
    if (old)
        frame_free (remove_worker (p, old));
    struct worker *w = allocate (sizeof *w);
    w->name = name;
    w->expiry = expiry;
    TAILQ_INSERT_TAIL (&p->waiting, w, link);
    p->count++;
}

frame *
pool_take (pool *p)
{
    struct worker *w = TAILQ_FIRST (&p->waiting);
    return w ? remove_worker (p, w) : NULL;
}

bool
pool_refresh (pool *p, const frame *name, int64_t expiry)
{
    struct worker *w = find (p, name);
    if (w)
        w->expiry = expiry;
    return w != NULL;
}

size_t
pool_expire (pool *p, int64_t now)
{
    size_t before = p->count;
    struct worker *w = TAILQ_FIRST (&p->waiting);
    while (w) {
        struct worker *next = TAILQ_NEXT (w, link);
        if (w->expiry <= now)
            frame_free (remove_worker (p, w));
        w = next;
    }
    return before - p->count;
}

void
pool_each (const pool *p, void (*call) (const frame *name, void *with), void *with)
{
    struct worker *w;
    TAILQ_FOREACH (w, &p->waiting, link)
        call (w->name, with);
}
