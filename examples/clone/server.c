/* Clone server: server primary|backup BASE OTHER_BASE

   One of a pair (lib/bstar.h) that keeps a map for many clients (RFC 12). The active one collects updates, numbers and publishes them. The passive one
   follows it as a client does, and also collects: when the active one dies, it publishes the updates that the other has not published. */
#include "bstar.h"
#include "chp.h"
#include "clone.h"
#include "lib.h"
#include "state.h"

#define PENDING_MS 3000 /* the author of an update sends it again long before */
#define AT_ONCE 1000

struct server {
    const char *name, *other;
    void *context, *snapshots, *publisher, *collector;
    bstar *star;
    enum bstar_state role; /* as we act on it; the star may be ahead */
    state *state;
    clone *peer; /* follows the active server while we are passive */
    bool in_sync;
    int64_t hugz;
};

/* Numbers and publishes an update. Takes it. */
static void
publish (struct server *s, message *kv)
{
    kv_set_sequence (kv, state_sequence (s->state) + 1);
    state_apply (s->state, kv);
    message_send_now (kv, s->publisher);
}

static void
follow_change (const message *kv, void *with)
{
    struct server *s = with;
    state_apply (s->state, kv);
}

static void
stop_following (struct server *s)
{
    if (s->peer)
        clone_free (s->peer);
    s->peer = NULL;
    s->in_sync = false;
}

static void
start_following (struct server *s)
{
    stop_following (s);
    state_free (s->state); /* the active server knows better */
    s->state = state_new ();
    s->peer = clone_new (s->context, &(struct clone_options){.servers = s->other,
                                                             .subtree = "",
                                                             .mute = true,
                                                             .changed = follow_change,
                                                             .with = s});
}

/* Carries out what the star decided. */
static void
change_role (struct server *s, enum bstar_state role)
{
    s->role = role;
    if (role == BSTAR_PASSIVE)
        start_following (s);
    if (role != BSTAR_ACTIVE)
        return;
    stop_following (s);
    message *kv;
    while ((kv = state_take_pending (s->state)))
        publish (s, kv);
    s->hugz = 0;
}

static void
step_star (struct server *s)
{
    enum bstar_state role = bstar_step (s->star);
    if (role != s->role)
        change_role (s, role);
}

/* Whether we may serve somebody now. Without its snapshot a passive server has nothing to serve, so it is not asked. */
static bool
may_serve (struct server *s)
{
    step_star (s);
    if (s->role == BSTAR_PASSIVE && !s->in_sync)
        return false;
    bool may = bstar_may_serve (s->star);
    step_star (s);
    return may && s->role == BSTAR_ACTIVE;
}

/* Whether we serve now, where the question is no reason to take over. */
static bool
serves (struct server *s)
{
    step_star (s);
    return s->role == BSTAR_ACTIVE && bstar_may_serve (s->star);
}

struct recipient {
    void *socket;
    const frame *name;
};

/* The properties go with it, other than in the RFC: a server that follows has to know what expires. */
static void
send_value (const message *kv, void *with)
{
    const struct recipient *to = with;
    message *m = message_copy (kv);
    message_put (m, frame_copy (to->name));
    message_send_now (m, to->socket);
}

/* [client, ICANHAZ?, subtree] */
static void
hear_snapshot_request (struct server *s)
{
    message *m = message_receive_now (s->snapshots);
    if (!m)
        return;
    if (message_count (m) == 3 && frame_is (message_at (m, 1), CHP_ICANHAZ) && may_serve (s)) {
        char *subtree = frame_string (message_at (m, 2));
        struct recipient to = {s->snapshots, m->first};
        state_each (s->state, subtree, send_value, &to);
        message *end = kv_new (CHP_KTHXBAI, state_sequence (s->state), "", "", subtree, strlen (subtree));
        send_value (end, &to);
        message_free (end);
        free (subtree);
    }
    message_free (m);
}

