#include "state.h"

#include <sys/queue.h>

#include "chp.h"
#include "lib.h"
#include "table.h"

#define REMEMBERED 10000 /* so many UUIDs of updates: more than can be on their way */

struct value {
    message *kv;
    int64_t expiry;
};

struct pending {
    message *kv;
    int64_t until;
    TAILQ_ENTRY (pending) link;
};

struct state {
    table *values, *updates;
    int64_t sequence;
    frame *remembered[REMEMBERED]; /* a ring; the oldest is forgotten */
    size_t next;
    TAILQ_HEAD (, pending) pending;
};

state *
state_new (void)
{
    state *s = allocate (sizeof *s);
    s->values = table_new ();
    s->updates = table_new ();
    TAILQ_INIT (&s->pending);
    return s;
}

static void
free_value (struct value *v)
{
    if (!v)
        return;
    message_free (v->kv);
    free (v);
}

void
state_free (state *s)
{
    size_t count;
    struct value **all = (struct value **) table_all (s->values, &count);
    for (size_t i = 0; i < count; i++)
        free_value (all[i]);
    free (all);
    for (size_t i = 0; i < REMEMBERED; i++)
        frame_free (s->remembered[i]);
    state_forget_pending (s, NEVER);
    table_free (s->values);
    table_free (s->updates);
    free (s);
}

int64_t
state_sequence (const state *s)
{
    return s->sequence;
}

void
state_set_sequence (state *s, int64_t sequence)
{
    s->sequence = sequence;
}

static void
remember_update (state *s, const frame *uuid)
{
    if (frame_size (uuid) == 0 || table_get (s->updates, frame_data (uuid), frame_size (uuid)))
        return;
    frame **place = &s->remembered[s->next++ % REMEMBERED];
    if (*place)
        table_remove (s->updates, frame_data (*place), frame_size (*place));
    frame_free (*place);
    *place = frame_copy (uuid);
    table_set (s->updates, frame_data (uuid), frame_size (uuid), s);
}

static void
forget_pending_update (state *s, const frame *uuid)
{
    struct pending *p = TAILQ_FIRST (&s->pending);
    while (p && !frame_same (kv_uuid (p->kv), uuid))
        p = TAILQ_NEXT (p, link);
    if (!p)
        return;
    TAILQ_REMOVE (&s->pending, p, link);
    message_free (p->kv);
    free (p);
}

void
state_apply (state *s, const message *kv)
{
    const void *key = frame_data (kv->first);
    size_t size = frame_size (kv->first);
    if (kv_sequence (kv) > s->sequence)
        s->sequence = kv_sequence (kv);
    remember_update (s, kv_uuid (kv));
    forget_pending_update (s, kv_uuid (kv));
    free_value (table_remove (s->values, key, size));
    if (kv_deletes (kv))
        return;
    struct value *v = allocate (sizeof *v);
    v->kv = message_copy (kv);
    v->expiry = kv_ttl (kv) ? now_ms () + 1000 * kv_ttl (kv) : NEVER;
    table_set (s->values, key, size, v);
}

bool
state_has_update (const state *s, const message *kv)
{
    const frame *uuid = kv_uuid (kv);
    return frame_size (uuid) > 0 && table_get (s->updates, frame_data (uuid), frame_size (uuid));
}

message *
state_confirmation (const state *s, const message *kv)
{
    struct value *v = table_get (s->values, frame_data (kv->first), frame_size (kv->first));
    message *m = message_new ();
    for (size_t i = 0; i < 5; i++) {
        const message *from = v && i > 2 ? v->kv : kv; /* properties and value are those of now */
        message_add (m, !v && i == 4 ? frame_new ("", 0) : frame_copy (message_at (from, i)));
    }
    return m;
}

void
state_keep_pending (state *s, message *kv, int64_t until)
{
    forget_pending_update (s, kv_uuid (kv));
    struct pending *p = allocate (sizeof *p);
    p->kv = kv;
    p->until = until;
    TAILQ_INSERT_TAIL (&s->pending, p, link);
}

message *
state_take_pending (state *s)
{
    struct pending *p = TAILQ_FIRST (&s->pending);
    if (!p)
        return NULL;
    message *kv = p->kv;
    TAILQ_REMOVE (&s->pending, p, link);
    free (p);
    return kv;
}

void
state_forget_pending (state *s, int64_t now)
{
    struct pending *p;
    while ((p = TAILQ_FIRST (&s->pending)) && p->until <= now)
        message_free (state_take_pending (s));
}

message *
state_expired (const state *s, int64_t now)
{
    size_t count;
    message *deletion = NULL;
    struct value **all = (struct value **) table_all (s->values, &count);
    for (size_t i = 0; i < count && !deletion; i++)
        if (all[i]->expiry <= now)
            deletion = kv_deletion (all[i]->kv, 0);
    free (all);
    return deletion;
}

void
state_each (const state *s, const char *subtree, void (*call) (const message *kv, void *with), void *with)
{
    size_t count, size = strlen (subtree);
    struct value **all = (struct value **) table_all (s->values, &count);
    for (size_t i = 0; i < count; i++) {
        const frame *key = all[i]->kv->first;
        if (frame_size (key) >= size && memcmp (frame_data (key), subtree, size) == 0)
            call (all[i]->kv, with);
    }
    free (all);
}
