/* Paranoid Pirate queue: queue FRONTEND BACKEND

   A Simple Pirate queue that also exchanges heartbeats with its workers (RFC 6): it does not give work to one that is silent,
   and a worker notices when the queue is gone. */
#include "lib.h"
#include "pool.h"
#include "ppp.h"
#include "pulse.h"

#define AT_ONCE 100

static void *frontend, *backend;

/* A worker says READY, shows that it lives, or replies: [name, READY or HEARTBEAT] or [name, client, "", reply...]. False when
   there is nothing more. */
static bool
from_worker (pool *workers)
{
    message *m = message_receive_now (backend);
    if (!m)
        return false;
    frame *name = message_take (m);
    int64_t expiry = now_ms () + SILENCE_MS;
    if (message_count (m) > 1) {
        pool_add (workers, name, expiry);
        message_send_now (m, frontend);
        return true;
    }
    if (frame_is_byte (m->first, PPP_READY)) {
        pool_add (workers, name, expiry);
    } else {
        /* One that is not waiting here either works, or registered with a queue that is dead: then it will miss our heartbeats
           and say READY again. */
        if (frame_is_byte (m->first, PPP_HEARTBEAT))
            pool_refresh (workers, name, expiry);
        frame_free (name);
    }
    message_free (m);
    return true;
}

static void
from_client (pool *workers)
{
    message *request = message_receive_now (frontend);
    bool sent = request == NULL;
    frame *name;
    while (!sent && (name = pool_take (workers))) {
        message *m = message_copy (request);
        message_put (m, name);
        sent = message_send_now (m, backend);
    }
    message_free (request);
}

static void
send_heartbeat (const frame *name, void *with)
{
    (void) with;
    message *m = message_new ();
    message_add (m, frame_copy (name));
    message_add (m, frame_new (&(char){PPP_HEARTBEAT}, 1));
    message_send_now (m, backend);
}

static void
run (pool *workers)
{
    int64_t beat = now_ms ();
    int ready;
    while ((ready = wait_any ((void *[]){backend, frontend}, pool_count (workers) ? 2 : 1, beat)) != WAIT_STOP) {
        /* Words that workers said while we were busy, or frozen, count before their silence does. */
        for (int i = 0; i < AT_ONCE && from_worker (workers); i++)
            ;
        pool_expire (workers, now_ms ());
        if (ready & 2)
            from_client (workers);
        if (now_ms () >= beat) {
            pool_each (workers, send_heartbeat, NULL);
            beat = now_ms () + HEARTBEAT_MS;
        }
    }
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
    run (workers);
    pool_free (workers);
    socket_close (frontend);
    socket_close (backend);
    context_end (context);
    return 0;
}