/* KVSET. One that was published already is confirmed anew: its author did not hear it. */
static bool
hear_update (struct server *s)
{
    message *kv = message_receive_now (s->collector);
    if (!kv)
        return false;
    if (!kv_is_update (kv)) {
        message_free (kv);
    } else if (serves (s)) {
        if (state_has_update (s->state, kv)) {
            message *again = state_confirmation (s->state, kv);
            message_free (kv);
            kv = again;
        }
        publish (s, kv);
    } else if (state_has_update (s->state, kv)) {
        message_free (kv);
    } else {
        state_keep_pending (s->state, kv, now_ms () + PENDING_MS);
    }
    return true;
}

static void
follow (struct server *s)
{
    if (!s->peer)
        return;
    clone_step (s->peer);
    if (clone_in_sync (s->peer) && clone_sequence (s->peer) > state_sequence (s->state))
        state_set_sequence (s->state, clone_sequence (s->peer));
    if (clone_in_sync (s->peer) && !s->in_sync)
        say ("%s: is in sync", s->name);
    s->in_sync |= clone_in_sync (s->peer);
}

static void
look_after (struct server *s)
{
    step_star (s);
    follow (s);
    state_forget_pending (s->state, now_ms ());
    if (s->role != BSTAR_ACTIVE)
        return;
    message *deletion;
    while ((deletion = state_expired (s->state, now_ms ())))
        publish (s, deletion);
    /* Also while there are updates: they may all be of a subtree that somebody does not listen to. */
    if (now_ms () >= s->hugz) {
        message_send_now (kv_new (CHP_HUGZ, 0, "", "", "", 0), s->publisher);
        s->hugz = now_ms () + CHP_HUGZ_MS;
    }
}

static void *
bind_port (struct server *s, int type, const char *base, enum chp_port port)
{
    void *socket = socket_new (s->context, type);
    if (type == ZMQ_SUB)
        set_text (socket, ZMQ_SUBSCRIBE, "");
    set_number (socket, type == ZMQ_SUB ? ZMQ_RCVHWM : ZMQ_SNDHWM, 0); /* a snapshot may be long */
    char *endpoint = chp_endpoint (base, port);
    bind_to (socket, endpoint);
    free (endpoint);
    return socket;
}

static void
run (struct server *s)
{
    for (;;) {
        void *sockets[6] = {bstar_socket (s->star), s->snapshots, s->collector};
        size_t count = 3;
        int64_t next = earlier (bstar_next (s->star), now_ms () + CHP_HUGZ_MS);
        if (s->peer) {
            count += clone_sockets (s->peer, sockets + count);
            next = earlier (next, clone_next (s->peer));
        }
        int ready = wait_any (sockets, count, next);
        if (ready == WAIT_STOP)
            return;
        look_after (s);
        if (ready & 2)
            hear_snapshot_request (s);
        for (int i = 0; i < AT_ONCE && (ready & 4) && hear_update (s); i++)
            ;
    }
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 4)
        usage ("server primary|backup BASE OTHER_BASE");
    struct server s = {.name = argv[1], .other = argv[3], .context = context_new (), .state = state_new ()};
    s.snapshots = bind_port (&s, ZMQ_ROUTER, argv[2], CHP_SNAPSHOT);
    s.publisher = bind_port (&s, ZMQ_PUB, argv[2], CHP_PUBLISHER);
    s.collector = bind_port (&s, ZMQ_SUB, argv[2], CHP_COLLECTOR);
    char *local = chp_endpoint (argv[2], CHP_STAR), *remote = chp_endpoint (argv[3], CHP_STAR);
    s.star = bstar_new (s.context, s.name, strcmp (s.name, "primary") == 0 ? BSTAR_PRIMARY : BSTAR_BACKUP, local, remote);
    run (&s);
    stop_following (&s);
    bstar_free (s.star);
    state_free (s.state);
    socket_drop (s.snapshots);
    socket_drop (s.publisher);
    socket_drop (s.collector);
    free (local);
    free (remote);
    context_end (s.context);
    return 0;
}
