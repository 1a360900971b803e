/* Time for deadlines: it never goes back, whatever happens to the date. */
#ifndef EXAMPLES_CLOCK_H
#define EXAMPLES_CLOCK_H

#include <stdint.h>

#define NEVER INT64_MAX

int64_t now_ms (void);
int64_t earlier (int64_t a, int64_t b);

#endif
