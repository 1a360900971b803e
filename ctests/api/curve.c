/* CURVE on the public API: keys, options, and messages of every shape, small
   and large, both ways; clients that get in without a ZAP handler and with one. */
#include "check.h"

static void *ctx;
static char server_public[41], server_secret[41], client_public[41], client_secret[41];

static void
keys (void)
{
    OK (zmq_curve_keypair (server_public, server_secret));
    OK (zmq_curve_keypair (client_public, client_secret));
    CHECK_EQ (strlen (server_public), 40);
    CHECK_EQ (strlen (server_secret), 40);
    CHECK (strcmp (server_secret, client_secret) != 0);
    char derived[41];
    OK (zmq_curve_public (derived, server_secret));
    CHECK_STR (derived, server_public);
    OK (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"));
    SAY ("public %s", derived);
    SHOW (zmq_curve_public (derived, "123"));
    SHOW (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR% s"));
    SHOW (zmq_has ("curve"));
}

static void
options (void)
{
    static const int all[] = {ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY, ZMQ_CURVE_SERVERKEY};
    void *s = new_sock (ctx, ZMQ_DEALER);
    unsigned char binary[32], got[64];
    CHECK (zmq_z85_decode (binary, client_public) != NULL);
    for (int i = 0; i < 3; i++) {
        size_t size = 32;
        OK (zmq_getsockopt (s, all[i], got, &size));
        say_bytes ("unset", got, size);
        static const size_t sizes[] = {0, 1, 31, 33, 39, 42, 64};
        for (int n = 0; n < 7; n++)
            SHOW_AS ("odd size", zmq_setsockopt (s, all[i], client_public, sizes[n]));
        SHOW (zmq_setsockopt (s, all[i], binary, 32));
        SHOW_AS ("40", zmq_setsockopt (s, all[i], client_public, 40));
        SHOW_AS ("41", zmq_setsockopt (s, all[i], client_public, 41));
        size = 32;
        OK (zmq_getsockopt (s, all[i], got, &size));
        CHECK (size == 32 && memcmp (got, binary, 32) == 0);
        size = 41;
        OK (zmq_getsockopt (s, all[i], got, &size));
        CHECK_EQ (size, 41);
        CHECK_STR ((char *) got, client_public);
        size = 40;
        SHOW_AS ("reads 40", zmq_getsockopt (s, all[i], got, &size));
        SAY ("mechanism %d server %d", get_int (s, ZMQ_MECHANISM), get_int (s, ZMQ_CURVE_SERVER));
    }
    OK (set_int (s, ZMQ_CURVE_SERVER, 1));
    SAY ("mechanism %d server %d", get_int (s, ZMQ_MECHANISM), get_int (s, ZMQ_CURVE_SERVER));
    OK (set_int (s, ZMQ_CURVE_SERVER, 0));
    SAY ("mechanism %d server %d", get_int (s, ZMQ_MECHANISM), get_int (s, ZMQ_CURVE_SERVER));
    SHOW (set_int (s, ZMQ_CURVE_SERVER, 2));
    close0 (s);
}

static void *
server (int type)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_CURVE_SERVER, 1));
    OK (set_str (s, ZMQ_CURVE_SECRETKEY, server_secret));
    return s;
}

static void *
client (int type)
{
    void *s = new_sock (ctx, type);
    OK (set_str (s, ZMQ_CURVE_SERVERKEY, server_public));
    OK (set_str (s, ZMQ_CURVE_PUBLICKEY, client_public));
    OK (set_str (s, ZMQ_CURVE_SECRETKEY, client_secret));
    return s;
}

static void
pass (void *from, void *to, size_t size, int more)
{
    zmq_msg_t m;
    OK (zmq_msg_init_size (&m, size));
    for (size_t i = 0; i < size; i++)
        ((unsigned char *) zmq_msg_data (&m))[i] = (unsigned char) (i * 7 + size);
    CHECK_EQ (zmq_msg_send (&m, from, more ? ZMQ_SNDMORE : 0), size);
    if (more)
        return;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, to, 0), size);
    CHECK (!zmq_msg_more (&m));
    for (size_t i = 0; i < size; i++)
        CHECK (((unsigned char *) zmq_msg_data (&m))[i] == (unsigned char) (i * 7 + size));
    OK (zmq_msg_close (&m));
}

static void
traffic (const char *wildcard)
{
    char ep[EP_MAX];
    void *s = server (ZMQ_PAIR), *c = client (ZMQ_PAIR);
    bind_to (s, wildcard, ep);
    OK (zmq_connect (c, ep));
    for (size_t size = 0; size < 1100; size++) {
        pass (c, s, size, 0);
        pass (s, c, size, 0);
    }
    static const size_t sizes[] = {4095, 4096, 4097, 8191, 8192, 8193, 65500, 65536, 200000, 3000000};
    for (int i = 0; i < 10; i++) {
        pass (c, s, sizes[i], 0);
        pass (s, c, sizes[i], 0);
    }
    /* a crowd, in parts of many sizes, more than the marks let through at once */
    enum { CROWD = 3000 };
    OK (set_int (c, ZMQ_SNDTIMEO, 0));
    char part[600];
    memset (part, 'p', sizeof part);
    int sent = 0, received = 0;
    while (received < CROWD) {
        for (; sent < CROWD; sent++) {
            if (zmq_send (c, part, (size_t) (sent % 600), ZMQ_SNDMORE) == -1)
                break;
            CHECK_EQ (zmq_send (c, part, (size_t) (sent * 7 % 600), 0), sent * 7 % 600);
        }
        /* the sender sees room about once a millisecond, also when all is empty */
        if (received == sent)
            continue;
        CHECK_EQ (zmq_recv (s, part, sizeof part, 0), received % 600);
        CHECK (rcvmore (s));
        CHECK_EQ (zmq_recv (s, part, sizeof part, 0), received * 7 % 600);
        CHECK (!rcvmore (s));
        received++;
    }
    zmq_msg_t m;
    pass (c, s, 10, 0);
    send_str (c, "whose", 0);
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, s, 0));
    CHECK_STR (zmq_msg_gets (&m, "Socket-Type"), "PAIR");
    CHECK (zmq_msg_gets (&m, "User-Id") == NULL);
    OK (zmq_msg_close (&m));
    close0 (c);
    close0 (s);
    SAY ("traffic on %.3s", wildcard);
}

