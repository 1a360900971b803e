/* Makes a pair of keys: keygen NAME

   Writes NAME.public, which everybody may have, and NAME.secret, which only its owner may. */
#include "keys.h"
#include "lib.h"

int
main (int argc, char **argv)
{
    if (argc != 2)
        usage ("keygen NAME");
    keys_make (argv[1]);
    return 0;
}
