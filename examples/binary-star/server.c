/* Binary Star server: server primary|backup FRONTEND LOCAL REMOTE [WORK_MS]

   Squares numbers on FRONTEND while it is the active one (lib/bstar.h). LOCAL is where it tells its state, REMOTE where the other one does. */
#include "bstar.h"
#include "lib.h"
#include "work.h"

/* [client, "", request...]. A server that may not serve does not answer: the client then asks the other one. */
static void
serve (bstar *b, void *frontend, const char *name, long ms)
{
    message *m = message_receive_now (frontend);
    if (!m)
        return;
    frame *client = message_take (m);
    frame_free (message_take (m));
    message *reply = bstar_may_serve (b) ? work_do (m, name, ms) : NULL;
    /* Once more: the work took its time. */
    if (reply && bstar_may_serve (b)) {
        say ("%s: serves at %" PRId64, name, now_ms ());
        message_put_text (reply, "");
        message_put (reply, client);
        message_send_now (reply, frontend);
    } else {
        message_free (reply);
        frame_free (client);
    }
    message_free (m);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 5)
        usage ("server primary|backup FRONTEND LOCAL REMOTE [WORK_MS]");
    const char *name = argv[1];
    enum bstar_role role = strcmp (name, "primary") == 0 ? BSTAR_PRIMARY : BSTAR_BACKUP;
    long ms = argc > 5 ? number (argv[5]) : 10;
    void *context = context_new ();
    void *frontend = socket_new (context, ZMQ_ROUTER);
    bind_to (frontend, argv[2]);
    bstar *b = bstar_new (context, name, role, argv[3], argv[4]);
    int ready;
    while ((ready = wait_any ((void *[]){bstar_socket (b), frontend}, 2, bstar_next (b))) != WAIT_STOP) {
        bstar_step (b);
        if (ready & 2)
            serve (b, frontend, name, ms);
    }
    bstar_free (b);
    socket_close (frontend);
    context_end (context);
    return 0;
}
