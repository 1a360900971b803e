/* Secured client: client NAME ENDPOINT SERVER_KEY KEYS [FIRST LAST [TRIES]]

   A Lazy Pirate (lib/lazy.h) with keys: SERVER_KEY is the file of the server's public key, by which the client knows that it talks to the right
   one; KEYS names its own pair. A KEYS of "-" is for no security at all, to see that it is refused. */
#include "keys.h"
#include "lazy.h"
#include "lib.h"
#include "work.h"

#define TIMEOUT_MS 500

struct credentials {
    char server[KEY_SIZE];
    struct key_pair own;
};

static void
show_keys (void *socket, void *with)
{
    const struct credentials *c = with;
    set_text (socket, ZMQ_CURVE_SERVERKEY, c->server);
    set_text (socket, ZMQ_CURVE_PUBLICKEY, c->own.public_key);
    set_text (socket, ZMQ_CURVE_SECRETKEY, c->own.secret_key);
}

/* 0 when all was answered or the program is to end, 1 when not. */
static int
ask_all (lazy *l, const char *name, long first, long last)
{
    for (long n = first; n <= last; n++) {
        message *reply = lazy_ask (l, work_request (name, n));
        if (!reply && errno == EINTR)
            return 0;
        if (!reply || !work_done (reply, name, n)) {
            say ("%s: %s", name, reply ? "was told no" : "gives up");
            return 1;
        }
    }
    return 0;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 5)
        usage ("client NAME ENDPOINT SERVER_KEY KEYS [FIRST LAST [TRIES]]");
    long first = argc > 6 ? number (argv[5]) : 1;
    long last = argc > 6 ? number (argv[6]) : 10;
    long tries = argc > 7 ? number (argv[7]) : 4;
    void *context = context_new ();
    lazy *l = lazy_new (context, argv[2], TIMEOUT_MS, tries);
    struct credentials credentials;
    if (strcmp (argv[4], "-") != 0) {
        key_read (argv[3], credentials.server);
        keys_read (argv[4], &credentials.own);
        lazy_prepare (l, show_keys, &credentials);
    }
    int status = ask_all (l, argv[1], first, last);
    lazy_free (l);
    context_end (context);
    return status;
}
