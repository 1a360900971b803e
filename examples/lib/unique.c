#include "lib.h"

#include <sys/random.h>

void
unique_name (char name[UNIQUE_SIZE])
{
    unsigned char chance[16];
    if (getrandom (chance, sizeof chance, 0) != sizeof chance)
        die ("getrandom");
    for (size_t i = 0; i < sizeof chance; i++)
        snprintf (name + 2 * i, 3, "%02x", chance[i]);
}
