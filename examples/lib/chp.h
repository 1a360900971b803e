/* The Clustered Hashmap Protocol (RFC 12): key-value pairs as messages of five frames, which are sent as they are kept.

   [key, sequence (8 bytes, network order), UUID, properties ("name=value\n"...), value]; an empty value deletes the key. */
#ifndef EXAMPLES_CHP_H
#define EXAMPLES_CHP_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

#define CHP_ICANHAZ "ICANHAZ?"
#define CHP_KTHXBAI "KTHXBAI"
#define CHP_HUGZ "HUGZ"

#define CHP_HUGZ_MS 200     /* the server that serves shows this often that it lives */
#define CHP_SILENCE_MS 1000 /* after such a silence its clients look for another one */

enum chp_port { CHP_SNAPSHOT, CHP_PUBLISHER, CHP_COLLECTOR, CHP_STAR /* of a pair: its state */ };

/* The endpoint of a port of the server at `base`: the next ports of tcp, other names of ipc. Free it. */
char *chp_endpoint (const char *base, enum chp_port port);

message *kv_new (const char *key, int64_t sequence, const char *uuid, const char *properties, const void *value, size_t size);
message *kv_deletion (const message *kv, int64_t sequence); /* of its key */
bool kv_valid (const message *kv); /* five frames, a sequence, a key */
bool kv_is_update (const message *kv); /* also the key is a path, and none of the words of the protocol */
char *kv_key (const message *kv);  /* free it */
int64_t kv_sequence (const message *kv);
void kv_set_sequence (message *kv, int64_t sequence);
frame *kv_uuid (const message *kv); /* stays where it is; may be empty */
frame *kv_value (const message *kv);
bool kv_deletes (const message *kv);
long kv_ttl (const message *kv); /* seconds; 0 if it has none */

#endif
