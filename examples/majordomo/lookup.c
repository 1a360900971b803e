/* Asks a Majordomo broker about itself: lookup BROKER SERVICE [QUESTION]

   The question is "mmi.service": are there workers for a service? (RFC 8) Prints the answer: 200, 404 or 501. */
#include "lib.h"
#include "mdp.h"

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("lookup BROKER SERVICE [QUESTION]");
    void *context = context_new ();
    mdp_client *c = mdp_client_new (context, argv[1], 500, 10);
    message *question = message_new ();
    message_add_text (question, argv[2]);
    message *answer = mdp_ask (c, argc > 3 ? argv[3] : "mmi.service", question);
    if (answer && answer->first) {
        char *code = frame_string (answer->first);
        say ("%s", code);
        free (code);
    }
    bool answered = answer != NULL;
    message_free (answer);
    mdp_client_free (c);
    context_end (context);
    return !answered;
}
