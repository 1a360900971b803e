/* Freelance client, model three: client_agent NAME ENDPOINTS [FIRST LAST [TRIES]]

   An agent in the background pings the servers, addresses them one by one, and asks one that lives (lib/flp.h). */
#include "client.h"

#include "flp.h"

struct asker {
    flp *agent;
    long tries;
};

/* The control frame is the agent's own; the loop expects one. */
static message *
ask (void *servers, long n, message *request)
{
    struct asker *asker = servers;
    message *reply = flp_ask (asker->agent, request, asker->tries * TIMEOUT_MS);
    if (reply)
        message_put (reply, frame_text ("%ld", n));
    return reply;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    struct arguments a = read_arguments (argc, argv);
    void *context = context_new ();
    struct asker asker = {.agent = flp_new (context), .tries = a.tries};
    char *list = copy_text (a.endpoints), *rest = list, *endpoint;
    while ((endpoint = strtok_r (rest, ",", &rest)))
        flp_connect (asker.agent, endpoint);
    free (list);
    int status = run (&a, ask, &asker);
    flp_free (asker.agent);
    context_end (context);
    return status;
}
