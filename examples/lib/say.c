#include "lib.h"

#include <stdarg.h>

void
say (const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vprintf (format, arguments);
    va_end (arguments);
    putchar ('\n');
    fflush (stdout);
}

void
die (const char *what)
{
    fprintf (stderr, "%s: %s\n", what, zmq_strerror (errno));
    exit (1);
}

void
usage (const char *text)
{
    fprintf (stderr, "usage: %s\n", text);
    exit (2);
}

void *
allocate (size_t size)
{
    void *memory = calloc (1, size ? size : 1);
    if (!memory)
        die ("memory");
    return memory;
}

char *
copy_text (const char *text)
{
    char *copy = allocate (strlen (text) + 1);
    return strcpy (copy, text);
}

long
number (const char *text)
{
    char *end;
    errno = 0;
    long value = strtol (text, &end, 10);
    if (end == text || *end || value < 0 || errno)
        usage ("a number has to be a number");
    return value;
}
