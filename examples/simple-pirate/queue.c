/* Simple Pirate queue: queue FRONTEND BACKEND

   ROUTER towards the clients (they are Lazy Pirates) and ROUTER towards the workers. A request goes to the worker that has
   waited longest. The queue keeps nothing: the clients ask again for lost requests. */
#include "lib.h"
#include "pool.h"

static void *frontend, *backend;

/* A worker says that it is ready, or replies, which says so too: [name, "", READY] or [name, "", client, "", reply...]. */
static void
from_worker (pool *workers)
{
    message *m = message_receive_now (backend);
    if (!m)
        return;
    frame *name = message_take (m);
    frame_free (message_take (m));
    if (name)
        pool_add (workers, name, NEVER);
    if (message_count (m) > 1)
        message_send_now (m, frontend);
    else
        message_free (m);
}

/* A client asks: [client, "", request...]. A worker whose connection is gone cannot be sent to (ZMQ_ROUTER_MANDATORY), so the
   next one gets it. */
static void
from_client (pool *workers)
{
    message *request = message_receive_now (frontend);
    bool sent = request == NULL;
    frame *name;
    while (!sent && (name = pool_take (workers))) {
        message *m = message_copy (request);
        message_put_text (m, "");
        message_put (m, name);
        sent = message_send_now (m, backend);
    }
    message_free (request);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 3)
        usage ("queue FRONTEND BACKEND");
    void *context = context_new ();
    frontend = socket_new (context, ZMQ_ROUTER);
    backend = socket_new (context, ZMQ_ROUTER);
    set_number (backend, ZMQ_ROUTER_MANDATORY, 1);
    bind_to (frontend, argv[1]);
    bind_to (backend, argv[2]);
    pool *workers = pool_new ();
    int ready;
    /* As long as no worker is ready, clients are not listened to: their requests wait in the socket. */
    while ((ready = wait_any ((void *[]){backend, frontend}, pool_count (workers) ? 2 : 1, NEVER)) != WAIT_STOP) {
        if (ready & 1)
            from_worker (workers);
        if (ready & 2)
            from_client (workers);
    }
    pool_free (workers);
    socket_close (frontend);
    socket_close (backend);
    context_end (context);
    return 0;
}
