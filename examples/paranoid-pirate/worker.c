/* Paranoid Pirate worker: worker NAME BACKEND [WORK_MS]

   A DEALER socket that says READY, works, and exchanges heartbeats with the queue (RFC 6). When the queue is silent it throws its
   socket away and says READY on a new one, after a pause that doubles each time. */
#include "lib.h"
#include "ppp.h"
#include "work.h"

#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 1600

struct worker {
    const char *name, *endpoint;
    long work_ms, pause_ms;
    void *context, *socket;
    int64_t beat;    /* when to show that we live */
    int64_t silence; /* when the queue has been silent for too long */
};

static void
send_command (struct worker *w, char command)
{
    zmq_send (w->socket, &command, 1, ZMQ_DONTWAIT);
    w->beat = now_ms () + HEARTBEAT_MS;
}

static void
introduce (struct worker *w)
{
    socket_drop (w->socket);
    w->socket = socket_new (w->context, ZMQ_DEALER);
    connect_to (w->socket, w->endpoint);
    say ("%s: is ready", w->name);
    send_command (w, PPP_READY);
    w->silence = now_ms () + SILENCE_MS;
}

/* [client, "", request...] comes, [client, "", reply...] goes. Anything else is a heartbeat. */
static void
hear_queue (struct worker *w)
{
    message *m = message_receive_now (w->socket);
    if (m && message_count (m) > 2) {
        frame *client = message_take (m);
        frame_free (message_take (m));
        message *reply = work_do (m, w->name, w->work_ms);
        if (!reply)
            reply = message_new ();
        message_put_text (reply, "");
        message_put (reply, client);
        message_send (reply, w->socket);
    }
    message_free (m);
    /* After the work: nobody listened meanwhile, so that time is no silence. */
    w->silence = now_ms () + SILENCE_MS;
    w->pause_ms = FIRST_PAUSE_MS;
}

static bool
start_again (struct worker *w)
{
    say ("%s: the queue is silent", w->name);
    if (!pass_time (w->pause_ms))
        return false;
    if (w->pause_ms < LONGEST_PAUSE_MS)
        w->pause_ms *= 2;
    introduce (w);
    return true;
}

static void
run (struct worker *w)
{
    int ready;
    while ((ready = wait_one (w->socket, earlier (w->beat, w->silence))) != WAIT_STOP) {
        if (ready)
            hear_queue (w);
        else if (now_ms () >= w->silence && !start_again (w))
            return;
        if (now_ms () >= w->beat)
            send_command (w, PPP_HEARTBEAT);
    }
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc < 3)
        usage ("worker NAME BACKEND [WORK_MS]");
    struct worker w = {.name = argv[1],
                       .endpoint = argv[2],
                       .work_ms = argc > 3 ? number (argv[3]) : 100,
                       .pause_ms = FIRST_PAUSE_MS,
                       .context = context_new ()};
    introduce (&w);
    run (&w);
    socket_close (w.socket);
    context_end (w.context);
    return 0;
}
