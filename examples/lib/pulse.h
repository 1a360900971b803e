/* Heartbeats as a worker sees them: when to show that it lives, when the other side has been silent for too long, and how
   long to pause before the next try. */
#ifndef EXAMPLES_PULSE_H
#define EXAMPLES_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#define HEARTBEAT_MS 200 /* a sign of life this often, both ways */
#define SILENCE_MS 1000  /* after such a silence the other side is dead */

typedef struct pulse {
    int64_t beat, silence;
    long pause_ms;
} pulse;

void pulse_begin (pulse *p);       /* a new socket */
void pulse_sent (pulse *p);        /* anything that was sent was a sign of life */
void pulse_heard (pulse *p);       /* the other side lives */
int64_t pulse_next (const pulse *p);
bool pulse_beat_due (const pulse *p);
bool pulse_lost (const pulse *p);
bool pulse_wait (pulse *p);        /* a pause, which doubles from 0.1 to 1.6 s; false when the program is to end */

#endif
