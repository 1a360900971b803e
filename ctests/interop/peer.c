/*
 * One side of a two-process conversation. The runner starts two of these, each
 * with a library of its choice, and compares what they print.
 *
 *   peer SCENARIO SIDE bind|connect ENDPOINT
 *
 * SCENARIO is two socket types joined by a dash. Before them stands "curve-",
 * "plain-", "gssapi-" or "clear-" (GSSAPI without encryption) when the binding
 * side is a server of that mechanism. SIDE is 0 or 1 and says which of the two
 * this is. The binding side prints "endpoint ..." first. "ready" tells the runner
 * that a subscription has to get through. Then, and at the end, a line on stdin
 * lets the program go on. So neither side leaves while the other still has
 * something to read.
 */
#include "../check.h"

typedef struct
{
    const char *name;
    int type[2];
} scenario;

static const scenario scenarios[] = {
  {"pair-pair", {ZMQ_PAIR, ZMQ_PAIR}},
  {"pub-sub", {ZMQ_PUB, ZMQ_SUB}},
  {"pub-xsub", {ZMQ_PUB, ZMQ_XSUB}},
  {"xpub-sub", {ZMQ_XPUB, ZMQ_SUB}},
  {"xpub-xsub", {ZMQ_XPUB, ZMQ_XSUB}},
  {"req-rep", {ZMQ_REQ, ZMQ_REP}},
  {"req-router", {ZMQ_REQ, ZMQ_ROUTER}},
  {"dealer-rep", {ZMQ_DEALER, ZMQ_REP}},
  {"dealer-dealer", {ZMQ_DEALER, ZMQ_DEALER}},
  {"dealer-router", {ZMQ_DEALER, ZMQ_ROUTER}},
  {"router-router", {ZMQ_ROUTER, ZMQ_ROUTER}},
  {"push-pull", {ZMQ_PUSH, ZMQ_PULL}},
  {"stream-stream", {ZMQ_STREAM, ZMQ_STREAM}},
};

#define MAX_FRAMES 4
#define SMALL 300 /* messages of a few bytes that end the series */

typedef struct
{
    int frames;
    size_t size[MAX_FRAMES];
} shape;

static const shape shapes[] = {
  {1, {0}}, {1, {1}}, {1, {5}}, {1, {33}}, {1, {34}}, {1, {64}}, {1, {254}},
  {1, {255}}, {1, {256}}, {1, {257}}, {1, {8191}}, {1, {8192}}, {1, {8193}},
  {1, {65535}}, {1, {65536}}, {1, {1 << 20}}, {2, {0, 0}}, {2, {255, 256}},
  {3, {1, 65536, 0}}, {4, {0, 1 << 20, 255, 3}}, {2, {8193, 1}},
};

#define SHAPES ((int) (sizeof shapes / sizeof *shapes))
#define SERIES (SHAPES + SMALL)
#define LENGTHS 4200 /* the pushed messages end with one of each length below it */

static shape
shape_of (int n)
{
    if (n < SHAPES)
        return shapes[n];
    if (n >= SERIES)
        return (shape){1, {(size_t) (n - SERIES)}};
    return (shape){1 + n % 3, {(size_t) (n % 40), (size_t) (n % 7), 2, 0}};
}

static unsigned char
byte_at (int message, int frame, size_t i)
{
    return (unsigned char) ((size_t) message * 31 + (size_t) frame * 7 + i + (i >> 8));
}

static uint64_t sum = 14695981039346656037u, received;

static void
digest (const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 1099511628211u;
    sum = (sum ^ n) * 1099511628211u;
    received++;
}

static void
send_message (void *s, int n)
{
    shape sh = shape_of (n);
    for (int f = 0; f < sh.frames; f++) {
        zmq_msg_t m;
        OK (zmq_msg_init_size (&m, sh.size[f]));
        unsigned char *p = zmq_msg_data (&m);
        for (size_t i = 0; i < sh.size[f]; i++)
            p[i] = byte_at (n, f, i);
        OK (zmq_msg_send (&m, s, f + 1 < sh.frames ? ZMQ_SNDMORE : 0));
    }
}

