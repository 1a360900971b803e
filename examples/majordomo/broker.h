/* The state of the broker: services, each with its requests and its waiting workers, and all workers by name. */
#ifndef MAJORDOMO_BROKER_H
#define MAJORDOMO_BROKER_H

#include <sys/queue.h>

#include "lib.h"
#include "mdp.h"
#include "table.h"

#define REQUEST_LIFE_MS 5000 /* a request that waited so long is forgotten: its client has asked again long ago */
#define WORK_LIMIT_MS 3000   /* a worker may work for so long without a sign of life */
#define MOST_DELIVERIES 3    /* a request that so many workers died of is not given to another one */

struct request {
    frame *client;
    message *body;
    int64_t expiry;
    int deliveries;
    TAILQ_ENTRY (request) link;
};

struct service {
    char *name;
    size_t workers; /* all of them, busy or not */
    TAILQ_HEAD (, request) requests;
    TAILQ_HEAD (, worker) waiting; /* the one that waits longest first */
};

struct worker {
    frame *name;
    struct service *service;
    struct request *request; /* the request it works on; NULL while it waits */
    int64_t expiry;
    TAILQ_ENTRY (worker) link;
};

typedef struct broker {
    void *socket;
    table *services, *workers;
} broker;

/* broker.c */
void reply_to_client (broker *b, frame *client, const char *service, message *body);

/* services.c */
struct service *service_named (broker *b, const char *name);
void service_queue (struct service *s, frame *client, message *body);
void service_queue_again (struct service *s, struct request *r);
void service_dispatch (broker *b, struct service *s);
void forget_old_requests (broker *b);
void request_free (struct request *r);
void service_free (struct service *s);

/* workers.c */
void hear_worker (broker *b, const frame *name, message *m);
void worker_wait (broker *b, struct worker *w);
bool worker_take (broker *b, struct worker *w, struct request *r);
void worker_delete (broker *b, struct worker *w, bool tell);
void look_after_workers (broker *b);
void dismiss_all (broker *b);

#endif
