#include "pulse.h"

#include "lib.h"

#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 1600

void
pulse_begin (pulse *p)
{
    if (p->pause_ms == 0)
        p->pause_ms = FIRST_PAUSE_MS;
    p->silence = now_ms () + SILENCE_MS;
    pulse_sent (p);
}

void
pulse_sent (pulse *p)
{
    p->beat = now_ms () + HEARTBEAT_MS;
}

void
pulse_heard (pulse *p)
{
    p->silence = now_ms () + SILENCE_MS;
    p->pause_ms = FIRST_PAUSE_MS;
}

int64_t
pulse_next (const pulse *p)
{
    return earlier (p->beat, p->silence);
}

bool
pulse_beat_due (const pulse *p)
{
    return now_ms () >= p->beat;
}

bool
pulse_lost (const pulse *p)
{
    return now_ms () >= p->silence;
}

bool
pulse_wait (pulse *p)
{
    bool go_on = pass_time (p->pause_ms);
    if (p->pause_ms < LONGEST_PAUSE_MS)
        p->pause_ms *= 2;
    return go_on;
}
