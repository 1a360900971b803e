/* Lazy Pirate client: client NAME ENDPOINT [FIRST LAST [TRIES]]

   Asks for the squares of FIRST to LAST, one after the other. When no reply comes within half a second it asks again on a new
   socket (lib/lazy.c), TRIES times; then it gives up. It is also the client of Simple and Paranoid Pirate. */
#include "lazy.h"
#include "lib.h"
#include "work.h"

#define TIMEOUT_MS 500

enum outcome { ANSWERED, FAILED, TOLD_TO_END };

static enum outcome
ask (lazy *l, const char *name, long n)
{
    message *reply = lazy_ask (l, work_request (name, n));
    if (reply && work_done (reply, name, n))
        return ANSWERED;
    if (!reply && errno == EINTR)
        return TOLD_TO_END;
    say ("%s: %s", name, reply ? "a wrong reply" : "gives up");
    return FAILED;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("client NAME ENDPOINT [FIRST LAST [TRIES]]");
    long first = argc > 4 ? number (argv[3]) : 1;
    long last = argc > 4 ? number (argv[4]) : 10;
    long tries = argc > 5 ? number (argv[5]) : 4;

    void *context = context_new ();
    lazy *l = lazy_new (context, argv[2], TIMEOUT_MS, tries);
    enum outcome outcome = ANSWERED;
    for (long n = first; n <= last && outcome == ANSWERED; n++)
        outcome = ask (l, argv[1], n);
    lazy_free (l);
    context_end (context);
    return outcome == FAILED;
}
