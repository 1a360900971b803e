/* Keys of CURVE in files: NAME.public and NAME.secret, each one line of 40 characters (Z85). */
#ifndef EXAMPLES_KEYS_H
#define EXAMPLES_KEYS_H

#define KEY_SIZE 41 /* with the NUL */

struct key_pair {
    char public_key[KEY_SIZE], secret_key[KEY_SIZE];
};

/* Makes a new pair; only its owner may read the secret. */
void keys_make (const char *name);

/* All end the program if there is no key. */
void key_read (const char *file, char key[KEY_SIZE]);
void keys_read (const char *name, struct key_pair *keys);

#endif
