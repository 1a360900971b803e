/* Services: requests that wait, and workers that wait. */
#include "broker.h"

struct service *
service_named (broker *b, const char *name)
{
    struct service *s = table_get (b->services, name, strlen (name));
    if (!s) {
        s = allocate (sizeof *s);
        s->name = copy_text (name);
        TAILQ_INIT (&s->requests);
        TAILQ_INIT (&s->waiting);
        table_set (b->services, name, strlen (name), s);
    }
    return s;
}

void
service_queue (struct service *s, frame *client, message *body)
{
    struct request *r = allocate (sizeof *r);
    r->client = client;
    r->body = body;
    r->expiry = now_ms () + REQUEST_LIFE_MS;
    TAILQ_INSERT_TAIL (&s->requests, r, link);
}

/* Its worker died. It has waited long enough: it is the next. */
void
service_queue_again (struct service *s, struct request *r)
{
    if (r->deliveries < MOST_DELIVERIES)
        TAILQ_INSERT_HEAD (&s->requests, r, link);
    else
        request_free (r);
}

void
request_free (struct request *r)
{
    if (!r)
        return;
    frame_free (r->client);
    message_free (r->body);
    free (r);
}

/* Brings requests and workers together. */
void
service_dispatch (broker *b, struct service *s)
{
    struct request *r;
    struct worker *w;
    while ((r = TAILQ_FIRST (&s->requests)) && (w = TAILQ_FIRST (&s->waiting))) {
        TAILQ_REMOVE (&s->requests, r, link);
        if (!worker_take (b, w, r)) {
            TAILQ_INSERT_HEAD (&s->requests, r, link);
            worker_delete (b, w, false);
        }
    }
}

static void
forget_requests_of (struct service *s)
{
    struct request *r = TAILQ_FIRST (&s->requests);
    while (r) {
        struct request *next = TAILQ_NEXT (r, link);
        if (r->expiry <= now_ms ()) {
            TAILQ_REMOVE (&s->requests, r, link);
            request_free (r);
        }
        r = next;
    }
}

/* A service that has neither workers nor requests is forgotten itself: its name was a stranger's word. */
void
forget_old_requests (broker *b)
{
    size_t count;
    struct service **all = (struct service **) table_all (b->services, &count);
    for (size_t i = 0; i < count; i++) {
        forget_requests_of (all[i]);
        if (all[i]->workers == 0 && TAILQ_EMPTY (&all[i]->requests)) {
            table_remove (b->services, all[i]->name, strlen (all[i]->name));
            service_free (all[i]);
        }
    }
    free (all);
}

void
service_free (struct service *s)
{
    struct request *r;
    while ((r = TAILQ_FIRST (&s->requests))) {
        TAILQ_REMOVE (&s->requests, r, link);
        request_free (r);
    }
    free (s->name);
    free (s);
}
