/* Titanic client: client NAME BROKER submit FIRST LAST [PAUSE_MS]
                   client NAME BROKER collect N UUID [N UUID ...]
                   client NAME BROKER status UUID

   submit stores requests for the squares of FIRST to LAST and prints where each is; the client may leave then. collect waits for the replies
   and closes them. status prints what Titanic says of one: 200 (done), 300 (pending) or 400 (unknown). */
#include "lib.h"
#include "mdp.h"
#include "work.h"

#define TIMEOUT_MS 500
#define TRIES 1000
#define ASK_AGAIN_MS 50

/* Asks until Titanic says something else than 500 (its disk does not play along) and, if wanted, 300 (pending). The
   answer without its status; NULL when the program is to end. */
static message *
insist (mdp_client *c, const char *service, const message *request, bool pending_too, long *code)
{
    for (;;) {
        message *answer = mdp_ask (c, service, message_copy (request));
        if (!answer && errno == EINTR)
            return NULL;
        if (!answer)
            die (service);
        frame *status = message_take (answer);
        *code = frame_number (status);
        frame_free (status);
        if (*code != 500 && !(pending_too && *code == 300))
            return answer;
        message_free (answer);
        if (!pass_time (ASK_AGAIN_MS))
            return NULL;
    }
}

static bool
submit (mdp_client *c, const char *name, long n)
{
    long code;
    message *request = work_request (name, n);
    message_put_text (request, "square");
    message *answer = insist (c, "titanic.request", request, false, &code);
    message_free (request);
    bool stored = answer && code == 200 && message_count (answer) == 1;
    if (stored) {
        char *uuid = frame_string (answer->first);
        say ("%s: %ld is stored as %s", name, n, uuid);
        free (uuid);
    }
    message_free (answer);
    return stored;
}

static message *
about (const char *uuid)
{
    message *m = message_new ();
    message_add_text (m, uuid);
    return m;
}

static bool
collect (mdp_client *c, const char *name, long n, const char *uuid)
{
    long code;
    message *request = about (uuid);
    message *reply = insist (c, "titanic.reply", request, true, &code);
    bool right = reply && code == 200 && work_done (reply, name, n);
    if (reply && code != 200) {
        say ("%s: %s is %ld", name, uuid, code);
        message_free (reply);
    }
    if (right) {
        message_free (insist (c, "titanic.close", request, false, &code));
        say ("%s: %s is closed", name, uuid);
    }
    message_free (request);
    return right;
}

static bool
status (mdp_client *c, const char *name, const char *uuid)
{
    long code;
    message *request = about (uuid);
    message *answer = insist (c, "titanic.reply", request, false, &code);
    message_free (request);
    if (answer)
        say ("%s: %s is %ld", name, uuid, code);
    message_free (answer);
    return answer != NULL;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 5)
        usage ("client NAME BROKER submit FIRST LAST [PAUSE_MS] | collect N UUID ... | status UUID");
    const char *name = argv[1], *what = argv[3];
    void *context = context_new ();
    mdp_client *c = mdp_client_new (context, argv[2], TIMEOUT_MS, TRIES);
    bool well = true;
    if (strcmp (what, "submit") == 0 && argc > 5)
        for (long n = number (argv[4]); n <= number (argv[5]) && well; n++)
            well = submit (c, name, n) && pass_time (argc > 6 ? number (argv[6]) : 0);
    else if (strcmp (what, "collect") == 0)
        for (int i = 4; i + 1 < argc && well; i += 2)
            well = collect (c, name, number (argv[i]), argv[i + 1]);
    else
        well = status (c, name, argv[4]);
    mdp_client_free (c);
    context_end (context);
    return !well && !told_to_end ();
}
