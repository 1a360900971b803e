/* Majordomo client: client NAME BROKER [FIRST LAST [TRIES [SERVICE]]]

   Asks the service "square", or another one, for the squares of FIRST to LAST. */
#include "lib.h"
#include "mdp.h"
#include "work.h"

#define TIMEOUT_MS 500

enum outcome { ANSWERED, FAILED, TOLD_TO_END };

static enum outcome
ask (mdp_client *c, const char *service, const char *name, long n)
{
    message *reply = mdp_ask (c, service, work_request (name, n));
    if (reply && work_done (reply, name, n))
        return ANSWERED;
    if (!reply && errno == EINTR)
        return TOLD_TO_END;
    say ("%s: %s", name, !reply && errno == ETIMEDOUT ? "gives up" : "a wrong reply");
    return FAILED;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("client NAME BROKER [FIRST LAST [TRIES [SERVICE]]]");
    long first = argc > 4 ? number (argv[3]) : 1;
    long last = argc > 4 ? number (argv[4]) : 10;
    long tries = argc > 5 ? number (argv[5]) : 4;
    const char *service = argc > 6 ? argv[6] : "square";

    void *context = context_new ();
    mdp_client *c = mdp_client_new (context, argv[2], TIMEOUT_MS, tries);
    enum outcome outcome = ANSWERED;
    for (long n = first; n <= last && outcome == ANSWERED; n++)
        outcome = ask (c, service, argv[1], n);
    mdp_client_free (c);
    context_end (context);
    return outcome == FAILED;
}
