/* Secured server: server ENDPOINT KEYS ALLOWED [WORK_MS]

   Squares numbers for clients whose public keys are in the file ALLOWED (a key and a name a line). All traffic is encrypted (CURVE, RFC 26), and the
   server knows for each request who sent it. */
#include "keys.h"
#include "lib.h"
#include "work.h"
#include "zap.h"

/* The name that the authenticator gave comes with every message; the client's own words about itself are only a claim. */
static void
serve (void *socket, long ms)
{
    message *request = message_receive (socket);
    if (!request)
        return;
    const char *user = zmq_msg_gets (&request->first->body, "User-Id");
    message *reply = NULL;
    if (user && frame_is (request->first, user))
        reply = work_do (request, "server", ms);
    else
        say ("server: %s uses the name of another", user ? user : "somebody");
    if (!reply) {
        reply = message_new ();
        message_add_text (reply, "no");
    }
    message_send (reply, socket);
    message_free (request);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 4)
        usage ("server ENDPOINT KEYS ALLOWED [WORK_MS]");
    long ms = argc > 4 ? number (argv[4]) : 10;
    struct key_pair keys;
    keys_read (argv[2], &keys);
    void *context = context_new ();
    zap *z = zap_start (context, argv[3]);
    void *socket = socket_new (context, ZMQ_REP);
    set_number (socket, ZMQ_CURVE_SERVER, 1);
    set_text (socket, ZMQ_CURVE_SECRETKEY, keys.secret_key);
    set_text (socket, ZMQ_ZAP_DOMAIN, "secured");
    bind_to (socket, argv[1]);
    while (wait_one (socket, NEVER) != WAIT_STOP)
        serve (socket, ms);
    socket_close (socket);
    zap_stop (z);
    context_end (context);
    return 0;
}
