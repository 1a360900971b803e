/* Names that nobody else has, and nobody ever had: 32 hexadecimal digits of chance. */
#ifndef EXAMPLES_UNIQUE_H
#define EXAMPLES_UNIQUE_H

#define UNIQUE_SIZE 33 /* with the NUL */

void unique_name (char name[UNIQUE_SIZE]);

#endif
