/* Clone client: client NAME SERVERS SUBTREE watch
                 client NAME SERVERS SUBTREE set FIRST LAST [PAUSE_MS]
                 client NAME SERVERS SUBTREE hold KEY VALUE TTL

   SERVERS are bases separated by commas. watch prints each change of the subtree. set sets SUBTREE/FIRST to SUBTREE/LAST to squares, and prints what is
   confirmed. hold sets one value for TTL seconds, and does so again in time as long as it lives. */
#include "chp.h"
#include "clone.h"
#include "lib.h"

#define MOST_UNCONFIRMED 10

static void
print_change (const message *kv, void *with)
{
    char *key = kv_key (kv), *value = frame_string (kv_value (kv));
    if (kv_deletes (kv))
        say ("%s: %s is gone", (const char *) with, key);
    else
        say ("%s: %s is %s", (const char *) with, key, value);
    free (key);
    free (value);
}

static void
print_confirmation (const char *key, void *with)
{
    say ("%s: %s is confirmed", (const char *) with, key);
}

/* Lets the clone work until then. False when the program is to end. */
static bool
work_until (clone *c, int64_t deadline)
{
    do {
        void *sockets[2];
        size_t count = clone_sockets (c, sockets);
        if (wait_any (sockets, count, earlier (deadline, clone_next (c))) == WAIT_STOP)
            return false;
        clone_step (c);
    } while (now_ms () < deadline);
    return true;
}

static bool
work_while_unconfirmed (clone *c, size_t allowed)
{
    bool go_on = true;
    while (go_on && clone_unconfirmed (c) > allowed)
        go_on = work_until (c, now_ms () + 10);
    return go_on;
}

static void
set_numbers (clone *c, const char *subtree, long first, long last, long pause_ms)
{
    bool go_on = true;
    for (long n = first; n <= last && go_on; n++) {
        char key[256], value[32];
        snprintf (key, sizeof key, "%s%ld", subtree, n);
        snprintf (value, sizeof value, "%ld", n * n);
        clone_set (c, key, value, 0);
        go_on = work_until (c, now_ms () + pause_ms) && work_while_unconfirmed (c, MOST_UNCONFIRMED);
    }
    if (go_on)
        work_while_unconfirmed (c, 0);
}

static void
hold (clone *c, const char *key, const char *value, long ttl)
{
    do
        clone_set (c, key, value, ttl);
    while (work_until (c, now_ms () + ttl * 500) && work_while_unconfirmed (c, 0));
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 5)
        usage ("client NAME SERVERS SUBTREE watch | set FIRST LAST [PAUSE_MS] | hold KEY VALUE TTL");
    void *context = context_new ();
    clone *c = clone_new (context, &(struct clone_options){.servers = argv[2],
                                                           .subtree = argv[3],
                                                           .changed = print_change,
                                                           .confirmed = print_confirmation,
                                                           .with = argv[1]});
    if (strcmp (argv[4], "set") == 0 && argc > 6)
        set_numbers (c, argv[3], number (argv[5]), number (argv[6]), argc > 7 ? number (argv[7]) : 0);
    else if (strcmp (argv[4], "hold") == 0 && argc > 7)
        hold (c, argv[5], argv[6], number (argv[7]));
    else
        work_until (c, NEVER);
    clone_free (c);
    context_end (context);
    return 0;
}
