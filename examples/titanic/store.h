/* Titanic's state, on disk: requests, and the replies to them. Each function is one transaction of SQLite, and when it
   returns the change survives the death of the process and of the machine. A store belongs to one thread; several threads and
   processes may open the same file. */
#ifndef TITANIC_STORE_H
#define TITANIC_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

typedef struct store store;

enum lookup { STORE_UNKNOWN, STORE_PENDING, STORE_DONE, STORE_BROKEN };

store *store_open (const char *file); /* ends the program if it cannot */
void store_close (store *s);

/* All of these say false (or STORE_BROKEN) when the disk does not play along; nothing has changed then. */
bool store_add (store *s, const char *uuid, const char *service, const message *body);
enum lookup store_find (store *s, const char *uuid, message **reply);
bool store_set_reply (store *s, const char *uuid, const message *reply);
bool store_delete (store *s, const char *uuid);

/* The oldest request after number `after` that has no reply. False if there is none. The caller frees uuid, service and body. */
bool store_next (store *s, int64_t after, int64_t *number, char **uuid, char **service, message **body);

#endif
