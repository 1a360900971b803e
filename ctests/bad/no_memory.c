/* Memory that a peer or the program makes large is refused, each time by itself: the connection is lost and made
   again, and what was sent arrives. Properties of READY and INITIATE, what the authenticator tells, and messages, over tcp and
   WebSockets, in clear and encrypted. (The original ends the process.) */
#include "check.h"

/* Asking for so much is asking for what somebody else has chosen: buffers of the library's own are smaller. */
#define LARGE 70000
#define PROPERTY 100000

#ifndef ZMQ_METADATA
#define ZMQ_METADATA 95
#endif

void *__libc_malloc (size_t);
void *__libc_calloc (size_t, size_t);
void *__libc_realloc (void *, size_t);
void *__libc_memalign (size_t, size_t);

/* The one that is refused, counted from the last reset; 0 is none. */
static int asked, refuses, refused;

static int
is_refused (size_t size)
{
    int at = __atomic_load_n (&refuses, __ATOMIC_SEQ_CST);
    if (size < LARGE || !at || __atomic_add_fetch (&asked, 1, __ATOMIC_SEQ_CST) != at)
        return 0;
    __atomic_store_n (&refused, 1, __ATOMIC_SEQ_CST);
    errno = ENOMEM;
    return 1;
}

void *
malloc (size_t size)
{
    return is_refused (size) ? NULL : __libc_malloc (size);
}

void *
calloc (size_t count, size_t size)
{
    return is_refused (count * size) ? NULL : __libc_calloc (count, size);
}

void *
realloc (void *old, size_t size)
{
    return is_refused (size) ? NULL : __libc_realloc (old, size);
}

int
posix_memalign (void **at, size_t align, size_t size)
{
    if (is_refused (size))
        return ENOMEM;
    *at = __libc_memalign (align, size);
    return *at ? 0 : ENOMEM;
}

void *
aligned_alloc (size_t align, size_t size)
{
    return is_refused (size) ? NULL : __libc_memalign (align, size);
}

static void
refuse (int at)
{
    __atomic_store_n (&refuses, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n (&asked, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n (&refused, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n (&refuses, at, __ATOMIC_SEQ_CST);
}

enum security { CLEAR, PLAIN, ENCRYPTED };

static char server_public[41], server_secret[41], client_public[41], client_secret[41];

static void
secure (void *s, enum security security, int is_server)
{
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    static char property[PROPERTY + 16];
    memset (property, 'p', PROPERTY);
    memcpy (property, "X-long:", 7);
    OK (zmq_setsockopt (s, ZMQ_METADATA, property, PROPERTY));
    if (security == PLAIN) {
        OK (is_server ? set_int (s, ZMQ_PLAIN_SERVER, 1) : set_str (s, ZMQ_PLAIN_USERNAME, "me"));
        if (!is_server)
            OK (set_str (s, ZMQ_PLAIN_PASSWORD, "secret"));
    }
    if (security == ENCRYPTED && is_server) {
        OK (set_int (s, ZMQ_CURVE_SERVER, 1));
        OK (set_str (s, ZMQ_CURVE_SECRETKEY, server_secret));
    } else if (security == ENCRYPTED) {
        OK (set_str (s, ZMQ_CURVE_SERVERKEY, server_public));
        OK (set_str (s, ZMQ_CURVE_PUBLICKEY, client_public));
        OK (set_str (s, ZMQ_CURVE_SECRETKEY, client_secret));
    }
}

/* Grants everything; a long name and long properties come with it. */
static void *
authenticator (void *zap)
{
    static char user[PROPERTY];
    memset (user, 'u', sizeof user);
    char buf[512], id[64];
    for (;;) {
        if (zmq_recv (zap, buf, sizeof buf, 0) == -1)
            return NULL;
        OK (zmq_recv (zap, id, sizeof id, 0));
        while (rcvmore (zap))
            OK (zmq_recv (zap, buf, sizeof buf, 0));
        send_str (zap, "1.0", ZMQ_SNDMORE);
        send_str (zap, "1", ZMQ_SNDMORE);
        send_str (zap, "200", ZMQ_SNDMORE);
        send_str (zap, "OK", ZMQ_SNDMORE);
        /* in the library's own calls of this thread nothing may be refused */
        while (zmq_send (zap, user, sizeof user, ZMQ_SNDMORE) == -1)
            CHECK (errno == ENOMEM);
        OK (zmq_send (zap, "", 0, 0));
    }
}

/* A long message, over a connection with long properties. */
static void
conversation (const char *wildcard, enum security security, int at)
{
    char ep[EP_MAX], buf[16];
    static char body[PROPERTY];
    void *ctx = new_ctx (), *zap = new_sock (ctx, ZMQ_REP);
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    OK (set_int (zap, ZMQ_RCVTIMEO, -1));
    OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
    pthread_t thread = start (authenticator, zap);
    OK (set_str (pub, ZMQ_ZAP_DOMAIN, "domain"));
    secure (pub, security, 1);
    secure (sub, security, 0);
    OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    bind_to (pub, wildcard, ep);
    OK (zmq_connect (sub, ep));
    refuse (at);
    int64_t end = now_ms () + LONG_WAIT;
    for (;;) {
        CHECK (now_ms () < end);
        if (zmq_recv (pub, buf, sizeof buf, ZMQ_DONTWAIT) == -1)
            CHECK (errno == EAGAIN || errno == ENOMEM);
        if (zmq_send (pub, body, sizeof body, 0) == -1)
            CHECK (errno == ENOMEM);
        if (wait_for (sub, ZMQ_POLLIN, 5)) {
            if (zmq_recv (sub, buf, sizeof buf, 0) == sizeof body)
                break;
            CHECK (errno == ENOMEM);
        }
    }
    int was_refused = __atomic_load_n (&refused, __ATOMIC_SEQ_CST);
    refuse (0);
    __atomic_store_n (&refused, was_refused, __ATOMIC_SEQ_CST);
    close0 (sub);
    close0 (pub);
    OK (zmq_ctx_shutdown (ctx));
    finish (thread);
    close0 (zap);
    term (ctx);
}

static void
each_once (const char *wildcard, enum security security)
{
    int at = 0;
    do
        conversation (wildcard, security, ++at);
    while (__atomic_load_n (&refused, __ATOMIC_SEQ_CST));
    fprintf (stderr, "%s, %d: %d refusals\n", wildcard, security, at - 1);
    CHECK (at > 8);
}

int
main (void)
{
    OK (zmq_curve_keypair (server_public, server_secret));
    OK (zmq_curve_keypair (client_public, client_secret));
    static const char *const transports[] = {"tcp://127.0.0.1:*", "ws://127.0.0.1:*"};
    for (int t = 0; t < (zmq_has ("WS") ? 2 : 1); t++)
        for (int security = CLEAR; security <= ENCRYPTED; security++)
            each_once (transports[t], (enum security) security);
    SAY ("arrives all the same");
    return 0;
}