static void
receive_message (void *s, int n)
{
    shape sh = shape_of (n);
    for (int f = 0; f < sh.frames; f++) {
        zmq_msg_t m;
        OK (zmq_msg_init (&m));
        OK (zmq_msg_recv (&m, s, 0));
        size_t size = zmq_msg_size (&m);
        if (size != sh.size[f] || zmq_msg_more (&m) != (f + 1 < sh.frames))
            FAIL ("message %d frame %d: %zu bytes, more %d", n, f, size, zmq_msg_more (&m));
        unsigned char *p = zmq_msg_data (&m);
        for (size_t i = 0; i < size; i++)
            if (p[i] != byte_at (n, f, i))
                FAIL ("message %d frame %d differs at %zu", n, f, i);
        digest (p, size);
        OK (zmq_msg_close (&m));
    }
}

static void
go_on (void)
{
    char line[16];
    if (!fgets (line, sizeof line, stdin))
        FAIL ("the runner went away");
}

static const char *const names[2] = {"side zero", "side one"};

/* The part of a message before its series frames. */
static void
send_head (void *s, int own, int peer, int side)
{
    if (own == ZMQ_ROUTER)
        CHECK_EQ (zmq_send (s, names[!side], strlen (names[!side]), ZMQ_SNDMORE), strlen (names[!side]));
    if ((own == ZMQ_DEALER && peer == ZMQ_REP) || (own == ZMQ_ROUTER && peer == ZMQ_REQ))
        CHECK_EQ (zmq_send (s, "", 0, ZMQ_SNDMORE), 0);
}

static void
receive_head (void *s, int own, int peer, int side)
{
    char buf[64];
    if (own == ZMQ_ROUTER) {
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), strlen (names[!side]));
        CHECK (memcmp (buf, names[!side], strlen (names[!side])) == 0 && rcvmore (s));
    }
    if ((own == ZMQ_DEALER && peer == ZMQ_REP) || (own == ZMQ_ROUTER && peer == ZMQ_REQ)) {
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 0);
        CHECK (rcvmore (s));
    }
}

static void
send_one (void *s, int own, int peer, int side, int n)
{
    send_head (s, own, peer, side);
    send_message (s, n);
}

static void
receive_one (void *s, int own, int peer, int side, int n)
{
    receive_head (s, own, peer, side);
    receive_message (s, n);
}

static int
publishes (int type)
{
    return type == ZMQ_PUB || type == ZMQ_XPUB;
}

static void
publish (void *s, int own, int peer)
{
    if (own == ZMQ_XPUB) {
        char buf[8];
        CHECK_EQ (zmq_recv (s, buf, sizeof buf, 0), 1);
        CHECK (buf[0] == 1);
    }
    if (own == ZMQ_PUB) {
        /* tokens until the subscriber has said that it got one */
        struct pollfd in = {0, POLLIN, 0};
        while (poll (&in, 1, 10) == 0)
            OK (zmq_send (s, "token", 5, 0));
    }
    go_on ();
    OK (zmq_send (s, "start", 5, 0));
    for (int n = 0; n < SERIES; n++)
        send_message (s, n);
    if (own == ZMQ_XPUB && peer == ZMQ_XSUB)
        for (int n = 0; n < SERIES; n++) {
            char first;
            /* upstream messages; (un)subscriptions look like shape 1 */
            CHECK_EQ (zmq_recv (s, &first, 1, 0), 2);
            CHECK (first == 'u');
        }
}

static void
subscribe (void *s, int own, int peer)
{
    char buf[64];
    if (own == ZMQ_SUB)
        OK (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "", 0));
    else
        CHECK_EQ (zmq_send (s, "\1", 1, 0), 1);
    if (peer == ZMQ_PUB)
        expect (s, "token");
    SAY ("ready");
    int size;
    while ((size = zmq_recv (s, buf, sizeof buf, 0)) == 5 && memcmp (buf, "token", 5) == 0)
        ;
    CHECK (size == 5 && memcmp (buf, "start", 5) == 0);
    for (int n = 0; n < SERIES; n++)
        receive_message (s, n);
    if (own == ZMQ_XSUB && peer == ZMQ_XPUB)
        for (int n = 0; n < SERIES; n++)
            CHECK_EQ (zmq_send (s, "up", 2, 0), 2);
}

