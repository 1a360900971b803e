#include "work.h"

#include "lib.h"

#define LARGEST 1000000000 /* its square is a number, too */

message *
work_request (const char *client, long n)
{
    message *m = message_new ();
    message_add_text (m, client);
    message_add (m, frame_text ("%ld", n));
    return m;
}

message *
work_do (const message *request, const char *worker, long ms)
{
    long n = frame_number (message_at (request, 1));
    if (n < 0 || n > LARGEST)
        return NULL;
    char *client = frame_string (request->first);
    say ("%s: squares %ld for %s", worker, n, client);
    free (client);
    pass_time (ms);
    message *reply = message_new ();
    message_add (reply, frame_text ("%ld", n));
    message_add (reply, frame_text ("%ld", n * n));
    message_add_text (reply, worker);
    return reply;
}

bool
work_done (message *reply, const char *client, long n)
{
    bool right = message_count (reply) == 3 && frame_number (reply->first) == n;
    if (right) {
        char *worker = frame_string (message_at (reply, 2));
        say ("%s: %ld squared is %ld, says %s", client, n, frame_number (message_at (reply, 1)), worker);
        free (worker);
    }
    message_free (reply);
    return right;
}
