/* Majordomo worker: worker NAME BROKER [SERVICE [WORK_MS]]

   Squares numbers, as the service "square" or under another name. */
#include "lib.h"
#include "mdp.h"
#include "work.h"

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("worker NAME BROKER [SERVICE [WORK_MS]]");
    long ms = argc > 4 ? number (argv[4]) : 100;
    void *context = context_new ();
    mdp_worker *w = mdp_worker_new (context, argv[2], argc > 3 ? argv[3] : "square");
    say ("%s: is ready", argv[1]);
    message *request, *reply = NULL;
    while ((request = mdp_worker_wait (w, reply))) {
        reply = work_do (request, argv[1], ms);
        if (!reply) {
            reply = message_new ();
            message_add_text (reply, "that is no number");
        }
        message_free (request);
    }
    mdp_worker_free (w);
    context_end (context);
    return 0;
}