/* Raw streams: the bytes of the series, cut anywhere. */
static void
stream_send (void *s, const char *id)
{
    for (int n = 0; n < SERIES; n++) {
        shape sh = shape_of (n);
        for (int f = 0; f < sh.frames; f++) {
            if (sh.size[f] == 0)
                continue;
            zmq_msg_t m;
            CHECK_EQ (zmq_send (s, id, 5, ZMQ_SNDMORE), 5);
            OK (zmq_msg_init_size (&m, sh.size[f]));
            unsigned char *p = zmq_msg_data (&m);
            for (size_t i = 0; i < sh.size[f]; i++)
                p[i] = byte_at (n, f, i);
            OK (zmq_msg_send (&m, s, 0));
        }
    }
}

static void
stream_receive (void *s)
{
    uint64_t want = 0, got = 0;
    for (int n = 0; n < SERIES; n++)
        for (int f = 0; f < shape_of (n).frames; f++)
            want += shape_of (n).size[f];
    while (got < want) {
        char id[5];
        zmq_msg_t m;
        CHECK_EQ (zmq_recv (s, id, 5, 0), 5);
        OK (zmq_msg_init (&m));
        OK (zmq_msg_recv (&m, s, 0));
        unsigned char *p = zmq_msg_data (&m);
        for (size_t i = 0; i < zmq_msg_size (&m); i++)
            sum = (sum ^ p[i]) * 1099511628211u;
        got += zmq_msg_size (&m);
        OK (zmq_msg_close (&m));
    }
    received = got;
}

static void
stream (void *s, int side)
{
    char id[5];
    CHECK_EQ (zmq_recv (s, id, 5, 0), 5);
    CHECK_EQ (zmq_recv (s, NULL, 0, 0), 0);
    if (side == 0) {
        stream_send (s, id);
        stream_receive (s);
    } else {
        stream_receive (s);
        stream_send (s, id);
    }
}

static void
converse (void *s, int own, int peer, int side)
{
    /* a ROUTER that speaks first has to know its peer */
    if (own == ZMQ_ROUTER && side == 0) {
        OK (set_int (s, ZMQ_ROUTER_MANDATORY, 1));
        AWAIT (zmq_send (s, names[1], strlen (names[1]), ZMQ_SNDMORE) != -1);
        send_message (s, 0);
        receive_one (s, own, peer, side, 0);
    } else if (own == ZMQ_ROUTER && peer == ZMQ_ROUTER) {
        receive_one (s, own, peer, side, 0);
        send_one (s, own, peer, side, 0);
    }
    int lockstep = own == ZMQ_REQ || own == ZMQ_REP || peer == ZMQ_REQ || peer == ZMQ_REP;
    if (lockstep) {
        for (int n = 0; n < SERIES; n++) {
            if (side == 0)
                send_one (s, own, peer, side, n);
            receive_one (s, own, peer, side, n);
            if (side == 1)
                send_one (s, own, peer, side, n);
        }
        return;
    }
    for (int turn = 0; turn < 2; turn++)
        for (int n = 0; n < SERIES; n++)
            if (turn == side)
                send_one (s, own, peer, side, n);
            else
                receive_one (s, own, peer, side, n);
}

/* Lets everybody in who knows the password. */
static void *
authenticate (void *zap)
{
    char frame[8][256];
    for (;;) {
        int n = 0, size;
        do {
            if ((size = zmq_recv (zap, frame[n], sizeof *frame - 1, 0)) == -1) {
                CHECK (errno == ETERM || errno == EAGAIN);
                close0 (zap);
                return NULL;
            }
            frame[n++][size] = 0;
        } while (n < 8 && rcvmore (zap));
        int known = n == 8 && strcmp (frame[6], "joe") == 0 && strcmp (frame[7], "secret") == 0;
        send_parts (zap, "1.0", "1", known ? "200" : "400", "", "joe", "");
    }
}

