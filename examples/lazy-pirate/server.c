/* Lazy Pirate server: server NAME ENDPOINT [WORK_MS [TROUBLE SEED]]

   Squares numbers on a REP socket. With TROUBLE it gets into some, on average once in so many requests: it crashes, or it
   stalls for a second and a half. */
#include "lib.h"
#include "work.h"

#include <signal.h>

static void
maybe_trouble (const char *name, long trouble, unsigned *seed)
{
    if (trouble == 0 || rand_r (seed) % trouble)
        return;
    if (rand_r (seed) % 2) {
        say ("%s: stalls", name);
        pass_time (1500);
    } else {
        say ("%s: crashes", name);
        raise (SIGKILL);
    }
}

static void
serve (void *socket, const char *name, long ms)
{
    message *request = message_receive (socket);
    if (!request)
        return;
    message *reply = work_do (request, name, ms);
    /* REP has to reply, to nonsense too, before it can receive the next request. */
    message_send (reply ? reply : message_copy (request), socket);
    message_free (request);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("server NAME ENDPOINT [WORK_MS [TROUBLE SEED]]");
    long ms = argc > 3 ? number (argv[3]) : 100;
    long trouble = argc > 5 ? number (argv[4]) : 0;
    unsigned seed = argc > 5 ? (unsigned) number (argv[5]) : 0;

    void *context = context_new ();
    void *socket = socket_new (context, ZMQ_REP);
    bind_to (socket, argv[2]);
    while (wait_one (socket, NEVER) != WAIT_STOP) {
        maybe_trouble (argv[1], trouble, &seed);
        serve (socket, argv[1], ms);
    }
    socket_close (socket);
    context_end (context);
    return 0;
}