static void
subscriptions (void)
{
    char ep[EP_MAX];
    void *pub = server (ZMQ_XPUB), *sub = client (ZMQ_SUB);
    bind_tcp (pub, ep);
    OK (zmq_connect (sub, ep));
    OK (set_str (sub, ZMQ_SUBSCRIBE, "A"));
    say_message ("subscribed", pub);
    send_str (pub, "B not wanted", 0);
    send_parts (pub, "A", "second");
    expect (sub, "A", "second");
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "A"));
    say_message ("cancelled", pub);
    close0 (sub);
    close0 (pub);
}

/* Prints the first event of a monitor that says how the handshake went. */
static void
say_first (const char *label, void *monitor)
{
    mon_event e;
    do
        e = mon_next (monitor, LONG_WAIT);
    while (e.event == ZMQ_EVENT_CONNECT_DELAYED || e.event == ZMQ_EVENT_CONNECTED
           || e.event == ZMQ_EVENT_ACCEPTED || e.event == ZMQ_EVENT_LISTENING);
    /* the original leaves some that are refused waiting (docs/compat.md) */
    if (e.event == -1 && !zmq_has ("zincmq"))
        e.event = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    if (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        SAY ("%s: %s %x", label, event_name (e.event), (unsigned) e.value);
    else
        SAY ("%s: %s", label, event_name (e.event));
}

static void
meet (const char *label, void *s, void *c)
{
    char ep[EP_MAX];
    void *ms = mon_open (ctx, s, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    SAY ("%s", label);
    say_first ("  server", ms);
    say_first ("  client", mc);
    mon_close (s, ms);
    mon_close (c, mc);
    close0 (c);
    close0 (s);
}

static void
misfits (void)
{
    void *c = client (ZMQ_DEALER);
    OK (set_str (c, ZMQ_CURVE_SERVERKEY, client_public));
    meet ("another server's key", server (ZMQ_DEALER), c);
    c = client (ZMQ_DEALER);
    OK (set_str (c, ZMQ_CURVE_PUBLICKEY, server_public));
    meet ("halves of two pairs", server (ZMQ_DEALER), c);
    meet ("types that do not fit", server (ZMQ_DEALER), client (ZMQ_PUB));
    meet ("all right", server (ZMQ_DEALER), client (ZMQ_DEALER));
}

/* Answers one request with this status and shows it. */
static void
answer (void *zap, const char *status)
{
    char version[8], id[8], buf[256];
    int n = 0;
    CHECK_EQ (zmq_recv (zap, version, sizeof version, 0), 3);
    CHECK_EQ (zmq_recv (zap, id, sizeof id, 0), 1);
    while (rcvmore (zap)) {
        int size = zmq_recv (zap, buf, sizeof buf, 0);
        if (++n < 5)
            say_bytes ("  asked", buf, (size_t) size);
        else {
            unsigned char key[32];
            CHECK (zmq_z85_decode (key, client_public) != NULL);
            CHECK (size == 32 && memcmp (key, buf, 32) == 0);
        }
    }
    CHECK_EQ (n, 5);
    send_parts (zap, "1.0", "1", status, "text", "joe", "");
}

static void
with_handler (void)
{
    char ep[EP_MAX];
    void *zap = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
    void *s = server (ZMQ_DEALER), *c = client (ZMQ_DEALER);
    OK (set_str (s, ZMQ_ZAP_DOMAIN, "global"));
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    answer (zap, "200");
    send_str (c, "hello", 0);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, s, 0), 5);
    SAY ("user %s", zmq_msg_gets (&m, "User-Id"));
    OK (zmq_msg_close (&m));
    close0 (c);
    close0 (s);
    static const char *const status[] = {"300", "400", "500"};
    for (int i = 0; i < 3; i++) {
        s = server (ZMQ_DEALER), c = client (ZMQ_DEALER);
        void *ms = mon_open (ctx, s, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
        OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
        bind_tcp (s, ep);
        OK (zmq_connect (c, ep));
        answer (zap, status[i]);
        SAY ("status %s", status[i]);
        say_first ("  server", ms);
        say_first ("  client", mc);
        mon_close (s, ms);
        mon_close (c, mc);
        close0 (c);
        close0 (s);
    }
    close0 (zap);
}

int
main (void)
{
    ctx = new_ctx ();
    keys ();
    options ();
    traffic ("tcp://127.0.0.1:*");
    traffic ("ipc://*");
    subscriptions ();
    misfits ();
    with_handler ();
    term (ctx);
    return 0;
}
