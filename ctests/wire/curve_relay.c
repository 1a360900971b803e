/* CURVE seen from the wire: a relay between a client and a server tells the
   sizes of what passes, and changes, repeats or swaps frames. */
#include "check.h"

static void *ctx;
static const char server_public[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char server_secret[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

typedef struct
{
    int flags;
    size_t size;
    unsigned char body[400];
} frame;

typedef struct
{
    void *server, *client, *monitor, *client_monitor;
    int to_client, to_server;
} relay;

static frame
next (int fd)
{
    z_frame *f = z_recv (fd);
    CHECK (f->flags != -1 && f->size <= sizeof ((frame *) 0)->body);
    frame out = {f->flags, f->size, {0}};
    memcpy (out.body, f->body, f->size);
    return out;
}

static void
put (int fd, const frame *f)
{
    z_send (fd, f->flags & ~Z_LARGE, f->body, f->size);
}

static void
say_frame (const char *label, const frame *f)
{
    if (memcmp (f->body, "\7MESSAGE", 8) == 0)
        SAY ("%s: flags %d, MESSAGE %d of %zu bytes", label, f->flags, f->body[15], f->size);
    else
        SAY ("%s: flags %d, %.*s of %zu bytes", label, f->flags, f->body[0], f->body + 1, f->size);
}

/* After which command of the handshake the relay stops, and how that is
   changed: cut to this size (not at all, if it is no longer), or else, for 0,
   one bit is another. */
static struct
{
    int command;
    size_t size;
} spoilt = {-1, 0};

static void
spoil (frame *f)
{
    if (spoilt.size >= f->size)
        return;
    if (spoilt.size)
        f->size = spoilt.size;
    else
        f->body[f->size - 1] ^= 1;
}

/* Greetings and handshake pass; the server's minor version may be another. */
static relay
begin (int server_type, int client_type, int minor, int say)
{
    relay r;
    char ep[EP_MAX];
    unsigned char g[64];
    r.server = new_sock (ctx, server_type);
    OK (set_int (r.server, ZMQ_CURVE_SERVER, 1));
    OK (set_str (r.server, ZMQ_CURVE_SECRETKEY, server_secret));
    bind_tcp (r.server, ep);
    r.monitor = mon_open (ctx, r.server, ZMQ_EVENT_ALL & ~ZMQ_EVENT_ACCEPTED);
    r.to_server = raw_connect (ep);
    int listener = raw_listen (ep);
    r.client = new_sock (ctx, client_type);
    char public[41], secret[41];
    OK (zmq_curve_keypair (public, secret));
    OK (set_str (r.client, ZMQ_CURVE_SERVERKEY, server_public));
    OK (set_str (r.client, ZMQ_CURVE_PUBLICKEY, public));
    OK (set_str (r.client, ZMQ_CURVE_SECRETKEY, secret));
    OK (set_int (r.client, ZMQ_RECONNECT_IVL, -1));
    if (client_type == ZMQ_PUSH)
        OK (set_int (r.client, ZMQ_HEARTBEAT_IVL, 300));
    if (client_type == ZMQ_SUB)
        OK (set_str (r.client, ZMQ_SUBSCRIBE, "topic"));
    r.client_monitor = spoilt.command == -1 ? NULL : mon_open (ctx, r.client, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    OK (zmq_connect (r.client, ep));
    r.to_client = raw_accept (listener);
    close (listener);
    /* the signatures first: neither side goes on without the other's */
    size_t pieces[] = {10, 1, 53};
    for (int i = 0; i < 3; i++) {
        CHECK_EQ (raw_recv (r.to_client, g, pieces[i], LONG_WAIT), pieces[i]);
        raw_send (r.to_server, g, pieces[i]);
        CHECK_EQ (raw_recv (r.to_server, g, pieces[i], LONG_WAIT), pieces[i]);
        if (i == 2)
            g[0] = (unsigned char) minor;
        raw_send (r.to_client, g, pieces[i]);
    }
    for (int i = 0; i < 4; i++) {
        frame f = next (i % 2 ? r.to_server : r.to_client);
        if (say)
            say_frame (i % 2 ? "server" : "client", &f);
        if (i == spoilt.command)
            spoil (&f);
        put (i % 2 ? r.to_client : r.to_server, &f);
        if (i == spoilt.command)
            return r;
    }
    CHECK_EQ (mon_next (r.monitor, LONG_WAIT).event, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    return r;
}

static void
end (relay *r)
{
    mon_close (r->server, r->monitor);
    if (r->client_monitor)
        mon_close (r->client, r->client_monitor);
    close (r->to_client);
    close (r->to_server);
    close0 (r->client);
    close0 (r->server);
}

static void
sizes (void)
{
    relay r = begin (ZMQ_DEALER, ZMQ_DEALER, 1, 1);
    static const size_t all[] = {0, 1, 64, 222, 223, 300};
    char body[300] = {0};
    frame f;
    for (int i = 0; i < 6; i++) {
        CHECK_EQ (zmq_send (r.client, body, all[i], i == 2 ? ZMQ_SNDMORE : 0), all[i]);
        if (i == 2)
            continue;
        for (int n = 0; n < (i == 3 ? 2 : 1); n++) {
            f = next (r.to_client);
            say_frame ("client", &f);
            put (r.to_server, &f);
        }
        CHECK_EQ (zmq_recv (r.server, body, sizeof body, 0), i == 3 ? 64 : all[i]);
        if (i == 3)
            CHECK_EQ (zmq_recv (r.server, body, sizeof body, 0), all[i]);
    }
    send_str (r.server, "back", 0);
    f = next (r.to_server);
    say_frame ("server", &f);
    put (r.to_client, &f);
    expect (r.client, "back");
    end (&r);
}

static void
commands (void)
{
    frame f;
    relay r = begin (ZMQ_PULL, ZMQ_PUSH, 1, 0);
    f = next (r.to_client);
    say_frame ("PING", &f);
    put (r.to_server, &f);
    f = next (r.to_server);
    say_frame ("PONG", &f);
    end (&r);
    for (int minor = 1; minor >= 0; minor--) {
        r = begin (ZMQ_XPUB, ZMQ_SUB, minor, 0);
        f = next (r.to_client);
        say_frame (minor ? "SUBSCRIBE" : "subscription of 3.0", &f);
        put (r.to_server, &f);
        say_message ("arrived", r.server);
        OK (set_str (r.client, ZMQ_UNSUBSCRIBE, "topic"));
        f = next (r.to_client);
        say_frame (minor ? "CANCEL" : "cancellation of 3.0", &f);
        put (r.to_server, &f);
        say_message ("arrived", r.server);
        end (&r);
    }
}

enum { WHOLE, REPLAY, REORDER, GAP, NAME, COUNT, TAG, CONTENT, LONGER, SHORT, STUMP, EMPTY, PLAIN };

static void
change (const char *label, int what)
{
    relay r = begin (ZMQ_DEALER, ZMQ_DEALER, 1, 0);
    frame f[3];
    for (int i = 0; i < 3; i++) {
        send_str (r.client, i == 0 ? "one" : i == 1 ? "two" : "three", 0);
        f[i] = next (r.to_client);
    }
    put (r.to_server, &f[0]);
    expect (r.server, "one");
    switch (what) {
        case REPLAY: put (r.to_server, &f[0]); break;
        case REORDER: put (r.to_server, &f[2]); put (r.to_server, &f[1]); break;
        case GAP: f[1] = f[2]; break;
        case NAME: f[1].body[3] ^= 1; break;
        case COUNT: f[1].body[15] += 5; break;
        case TAG: f[1].body[20] ^= 1; break;
        case CONTENT: f[1].body[34] ^= 0x80; break;
        case LONGER: f[1].size++; break;
        case SHORT: f[1].size = 32; break;
        case STUMP: f[1].size = 5; break;
        case EMPTY: f[1].size = 0; break;
        case PLAIN: f[1].flags = Z_COMMAND; f[1].size = 7; memcpy (f[1].body, "\4PING\0\0", 7); break;
    }
    if (what != REPLAY && what != REORDER)
        put (r.to_server, &f[1]);
    if (what == WHOLE || what == GAP || what == REORDER)
        say_message (label, r.server);
    if (what != WHOLE && what != GAP) {
        mon_event e = mon_next (r.monitor, LONG_WAIT);
        SAY ("%s: %s %x", label, event_name (e.event), (unsigned) e.value);
        /* (sometimes the original leaves it at that, and the connection open) */
        if (zmq_has ("zincmq")) {
            CHECK_EQ (mon_next (r.monitor, LONG_WAIT).event, ZMQ_EVENT_DISCONNECTED);
            CHECK (raw_closed (r.to_server, LONG_WAIT));
        }
    }
    end (&r);
}

/* A command of the handshake arrives changed; shows which side notices, and what it says. */
static void
change_handshake (void)
{
    static const char *const names[] = {"HELLO", "WELCOME", "INITIATE", "READY"};
    static const size_t stumps[] = {100, 100, 200, 29};
    for (int i = 0; i < 8; i++) {
        spoilt.command = i % 4;
        spoilt.size = i < 4 ? 0 : stumps[i % 4];
        relay r = begin (ZMQ_DEALER, ZMQ_DEALER, 1, 0);
        mon_event e;
        do
            e = mon_next (i % 2 ? r.client_monitor : r.monitor, LONG_WAIT);
        while (e.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        SAY ("%s %s: %s %x", names[i % 4], i < 4 ? "changed" : "cut", event_name (e.event), (unsigned) e.value);
        end (&r);
    }
    spoilt.command = -1;
}

/* More is said while the authenticator is asked about the client. */
static void
impatient (void)
{
    void *handler = new_sock (ctx, ZMQ_REP);
    char buf[64];
    OK (zmq_bind (handler, "inproc://zeromq.zap.01"));
    spoilt.command = 2;
    spoilt.size = 1000;
    relay r = begin (ZMQ_DEALER, ZMQ_DEALER, 1, 0);
    spoilt.command = -1;
    /* the request has come */
    do
        OK (zmq_recv (handler, buf, sizeof buf, 0));
    while (rcvmore (handler));
    z_send (r.to_server, Z_COMMAND, "\4PING\0\0", 7);
    mon_event e = mon_next (r.monitor, LONG_WAIT);
    SAY ("while asked about: %s %x", event_name (e.event), (unsigned) e.value);
    send_parts (handler, "1.0", "1", "200", "", "joe", "");
    CHECK (raw_closed (r.to_server, LONG_WAIT));
    end (&r);
    close0 (handler);
}

/* The limit is for what travels. */
static void
limit (size_t size)
{
    char body[400] = {0}, ep[EP_MAX];
    int64_t most = 300;
    void *s = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_CURVE_SERVER, 1));
    OK (set_str (s, ZMQ_CURVE_SECRETKEY, server_secret));
    OK (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &most, sizeof most));
    void *monitor = mon_open (ctx, s, ZMQ_EVENT_DISCONNECTED);
    bind_tcp (s, ep);
    OK (set_str (c, ZMQ_CURVE_SERVERKEY, server_public));
    OK (set_str (c, ZMQ_CURVE_PUBLICKEY, server_public));
    OK (set_str (c, ZMQ_CURVE_SECRETKEY, server_secret));
    OK (zmq_connect (c, ep));
    CHECK_EQ (zmq_send (c, body, size, 0), size);
    zmq_pollitem_t items[] = {{s, 0, ZMQ_POLLIN, 0}, {monitor, 0, ZMQ_POLLIN, 0}};
    CHECK (zmq_poll (items, 2, LONG_WAIT) > 0);
    SAY ("%zu bytes: %s", size, items[0].revents ? "arrived" : "dropped");
    mon_close (s, monitor);
    close0 (c);
    close0 (s);
}

int
main (void)
{
    ctx = new_ctx ();
    sizes ();
    commands ();
    change ("whole", WHOLE);
    change ("replayed", REPLAY);
    change ("reordered", REORDER);
    change ("one is missing", GAP);
    change ("another name", NAME);
    change ("another count", COUNT);
    change ("another tag", TAG);
    change ("another content", CONTENT);
    change ("longer", LONGER);
    change ("too short", SHORT);
    change ("a stump", STUMP);
    change ("nothing", EMPTY);
    change ("a command in clear", PLAIN);
    change_handshake ();
    limit (267);
    limit (268);
    impatient ();
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY);
    term (ctx);
    return 0;
}
