/* Words to people, and the end of a program that cannot go on. */
#ifndef EXAMPLES_SAY_H
#define EXAMPLES_SAY_H

#include <stddef.h>

/* Prints a line at once, also into a pipe: its reader may kill us next. */
void say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Ends the program because `what` failed; tells errno. For mistakes of a caller and for a machine without memory: input
   from the network is never a reason to die. */
void die (const char *what) __attribute__ ((noreturn));

/* Ends the program because it was called wrongly. */
void usage (const char *text) __attribute__ ((noreturn));

/* Memory, or the end of the program. */
void *allocate (size_t size) __attribute__ ((malloc, returns_nonnull));
char *copy_text (const char *text) __attribute__ ((malloc, returns_nonnull));

/* A number of the command line that is not negative. */
long number (const char *text);

#endif
