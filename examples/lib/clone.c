#include "clone.h"

#include <sys/queue.h>

#include "chp.h"
#include "lib.h"
#include "table.h"

#define MOST_SERVERS 8
#define ASK_MS 300    /* between two requests for a snapshot, and between two tries of an update */
#define AT_ONCE 1000

/* First it waits for a word of the server: only then its subscription has arrived there, and nothing that is published after
   the snapshot can pass it by. */
enum phase { WAITING_FOR_A_WORD, TAKING_THE_SNAPSHOT, IN_SYNC };

struct update {
    message *kv;
    int64_t again; /* when to send it again */
    TAILQ_ENTRY (update) link;
};

struct clone {
    struct clone_options options;
    void *context, *snapshot, *updates, *collector;
    char *list, *servers[MOST_SERVERS];
    size_t count, current;
    enum phase phase;
    table *map, *fresh; /* `fresh` is the snapshot, as long as it is not complete */
    int64_t sequence, ask_again, silence;
    TAILQ_HEAD (, update) unconfirmed;
};

static void *
connect_port (clone *c, int type, const char *server, enum chp_port port, void *socket)
{
    if (!socket)
        socket = socket_new (c->context, type);
    char *endpoint = chp_endpoint (server, port);
    connect_to (socket, endpoint);
    free (endpoint);
    return socket;
}

static void
free_map (table *map)
{
    if (!map)
        return;
    size_t count;
    message **all = (message **) table_all (map, &count);
    for (size_t i = 0; i < count; i++)
        message_free (all[i]);
    free (all);
    table_free (map);
}

/* Asks on a socket of its own, so that no part of an earlier answer comes in between. */
static void
ask_for_snapshot (clone *c)
{
    socket_drop (c->snapshot);
    c->snapshot = connect_port (c, ZMQ_DEALER, c->servers[c->current], CHP_SNAPSHOT, NULL);
    message *m = message_new ();
    message_add_text (m, CHP_ICANHAZ);
    message_add_text (m, c->options.subtree);
    message_send_now (m, c->snapshot);
    free_map (c->fresh);
    c->fresh = table_new ();
    c->ask_again = now_ms () + ASK_MS;
}

static void
go_to_server (clone *c, size_t index)
{
    c->current = index;
    c->phase = WAITING_FOR_A_WORD;
    socket_drop (c->updates);
    c->updates = socket_new (c->context, ZMQ_SUB);
    set_text (c->updates, ZMQ_SUBSCRIBE, c->options.subtree);
    set_text (c->updates, ZMQ_SUBSCRIBE, CHP_HUGZ);
    connect_port (c, ZMQ_SUB, c->servers[index], CHP_PUBLISHER, c->updates);
    c->silence = now_ms () + CHP_SILENCE_MS;
    c->ask_again = now_ms () + ASK_MS;
    if (!c->options.mute)
        ask_for_snapshot (c); /* nobody listens to the answer; but a passive server learns that it is wanted */
}

clone *
clone_new (void *context, const struct clone_options *options)
{
    clone *c = allocate (sizeof *c);
    *c = (clone){.options = *options, .context = context, .list = copy_text (options->servers), .map = table_new ()};
    TAILQ_INIT (&c->unconfirmed);
    char *rest = c->list, *server;
    while (c->count < MOST_SERVERS && (server = strtok_r (rest, ",", &rest))) {
        c->servers[c->count++] = server;
        if (!options->mute)
            c->collector = connect_port (c, ZMQ_PUB, server, CHP_COLLECTOR, c->collector);
    }
    if (c->count == 0)
        usage ("a server, or several separated by commas");
    go_to_server (c, 0);
    return c;
}

static void
forget_update (clone *c, struct update *u)
{
    TAILQ_REMOVE (&c->unconfirmed, u, link);
    message_free (u->kv);
    free (u);
}

void
clone_free (clone *c)
{
    struct update *u;
    while ((u = TAILQ_FIRST (&c->unconfirmed)))
        forget_update (c, u);
    socket_drop (c->snapshot);
    socket_drop (c->updates);
    socket_drop (c->collector);
    free_map (c->map);
    free_map (c->fresh);
    free (c->list);
    free (c);
}

static void
send_update (clone *c, struct update *u)
{
    message_send_now (message_copy (u->kv), c->collector);
    u->again = now_ms () + ASK_MS;
}

void
clone_set (clone *c, const char *key, const char *value, long ttl)
{
    char uuid[UNIQUE_SIZE], properties[32] = "";
    unique_name (uuid);
    if (ttl > 0)
        snprintf (properties, sizeof properties, "ttl=%ld\n", ttl);
    struct update *u = allocate (sizeof *u);
    uuid[16] = 0; /* sixteen bytes, says the RFC: these are digits */
    u->kv = kv_new (key, 0, uuid, properties, value, strlen (value));
    TAILQ_INSERT_TAIL (&c->unconfirmed, u, link);
    send_update (c, u);
}

size_t
clone_unconfirmed (const clone *c)
{
    size_t count = 0;
    struct update *u;
    TAILQ_FOREACH (u, &c->unconfirmed, link)
        count++;
    return count;
}

