#include "chp.h"

#include "lib.h"

#define LONGEST_TTL 100000000 /* in s: three years count as for ever */

char *
chp_endpoint (const char *base, enum chp_port port)
{
    size_t size = strlen (base) + 16;
    char *endpoint = allocate (size);
    const char *colon = strrchr (base, ':');
    if (strncmp (base, "tcp://", 6) == 0 && colon)
        snprintf (endpoint, size, "%.*s:%ld", (int) (colon - base), base, number (colon + 1) + port);
    else
        snprintf (endpoint, size, "%s-%d", base, port);
    return endpoint;
}

static void
write_sequence (unsigned char bytes[8], int64_t sequence)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char) ((uint64_t) sequence >> (56 - 8 * i));
}

message *
kv_new (const char *key, int64_t sequence, const char *uuid, const char *properties, const void *value, size_t size)
{
    unsigned char bytes[8];
    write_sequence (bytes, sequence);
    message *kv = message_new ();
    message_add_text (kv, key);
    message_add (kv, frame_new (bytes, sizeof bytes));
    message_add_text (kv, uuid);
    message_add_text (kv, properties);
    message_add (kv, frame_new (value, size));
    return kv;
}

message *
kv_deletion (const message *kv, int64_t sequence)
{
    message *deletion = kv_new ("", sequence, "", "", "", 0);
    frame_free (message_take (deletion));
    message_put (deletion, frame_copy (kv->first));
    return deletion;
}

bool
kv_is_update (const message *kv)
{
    return kv_valid (kv) && *(const char *) frame_data (kv->first) == '/';
}

bool
kv_valid (const message *kv)
{
    return message_count (kv) == 5 && frame_size (kv->first) > 0 && frame_size (message_at (kv, 1)) == 8;
}

char *
kv_key (const message *kv)
{
    return frame_string (kv->first);
}

int64_t
kv_sequence (const message *kv)
{
    const unsigned char *bytes = frame_data (message_at (kv, 1));
    uint64_t sequence = 0;
    for (int i = 0; i < 8; i++)
        sequence = sequence << 8 | bytes[i];
    return (int64_t) sequence;
}

void
kv_set_sequence (message *kv, int64_t sequence)
{
    write_sequence (zmq_msg_data (&message_at (kv, 1)->body), sequence);
}

frame *
kv_uuid (const message *kv)
{
    return message_at (kv, 2);
}

frame *
kv_value (const message *kv)
{
    return message_at (kv, 4);
}

bool
kv_deletes (const message *kv)
{
    return frame_size (kv_value (kv)) == 0;
}

long
kv_ttl (const message *kv)
{
    long ttl = 0;
    char *properties = frame_string (message_at (kv, 3)), *rest = properties, *line;
    while ((line = strtok_r (rest, "\n", &rest)))
        if (strncmp (line, "ttl=", 4) == 0)
            ttl = strtol (line + 4, NULL, 10);
    free (properties);
    return ttl > 0 && ttl < LONGEST_TTL ? ttl : 0;
}
