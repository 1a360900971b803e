/* Worker: worker NAME VENTILATOR_SIDE SINK_SIDE

   Squares what the ventilator sends, for the sink, until it is told to end. */
#include "lib.h"

static void
work (void *tasks, void *results, const char *name)
{
    message *m = message_receive (tasks);
    if (!m)
        return;
    long task = frame_number (m->first);
    message_free (m);
    say ("%s squares %ld", name, task);
    message *result = message_new ();
    message_add (result, frame_text ("%ld * %ld = %ld", task, task, task * task));
    message_send (result, results);
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 4)
        usage ("worker NAME VENTILATOR_SIDE SINK_SIDE");
    void *context = context_new ();
    void *results = socket_at (context, ZMQ_PUSH, argv[3]);
    void *tasks = socket_at (context, ZMQ_PULL, argv[2]);
    while (wait_one (tasks, NEVER) != WAIT_STOP)
        work (tasks, results, argv[1]);
    socket_close (tasks);
    socket_close (results);
    context_end (context);
    return 0;
}
