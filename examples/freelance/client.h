/* Shared by the three clients: NAME ENDPOINTS [FIRST LAST [TRIES]], and the loop over the numbers. */
#ifndef FREELANCE_CLIENT_H
#define FREELANCE_CLIENT_H

#include "lib.h"
#include "work.h"

#define TIMEOUT_MS 500

struct arguments {
    const char *name, *endpoints;
    long first, last, tries;
};

static inline struct arguments
read_arguments (int argc, char **argv)
{
    if (argc < 3)
        usage ("client NAME ENDPOINTS [FIRST LAST [TRIES]]");
    return (struct arguments){.name = argv[1],
                              .endpoints = argv[2],
                              .first = argc > 4 ? number (argv[3]) : 1,
                              .last = argc > 4 ? number (argv[4]) : 10,
                              .tries = argc > 5 ? number (argv[5]) : 4};
}

/* Asks for one number after the other. `ask` returns [n, reply...], or NULL when it gives up or the program is to end. */
static inline int
run (const struct arguments *a, message *(*ask) (void *servers, long n, message *request), void *servers)
{
    for (long n = a->first; n <= a->last; n++) {
        message *reply = ask (servers, n, work_request (a->name, n));
        if (!reply && told_to_end ())
            return 0;
        if (reply)
            frame_free (message_take (reply));
        if (!reply || !work_done (reply, a->name, n)) {
            say ("%s: %s", a->name, reply ? "a wrong reply" : "gives up");
            return 1;
        }
    }
    return 0;
}

#endif
