/* Freelance client, model one: client_failover NAME ENDPOINTS [FIRST LAST [TRIES]]

   Simple fail-over: asks one server, and after half a second without a reply the next one of the list (lib/lazy.c). Few messages; slow when
   many servers are dead. */
#include "client.h"

#include "lazy.h"

static message *
ask (void *servers, long n, message *request)
{
    message_put (request, frame_text ("%ld", n));
    return lazy_ask (servers, request);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    struct arguments a = read_arguments (argc, argv);
    void *context = context_new ();
    lazy *l = lazy_new (context, a.endpoints, TIMEOUT_MS, a.tries);
    int status = run (&a, ask, l);
    lazy_free (l);
    context_end (context);
    return status;
}