/* Sets the mechanism that the scenario's name begins with; starts an
   authenticator if there has to be one. */
static void
secure (const char *name, void *ctx, void *s, int server, pthread_t *handler)
{
    static const char public[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    static const char secret[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    if (strncmp (name, "curve-", 6) == 0) {
        OK (set_str (s, ZMQ_CURVE_PUBLICKEY, public));
        OK (set_str (s, ZMQ_CURVE_SECRETKEY, secret));
        if (server)
            OK (set_int (s, ZMQ_CURVE_SERVER, 1));
        else
            OK (set_str (s, ZMQ_CURVE_SERVERKEY, public));
    }
    int clear = strncmp (name, "clear-", 6) == 0;
    if (clear || strncmp (name, "gssapi-", 7) == 0) {
        /* the realm is that of scripts/gssapi */
        OK (set_str (s, ZMQ_GSSAPI_PRINCIPAL, "zmqtest2"));
        OK (set_int (s, ZMQ_GSSAPI_PLAINTEXT, clear));
        if (server)
            OK (set_int (s, ZMQ_GSSAPI_SERVER, 1));
        else
            OK (set_str (s, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "zmqtest2"));
    }
    if (strncmp (name, "plain-", 6) == 0) {
        if (server) {
            void *zap = zmq_socket (ctx, ZMQ_REP);
            CHECK (zap != NULL);
            OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
            *handler = start (authenticate, zap);
            OK (set_int (s, ZMQ_PLAIN_SERVER, 1));
        } else {
            OK (set_str (s, ZMQ_PLAIN_USERNAME, "joe"));
            OK (set_str (s, ZMQ_PLAIN_PASSWORD, "secret"));
        }
    }
}

static const char *
types_of (const char *name)
{
    static const char *const mechanisms[] = {"curve-", "plain-", "gssapi-", "clear-"};
    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
        if (strncmp (name, mechanisms[i], strlen (mechanisms[i])) == 0)
            return name + strlen (mechanisms[i]);
    return name;
}

int
main (int argc, char **argv)
{
    CHECK_EQ (argc, 5);
    const scenario *sc = NULL;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp (scenarios[i].name, types_of (argv[1])) == 0)
            sc = &scenarios[i];
    CHECK (sc != NULL);
    int side = atoi (argv[2]), own = sc->type[side], peer = sc->type[!side];
    void *ctx = new_ctx (), *s = new_sock (ctx, own);
    OK (set_int (s, ZMQ_SNDHWM, 0));
    OK (set_int (s, ZMQ_RCVHWM, 0));
    if (own == ZMQ_REQ || own == ZMQ_DEALER || own == ZMQ_ROUTER)
        OK (set_str (s, ZMQ_ROUTING_ID, names[side]));
    pthread_t handler = 0;
    secure (argv[1], ctx, s, strcmp (argv[3], "bind") == 0, &handler);
    if (strcmp (argv[3], "bind") == 0) {
        char ep[EP_MAX];
        bind_to (s, argv[4], ep);
        SAY ("endpoint %s", ep);
    } else
        OK (zmq_connect (s, argv[4]));

    if (own == ZMQ_STREAM)
        stream (s, side);
    else if (publishes (own))
        publish (s, own, peer);
    else if (publishes (peer))
        subscribe (s, own, peer);
    else if (own == ZMQ_PUSH)
        for (int n = 0; n < SERIES + LENGTHS; n++)
            send_message (s, n);
    else if (own == ZMQ_PULL)
        for (int n = 0; n < SERIES + LENGTHS; n++)
            receive_message (s, n);
    else
        converse (s, own, peer, side);

    SAY ("done %llu %016llx", (unsigned long long) received, (unsigned long long) sum);
    go_on ();
    close0 (s);
    if (handler) {
        OK (zmq_ctx_shutdown (ctx));
        finish (handler);
    }
    term (ctx);
    return 0;
}
