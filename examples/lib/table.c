#include "table.h"

#include "lib.h"

struct entry {
    struct entry *next;
    void *thing;
    size_t hash, size;
    char name[];
};

struct table {
    struct entry **buckets;
    size_t width, count; /* the width is a power of two */
};

/* FNV-1a. (Names of strangers deserve a hash with a secret.) */
static size_t
hash_of (const void *name, size_t size)
{
    const unsigned char *byte = name;
    uint64_t hash = 14695981039346656037u;
    while (size--)
        hash = (hash ^ *byte++) * 1099511628211u;
    return (size_t) (hash ^ hash >> 32);
}

table *
table_new (void)
{
    table *t = allocate (sizeof *t);
    t->width = 16;
    t->buckets = allocate (t->width * sizeof *t->buckets);
    return t;
}

void
table_free (table *t)
{
    for (size_t i = 0; i < t->width; i++)
        for (struct entry *e = t->buckets[i], *next; e; e = next) {
            next = e->next;
            free (e);
        }
    free (t->buckets);
    free (t);
}

size_t
table_count (const table *t)
{
    return t->count;
}

/* Where the entry hangs, or would. */
static struct entry **
place_of (const table *t, const void *name, size_t size)
{
    size_t hash = hash_of (name, size);
    struct entry **at = &t->buckets[hash & (t->width - 1)];
    while (*at && !((*at)->hash == hash && (*at)->size == size && memcmp ((*at)->name, name, size) == 0))
        at = &(*at)->next;
    return at;
}

static void
widen (table *t)
{
    size_t width = t->width * 2;
    struct entry **buckets = allocate (width * sizeof *buckets);
    for (size_t i = 0; i < t->width; i++)
        for (struct entry *e = t->buckets[i], *next; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash & (width - 1)];
            buckets[e->hash & (width - 1)] = e;
        }
    free (t->buckets);
    t->buckets = buckets;
    t->width = width;
}

void *
table_get (const table *t, const void *name, size_t size)
{
    struct entry *e = *place_of (t, name, size);
    return e ? e->thing : NULL;
}

void
table_set (table *t, const void *name, size_t size, void *thing)
{
    struct entry *e = *place_of (t, name, size);
    if (!e) {
        if (t->count >= t->width)
            widen (t);
        e = allocate (sizeof *e + size);
        e->hash = hash_of (name, size);
        e->size = size;
        memcpy (e->name, name, size);
        *place_of (t, name, size) = e;
        t->count++;
    }
    e->thing = thing;
}

void *
table_remove (table *t, const void *name, size_t size)
{
    struct entry **at = place_of (t, name, size), *e = *at;
    if (!e)
        return NULL;
    void *thing = e->thing;
    *at = e->next;
    free (e);
    t->count--;
    return thing;
}

void **
table_all (const table *t, size_t *count)
{
    void **all = allocate (t->count * sizeof *all);
    *count = 0;
    for (size_t i = 0; i < t->width; i++)
        for (struct entry *e = t->buckets[i]; e; e = e->next)
            all[(*count)++] = e->thing;
    return all;
}
