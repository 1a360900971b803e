/* Titanic: titanic BROKER FILE

   Requests on disk (RFC 9), as three services of a Majordomo broker, each served by a thread of its own; the main thread carries the requests
   out, as a client of that broker. A request that the client was told is stored is stored: in a database of SQLite. */
#include "lib.h"
#include "mdp.h"
#include "store.h"

#include <ctype.h>
#include <pthread.h>

#define NUDGES "inproc://nudges" /* "there is a new request" */
#define TIMEOUT_MS 1000          /* for a service to reply; then it is asked again later */
#define RETRY_MS 300             /* when something could not be carried out */

struct service {
    const char *name;
    message *(*answer) (struct service *self, message *request);
    void *context, *nudges;
    const char *broker, *file;
    store *store;
};

static message *
status (const char *code)
{
    message *m = message_new ();
    message_add_text (m, code);
    return m;
}

/* [service, request...]: stores it. It has to be on disk before the client is told so. */
static message *
answer_request (struct service *self, message *request)
{
    frame *name = message_take (request);
    if (!name || frame_size (name) == 0 || message_count (request) == 0) {
        frame_free (name);
        return status ("400");
    }
    char uuid[UNIQUE_SIZE], *service = frame_string (name);
    unique_name (uuid);
    message *answer = status (store_add (self->store, uuid, service, request) ? "200" : "500");
    if (frame_is (answer->first, "200")) {
        message_add_text (answer, uuid);
        zmq_send (self->nudges, "", 0, ZMQ_DONTWAIT);
    }
    free (service);
    frame_free (name);
    return answer;
}

/* The UUID of [uuid]; NULL if it is none. Free it. */
static char *
take_uuid (message *request)
{
    frame *f = message_at (request, 0);
    if (!f || frame_size (f) != UNIQUE_SIZE - 1)
        return NULL;
    char *uuid = frame_string (f);
    for (char *c = uuid; *c; c++)
        *c = (char) tolower ((unsigned char) *c);
    return uuid;
}

/* [uuid]: the reply, if there is one yet. It stays. */
static message *
answer_reply (struct service *self, message *request)
{
    char *uuid = take_uuid (request);
    message *reply = NULL, *answer;
    switch (uuid ? store_find (self->store, uuid, &reply) : STORE_UNKNOWN) {
    case STORE_DONE:
        answer = status ("200");
        message_join (answer, reply);
        break;
    case STORE_PENDING:
        answer = status ("300");
        break;
    case STORE_UNKNOWN:
        answer = status ("400");
        break;
    default:
        answer = status ("500");
    }
    free (uuid);
    return answer;
}

/* [uuid]: forgets the request and its reply. A request that is not known is forgotten already. */
static message *
answer_close (struct service *self, message *request)
{
    char *uuid = take_uuid (request);
    message *answer = status (!uuid || store_delete (self->store, uuid) ? "200" : "500");
    free (uuid);
    return answer;
}

static void *
serve (void *argument)
{
    struct service *self = argument;
    self->store = store_open (self->file);
    self->nudges = socket_at (self->context, ZMQ_PUSH, ">" NUDGES);
    mdp_worker *w = mdp_worker_new (self->context, self->broker, self->name);
    message *request, *answer = NULL;
    while ((request = mdp_worker_wait (w, answer))) {
        answer = self->answer (self, request);
        message_free (request);
    }
    mdp_worker_free (w);
    socket_drop (self->nudges);
    store_close (self->store);
    return NULL;
}

/* Whether the broker has workers for it. Asking first keeps requests for the absent out of the broker's queues. */
static bool
available (mdp_client *c, const char *service)
{
    message *question = message_new ();
    message_add_text (question, service);
    message *answer = mdp_ask (c, "mmi.service", question);
    bool there = answer && frame_is (answer->first, "200");
    message_free (answer);
    return there;
}

/* Carries one request out. The reply is on disk, or the request is still pending: so it may be carried out again after a crash. */
static bool
carry_out (store *s, mdp_client *c, const char *uuid, const char *service, message *body)
{
    message *reply = NULL;
    if (available (c, service))
        reply = mdp_ask (c, service, body);
    else
        message_free (body);
    bool done = reply && store_set_reply (s, uuid, reply);
    message_free (reply);
    return done;
}

/* All that are pending, the oldest first. True when none is left over. */
static bool
carry_out_all (store *s, mdp_client *c)
{
    int64_t number = 0;
    char *uuid, *service;
    message *body;
    bool all = true;
    while (!told_to_end () && store_next (s, number, &number, &uuid, &service, &body)) {
        all &= carry_out (s, c, uuid, service, body);
        free (uuid);
        free (service);
    }
    return all;
}

static void
dispatch (void *context, const char *broker, const char *file)
{
    store *s = store_open (file);
    void *nudges = socket_at (context, ZMQ_PULL, "@" NUDGES);
    mdp_client *c = mdp_client_new (context, broker, TIMEOUT_MS, 1);
    int64_t next = 0; /* there may be requests of a former life */
    while (wait_one (nudges, next) != WAIT_STOP) {
        message *m;
        while ((m = message_receive_now (nudges)))
            message_free (m);
        next = carry_out_all (s, c) ? NEVER : now_ms () + RETRY_MS;
    }
    mdp_client_free (c);
    socket_drop (nudges);
    store_close (s);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 3)
        usage ("titanic BROKER FILE");
    void *context = context_new ();
    struct service services[] = {
        {.name = "titanic.request", .answer = answer_request},
        {.name = "titanic.reply", .answer = answer_reply},
        {.name = "titanic.close", .answer = answer_close},
    };
    pthread_t threads[3];
    store_close (store_open (argv[2])); /* the tables are made before the threads meet there */
    for (int i = 0; i < 3; i++) {
        services[i].context = context;
        services[i].broker = argv[1];
        services[i].file = argv[2];
        errno = pthread_create (&threads[i], NULL, serve, &services[i]);
        if (errno)
            die ("pthread_create");
    }
    say ("titanic: is ready");
    dispatch (context, argv[1], argv[2]);
    for (int i = 0; i < 3; i++)
        pthread_join (threads[i], NULL);
    context_end (context);
    return 0;
}
