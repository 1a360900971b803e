#include "zap.h"

#include <pthread.h>

#include "keys.h"
#include "lib.h"

struct zap {
    const char *file;
    void *questions, *control, *control_end;
    pthread_t thread;
};

/* The name of the client that has this key; NULL if none has. Free it. */
static char *
name_of (const char *file, const char *key)
{
    char line_key[64], name[64], *found = NULL;
    FILE *in = fopen (file, "r");
    while (in && !found && fscanf (in, "%63s %63s", line_key, name) == 2)
        if (strcmp (line_key, key) == 0)
            found = copy_text (name);
    if (in)
        fclose (in);
    return found;
}

/* [version, number, domain, address, routing id, mechanism, key (32 bytes)]: its name; NULL to refuse. */
static char *
judge (zap *z, const message *question)
{
    char key[KEY_SIZE];
    const frame *credentials = message_at (question, 6);
    if (!frame_is (message_at (question, 5), "CURVE") || !credentials || frame_size (credentials) != 32)
        return NULL;
    zmq_z85_encode (key, frame_data (credentials), 32);
    return name_of (z->file, key);
}

/* [version, number, status, text, name, properties] */
static void
answer (zap *z)
{
    message *question = message_receive_now (z->questions);
    if (!question)
        return;
    char *name = judge (z, question);
    if (name)
        say ("zap: lets %s in", name);
    else
        say ("zap: refuses a stranger");
    message *m = message_new ();
    message_add_text (m, "1.0");
    message_add (m, message_at (question, 1) ? frame_copy (message_at (question, 1)) : frame_text ("1"));
    message_add_text (m, name ? "200" : "400");
    message_add_text (m, name ? "OK" : "I do not know you");
    message_add_text (m, name ? name : "");
    message_add_text (m, "");
    message_send (m, z->questions);
    free (name);
    message_free (question);
}

static void *
run (void *argument)
{
    zap *z = argument;
    while (!(wait_any_deaf ((void *[]){z->control_end, z->questions}, 2, NEVER) & 1))
        answer (z);
    socket_drop (z->questions);
    socket_drop (z->control_end);
    return NULL;
}

zap *
zap_start (void *context, const char *file)
{
    zap *z = allocate (sizeof *z);
    z->file = file;
    z->questions = socket_at (context, ZMQ_REP, "@inproc://zeromq.zap.01");
    z->control = socket_at (context, ZMQ_PAIR, "@inproc://zap-control");
    z->control_end = socket_at (context, ZMQ_PAIR, ">inproc://zap-control");
    errno = pthread_create (&z->thread, NULL, run, z);
    if (errno)
        die ("pthread_create");
    return z;
}

void
zap_stop (zap *z)
{
    zmq_send (z->control, "", 0, 0);
    pthread_join (z->thread, NULL);
    socket_drop (z->control);
    free (z);
}
