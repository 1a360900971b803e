/* A table from names (any bytes) to things. */
#ifndef EXAMPLES_TABLE_H
#define EXAMPLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct table table;

table *table_new (void);
void table_free (table *t); /* the things stay */

size_t table_count (const table *t);
void *table_get (const table *t, const void *name, size_t size); /* NULL if there is none */
void table_set (table *t, const void *name, size_t size, void *thing);
void *table_remove (table *t, const void *name, size_t size); /* returns the thing that was there */

/* All things, in any order, in memory of their own (free it); `count` of them. So the table may be changed meanwhile. */
void **table_all (const table *t, size_t *count);

#endif
