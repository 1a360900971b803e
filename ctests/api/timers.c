/* zmq_timers_*: order, re-arming, cancelling, errors. */
#include "check.h"

static int order[100], fired;

static void
note (int id, void *arg)
{
    (void) id;
    order[fired++] = *(int *) arg;
}

static int one = 1, two = 2, three = 3;
static void *timers;
static int added;

static void
adds (int id, void *arg)
{
    note (id, arg);
    if (!added)
        added = zmq_timers_add (timers, 1000000, note, &three);
}

static void
run_until (int n)
{
    for (int64_t end = now_ms () + LONG_WAIT; fired < n;) {
        long wait = zmq_timers_timeout (timers);
        CHECK (wait >= 0 && now_ms () < end);
        pause_ms ((int) wait);
        CHECK_EQ (zmq_timers_execute (timers), 0);
    }
}

int
main (void)
{
    timers = zmq_timers_new ();
    CHECK (timers != NULL);
    SHOW (zmq_timers_timeout (timers));
    SHOW (zmq_timers_execute (timers));
    int a = zmq_timers_add (timers, 500, note, &one);
    SAY ("first id %d", a);
    SHOW (zmq_timers_execute (timers));
    CHECK_EQ (fired, 0);
    long wait = zmq_timers_timeout (timers);
    CHECK (wait >= 0 && wait <= 500);
    run_until (1);
    CHECK_EQ (fired, 1);
    /* it is armed again */
    run_until (2);
    SHOW (zmq_timers_cancel (timers, a));
    SHOW (zmq_timers_cancel (timers, a));
    SHOW (zmq_timers_timeout (timers));
    pause_ms (550);
    SHOW (zmq_timers_execute (timers));
    CHECK_EQ (fired, 2);

    /* in the order of their times, each once in one execute */
    fired = 0;
    int b = zmq_timers_add (timers, 600, note, &three);
    int c = zmq_timers_add (timers, 200, note, &one);
    int d = zmq_timers_add (timers, 400, note, &two);
    SAY ("ids %d %d %d", b, c, d);
    pause_ms (650);
    SHOW (zmq_timers_timeout (timers));
    SHOW (zmq_timers_execute (timers));
    SAY ("fired %d: %d %d %d", fired, order[0], order[1], order[2]);

    /* a longer and a shorter interval from now on */
    OK (zmq_timers_cancel (timers, b));
    OK (zmq_timers_cancel (timers, d));
    fired = 0;
    SHOW (zmq_timers_set_interval (timers, c, 1000000));
    CHECK (zmq_timers_timeout (timers) > 900000);
    SHOW (zmq_timers_reset (timers, c));
    CHECK (zmq_timers_timeout (timers) > 900000);
    SHOW (zmq_timers_set_interval (timers, c, 10));
    run_until (1);
    SHOW (zmq_timers_cancel (timers, c));

    /* a handler may add timers */
    fired = 0;
    int e = zmq_timers_add (timers, 10, adds, &two);
    run_until (1);
    CHECK (added > e);
    SHOW (zmq_timers_cancel (timers, added));
    SHOW (zmq_timers_cancel (timers, e));

    /* errors */
    SHOW (zmq_timers_add (timers, 10, NULL, NULL));
    SHOW (zmq_timers_add (NULL, 10, note, &one));
    SHOW (zmq_timers_cancel (NULL, 1));
    SHOW (zmq_timers_cancel (timers, 1000));
    SHOW (zmq_timers_set_interval (timers, 1000, 5));
    SHOW (zmq_timers_set_interval (NULL, 1, 5));
    SHOW (zmq_timers_reset (timers, 1000));
    SHOW (zmq_timers_reset (NULL, 1));
    SHOW (zmq_timers_timeout (NULL));
    SHOW (zmq_timers_execute (NULL));
    SHOW (zmq_timers_destroy (&timers));
    CHECK (timers == NULL);
    SHOW (zmq_timers_destroy (&timers));
    return 0;
}
