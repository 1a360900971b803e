/* Preloaded into every program of scripts/real-programs: when the process ends or unloads a library, the lines
   of its memory map that name a libzmq go to a file of its own in the directory WITNESS. A program that ends without
   the C library's help does the same by itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__ ((destructor)) static void report (void)
{
    char name [4096], line [4096];
    const char *directory = getenv ("WITNESS");
    FILE *maps = fopen ("/proc/self/maps", "r"), *out = NULL;
    if (!directory || !maps)
        return;
    while (fgets (line, sizeof line, maps)) {
        if (!strstr (line, "/libzmq.so"))
            continue;
        if (!out) {
            snprintf (name, sizeof name, "%s/%d", directory, (int) getpid ());
            out = fopen (name, "a");
        }
        if (out)
            fputs (line, out);
    }
    if (out)
        fclose (out);
    fclose (maps);
}

/* Some programs unload what they have loaded before they end. */
int dlclose (void *handle)
{
    int (*next) (void *);
    report ();
    *(void **) &next = dlsym (RTLD_NEXT, "dlclose");
    return next (handle);
}
