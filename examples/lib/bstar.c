#include "bstar.h"

#include "lib.h"

#define BEAT_MS 100
#define LEASE_MS (BSTAR_PEER_SILENCE_MS / 2)
#define START_SILENCE_MS (2 * BSTAR_PEER_SILENCE_MS) /* a server that just started gives the other more time to speak */

struct bstar {
    void *out, *in;
    const char *name;
    enum bstar_role role;
    enum bstar_state state;
    char life[UNIQUE_SIZE];       /* our life: a new one after each sleep */
    char other_life[UNIQUE_SIZE]; /* the one that the other server told last; "-" before it spoke */
    bool met;                     /* the two have talked since this process began */
    int64_t spoke, silence;       /* when we last spoke; when the other one will have been silent for too long */
};

static void
become (bstar *b, enum bstar_state state, const char *why)
{
    static const char *const names[] = {"starting", "active", "passive"};
    if (b->state != state)
        say ("%s: is %s at %" PRId64 ", %s", b->name, names[state], now_ms (), why);
    b->state = state;
}

/* [role, state, our life, the other's life as we know it] */
static void
speak (bstar *b)
{
    message *m = message_new ();
    message_add (m, frame_text ("%d", b->role));
    message_add (m, frame_text ("%d", b->state));
    message_add_text (m, b->life);
    message_add_text (m, b->other_life);
    message_send_now (m, b->out);
    b->spoke = now_ms ();
}

static void
begin_life (bstar *b, const char *why)
{
    become (b, BSTAR_STARTING, why);
    unique_name (b->life);
    b->silence = now_ms () + START_SILENCE_MS;
    speak (b);
}

bstar *
bstar_new (void *context, const char *name, enum bstar_role role, const char *local, const char *remote)
{
    bstar *b = allocate (sizeof *b);
    *b = (bstar){.name = name, .role = role, .state = BSTAR_PASSIVE, .other_life = "-"};
    b->out = socket_new (context, ZMQ_PUB);
    bind_to (b->out, local);
    b->in = socket_new (context, ZMQ_SUB);
    set_text (b->in, ZMQ_SUBSCRIBE, "");
    connect_to (b->in, remote);
    begin_life (b, "it just began");
    return b;
}

void
bstar_free (bstar *b)
{
    socket_drop (b->out);
    socket_drop (b->in);
    free (b);
}

void *
bstar_socket (bstar *b)
{
    return b->in;
}

int64_t
bstar_next (bstar *b)
{
    return b->spoke + BEAT_MS;
}

/* The other one is in that state, and knows this life of ours: so it said so after we began it. */
static void
meet (bstar *b, enum bstar_role role, enum bstar_state state)
{
    b->met = true;
    if (b->state == BSTAR_STARTING) {
        if (state == BSTAR_ACTIVE)
            become (b, BSTAR_PASSIVE, "the other one is active");
        else if (state == BSTAR_STARTING && b->role == BSTAR_PRIMARY && role == BSTAR_BACKUP)
            become (b, BSTAR_ACTIVE, "both are starting");
        /* A passive one will see that we are starting, and become active. */
    } else if (b->state == BSTAR_PASSIVE) {
        if (state == BSTAR_STARTING)
            become (b, BSTAR_ACTIVE, "the other one is starting");
    } else if (state == BSTAR_ACTIVE && b->role == BSTAR_BACKUP) {
        /* Only after the two could not hear each other while clients could reach both. */
        become (b, BSTAR_PASSIVE, "both are active, which cannot be");
    }
}

static void
hear (bstar *b, const message *m)
{
    if (message_count (m) != 4 || frame_size (message_at (m, 2)) != UNIQUE_SIZE - 1)
        return;
    memcpy (b->other_life, frame_data (message_at (m, 2)), UNIQUE_SIZE - 1);
    b->other_life[UNIQUE_SIZE - 1] = 0;
    int64_t patience = b->state == BSTAR_STARTING ? START_SILENCE_MS : BSTAR_PEER_SILENCE_MS;
    b->silence = now_ms () + patience;
    enum bstar_state before = b->state;
    if (frame_is (message_at (m, 3), b->life))
        meet (b, (enum bstar_role) frame_number (message_at (m, 0)), (enum bstar_state) frame_number (message_at (m, 1)));
    if (b->state != before)
        speak (b);
}

/* Whether this process slept, or was kept from the processor, for longer than the lease. */
static bool
slept (bstar *b)
{
    return now_ms () - b->spoke > LEASE_MS;
}

enum bstar_state
bstar_step (bstar *b)
{
    if (slept (b))
        begin_life (b, "it slept");
    message *m;
    while ((m = message_receive_now (b->in))) {
        hear (b, m);
        message_free (m);
    }
    if (now_ms () >= bstar_next (b))
        speak (b);
    return b->state;
}

bool
bstar_may_serve (bstar *b)
{
    bstar_step (b);
    /* A backup that has never met the primary may be the one that cannot hear it: it stays out. */
    bool may_take_over = b->state == BSTAR_PASSIVE || b->role == BSTAR_PRIMARY || b->met;
    if (b->state != BSTAR_ACTIVE && may_take_over && now_ms () >= b->silence) {
        become (b, BSTAR_ACTIVE, "the other one is silent and a client asks");
        speak (b);
    }
    return b->state == BSTAR_ACTIVE && !slept (b);
}
