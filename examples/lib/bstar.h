/* Binary Star: two servers, of which one serves and the other is ready to take over.

   Both publish their state all the time and listen to each other. The passive one takes over when the active one has been
   silent for a second AND a client asks: a client that comes over is a second witness that the other server is gone. The
   server that serves does so on a lease: only while its last word to the other is younger than half of that second. So one that was
   frozen, and cannot know what happened meanwhile, serves nobody when it thaws. It begins anew, with a new number for its new
   life, and believes only words that answer to that number. */
#ifndef EXAMPLES_BSTAR_H
#define EXAMPLES_BSTAR_H

#include <stdbool.h>
#include <stdint.h>

#define BSTAR_PEER_SILENCE_MS 1000

typedef struct bstar bstar;

enum bstar_role { BSTAR_PRIMARY, BSTAR_BACKUP };
enum bstar_state { BSTAR_STARTING, BSTAR_ACTIVE, BSTAR_PASSIVE };

/* `local` is bound and `remote` connected to. Says each change of state under that name. */
bstar *bstar_new (void *context, const char *name, enum bstar_role role, const char *local, const char *remote);
void bstar_free (bstar *b);

void *bstar_socket (bstar *b);    /* to poll: the words of the other one */
int64_t bstar_next (bstar *b);    /* the time by which bstar_step has to be called */
enum bstar_state bstar_step (bstar *b); /* hears the other one, speaks when it is time */

/* A client asks: may it be served? It may be the word that makes this server active. */
bool bstar_may_serve (bstar *b);

#endif
