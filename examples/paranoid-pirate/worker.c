/* Paranoid Pirate worker: worker NAME BACKEND [WORK_MS]

   A DEALER socket that says READY, works, and exchanges heartbeats with the queue (RFC 6). When the queue is silent it throws its
   socket away and says READY on a new one, after a pause that doubles each time. */
#include "lib.h"
#include "ppp.h"
#include "pulse.h"
#include "work.h"

struct worker {
    const char *name, *endpoint;
    long work_ms;
    void *context, *socket;
    pulse pulse;
};

static void
send_command (struct worker *w, char command)
{
    zmq_send (w->socket, &command, 1, ZMQ_DONTWAIT);
    pulse_sent (&w->pulse);
}

static void
introduce (struct worker *w)
{
    socket_drop (w->socket);
    w->socket = socket_new (w->context, ZMQ_DEALER);
    connect_to (w->socket, w->endpoint);
    say ("%s: is ready", w->name);
    pulse_begin (&w->pulse);
    send_command (w, PPP_READY);
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
    pulse_heard (&w->pulse);
}

static void
run (struct worker *w)
{
    int ready;
    while ((ready = wait_one (w->socket, pulse_next (&w->pulse))) != WAIT_STOP) {
        if (ready) {
            hear_queue (w);
        } else if (pulse_lost (&w->pulse)) {
            say ("%s: the queue is silent", w->name);
            if (!pulse_wait (&w->pulse))
                return;
            introduce (w);
        }
        if (pulse_beat_due (&w->pulse))
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
                       .context = context_new ()};
    introduce (&w);
    run (&w);
    socket_close (w.socket);
    context_end (w.context);
    return 0;
}
