#include "keys.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib.h"

static void
write_key (const char *name, const char *ending, mode_t mode, const char *key)
{
    char file[512];
    snprintf (file, sizeof file, "%s.%s", name, ending);
    int out = open (file, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (out == -1 || dprintf (out, "%s\n", key) < 0 || close (out))
        die (file);
}

void
keys_make (const char *name)
{
    struct key_pair keys;
    if (zmq_curve_keypair (keys.public_key, keys.secret_key))
        die ("zmq_curve_keypair");
    write_key (name, "public", 0644, keys.public_key);
    write_key (name, "secret", 0600, keys.secret_key);
}

void
key_read (const char *file, char key[KEY_SIZE])
{
    FILE *in = fopen (file, "r");
    if (!in || fscanf (in, "%40s", key) != 1)
        die (file);
    fclose (in);
}

void
keys_read (const char *name, struct key_pair *keys)
{
    char file[512];
    snprintf (file, sizeof file, "%s.public", name);
    key_read (file, keys->public_key);
    snprintf (file, sizeof file, "%s.secret", name);
    key_read (file, keys->secret_key);
}