static void
confirm (clone *c, const message *kv)
{
    struct update *u;
    TAILQ_FOREACH (u, &c->unconfirmed, link)
        if (frame_same (kv_uuid (u->kv), kv_uuid (kv)))
            break;
    if (!u)
        return;
    char *key = kv_key (u->kv);
    if (c->options.confirmed)
        c->options.confirmed (key, c->options.with);
    free (key);
    forget_update (c, u);
}

/* Puts it into the map, or takes its key out. Takes it. */
static void
keep (table *map, message *kv)
{
    const void *key = frame_data (kv->first);
    size_t size = frame_size (kv->first);
    message *old = table_get (map, key, size);
    if (kv_deletes (kv)) {
        table_remove (map, key, size);
        message_free (kv);
    } else {
        table_set (map, key, size, kv);
    }
    message_free (old);
}

/* Tells what is different in the snapshot, which is the map from now on. */
static void
take_over_snapshot (clone *c)
{
    size_t count;
    table *old = c->map;
    c->map = c->fresh;
    c->fresh = NULL;
    message **all = (message **) table_all (c->map, &count);
    for (size_t i = 0; i < count; i++) {
        const frame *key = all[i]->first;
        message *before = table_get (old, frame_data (key), frame_size (key));
        if (!before || !frame_same (kv_value (before), kv_value (all[i])))
            c->options.changed (all[i], c->options.with);
    }
    free (all);
    all = (message **) table_all (old, &count);
    for (size_t i = 0; i < count; i++)
        if (!table_get (c->map, frame_data (all[i]->first), frame_size (all[i]->first))) {
            message *deletion = kv_deletion (all[i], c->sequence);
            c->options.changed (deletion, c->options.with);
            message_free (deletion);
        }
    free (all);
    free_map (old);
}

/* [key, ...] of the snapshot, or KTHXBAI: it is complete. */
static void
hear_snapshot (clone *c, message *kv)
{
    if (!kv_valid (kv)) {
        message_free (kv);
    } else if (frame_is (kv->first, CHP_KTHXBAI)) {
        c->sequence = kv_sequence (kv);
        c->phase = IN_SYNC;
        take_over_snapshot (c);
        message_free (kv);
    } else {
        keep (c->fresh, kv);
        c->ask_again = now_ms () + ASK_MS;
    }
}

static void
hear_update (clone *c, message *kv)
{
    c->silence = now_ms () + CHP_SILENCE_MS;
    if (c->phase == WAITING_FOR_A_WORD) {
        c->phase = TAKING_THE_SNAPSHOT;
        ask_for_snapshot (c);
    }
    /* While the snapshot is taken, updates stay unread in the socket; only this first word is none of interest, since the snapshot
       is asked for after it. An update that is older than the snapshot was in it. */
    if (c->phase == IN_SYNC && kv_valid (kv) && !frame_is (kv->first, CHP_HUGZ) && kv_sequence (kv) > c->sequence) {
        c->sequence = kv_sequence (kv);
        c->options.changed (kv, c->options.with);
        confirm (c, kv);
        keep (c->map, kv);
    } else {
        message_free (kv);
    }
}

size_t
clone_sockets (const clone *c, void **sockets)
{
    sockets[0] = c->phase == TAKING_THE_SNAPSHOT ? c->snapshot : c->updates;
    return 1;
}

int64_t
clone_next (const clone *c)
{
    int64_t next = c->silence;
    if (c->phase != IN_SYNC)
        next = earlier (next, c->ask_again);
    const struct update *u;
    if (c->phase == IN_SYNC && (u = TAILQ_FIRST (&c->unconfirmed)))
        next = earlier (next, u->again);
    return next;
}

static void
repeat_what_is_due (clone *c)
{
    if (c->phase != IN_SYNC && now_ms () >= c->ask_again) {
        if (!c->options.mute || c->phase == TAKING_THE_SNAPSHOT)
            ask_for_snapshot (c);
        else
            c->ask_again = NEVER;
    }
    struct update *u;
    while (c->phase == IN_SYNC && (u = TAILQ_FIRST (&c->unconfirmed)) && now_ms () >= u->again) {
        send_update (c, u);
        TAILQ_REMOVE (&c->unconfirmed, u, link);
        TAILQ_INSERT_TAIL (&c->unconfirmed, u, link);
    }
}

void
clone_step (clone *c)
{
    message *m;
    for (int i = 0; i < AT_ONCE; i++) {
        bool snapshot = c->phase == TAKING_THE_SNAPSHOT;
        if (!(m = message_receive_now (snapshot ? c->snapshot : c->updates)))
            break;
        if (snapshot)
            hear_snapshot (c, m);
        else
            hear_update (c, m);
    }
    if (now_ms () >= c->silence)
        go_to_server (c, (c->current + 1) % c->count);
    repeat_what_is_due (c);
}

bool
clone_in_sync (const clone *c)
{
    return c->phase == IN_SYNC;
}

int64_t
clone_sequence (const clone *c)
{
    return c->sequence;
}
