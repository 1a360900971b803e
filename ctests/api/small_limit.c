/* ZMQ_MAXMSGSIZE is for messages: handshakes and commands pass a socket that
   takes messages of one byte. */
#include "check.h"

static void *ctx;
static char server_public[41], server_secret[41], client_public[41], client_secret[41];

static void
limit (void *s, int64_t most)
{
    OK (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &most, sizeof most));
}

static void
plain (void *server, void *client)
{
    OK (set_int (server, ZMQ_PLAIN_SERVER, 1));
    OK (set_str (client, ZMQ_PLAIN_USERNAME, "user"));
    OK (set_str (client, ZMQ_PLAIN_PASSWORD, "word"));
}

static void
curve (void *server, void *client)
{
    OK (set_int (server, ZMQ_CURVE_SERVER, 1));
    OK (set_str (server, ZMQ_CURVE_SECRETKEY, server_secret));
    OK (set_str (client, ZMQ_CURVE_SERVERKEY, server_public));
    OK (set_str (client, ZMQ_CURVE_PUBLICKEY, client_public));
    OK (set_str (client, ZMQ_CURVE_SECRETKEY, client_secret));
}

static void *
admit_all (void *handler)
{
    for (;;) {
        char b[64];
        do {
            if (zmq_recv (handler, b, sizeof b, 0) == -1) {
                CHECK (errno == ETERM);
                close0 (handler);
                return NULL;
            }
        } while (rcvmore (handler));
        send_parts (handler, "1.0", "1", "200", "", "", "");
    }
}

/* Both sides take messages of so many bytes, and a little more with CURVE,
   where the limit is for what travels. */
static void
talk (const char *label, const char *where, void (*secure) (void *, void *), int64_t most, int size)
{
    char ep[EP_MAX], body[64] = "";
    void *server = new_sock (ctx, ZMQ_DEALER), *client = new_sock (ctx, ZMQ_DEALER);
    if (secure)
        secure (server, client);
    limit (server, most);
    limit (client, most);
    OK (set_int (client, ZMQ_RECONNECT_IVL, 10));
    bind_to (server, where, ep);
    /* At the client: before it has seen the end it may write to the stream that the server closed. */
    void *m = mon_open (ctx, client, ZMQ_EVENT_DISCONNECTED);
    OK (zmq_connect (client, ep));
    for (int i = 0; i < 2; i++) {
        CHECK_EQ (zmq_send (client, body, size, 0), size);
        CHECK_EQ (zmq_recv (server, body, sizeof body, 0), size);
        CHECK_EQ (zmq_send (server, body, size, 0), size);
        CHECK_EQ (zmq_recv (client, body, sizeof body, 0), size);
        if (i == 0) {
            /* too long, and then another try */
            CHECK_EQ (zmq_send (client, body, size + 1, 0), size + 1);
            mon_expect (m, ZMQ_EVENT_DISCONNECTED);
        }
    }
    SAY ("%s: %d bytes pass, %d do not", label, size, size + 1);
    mon_close (client, m);
    close0 (client);
    close0 (server);
}

/* Subscriptions and their end pass, also in the clear box of CURVE. */
static void
subscribe (const char *label, void (*secure) (void *, void *))
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_XPUB), *sub = new_sock (ctx, ZMQ_SUB);
    if (secure)
        secure (pub, sub);
    limit (pub, 1);
    bind_tcp (pub, ep);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "a topic of some length"));
    OK (zmq_connect (sub, ep));
    expect (pub, "\1a topic of some length");
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "a topic of some length"));
    zmq_msg_t gone;
    zmq_msg_init (&gone);
    CHECK_EQ (zmq_msg_recv (&gone, pub, 0), 23);
    CHECK_EQ (*(char *) zmq_msg_data (&gone), 0);
    zmq_msg_close (&gone);
    SAY ("%s: subscriptions pass", label);
    close0 (sub);
    close0 (pub);
}

static void
ping (void)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    limit (s, 1);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    z_send (fd, Z_COMMAND, "\4PING\0\0context", 14);
    z_await (fd, s);
    z_expect (fd, Z_COMMAND, "\4PONGcontext", 12);
    /* a command that is no message, but long */
    unsigned char big[5000] = "\4NONE";
    z_send (fd, Z_COMMAND, big, sizeof big);
    CHECK (raw_closed (fd, LONG_WAIT));
    SAY ("PING passes");
    close (fd);
    close0 (s);
}

int
main (void)
{
    ctx = new_ctx ();
    OK (zmq_curve_keypair (server_public, server_secret));
    OK (zmq_curve_keypair (client_public, client_secret));
    void *handler = new_sock (ctx, ZMQ_REP);
    OK (set_int (handler, ZMQ_RCVTIMEO, -1));
    OK (zmq_bind (handler, "inproc://zeromq.zap.01"));
    pthread_t zap = start (admit_all, handler);
    char dir[EP_MAX], file[EP_MAX + 16];
    make_dir (dir);
    snprintf (file, sizeof file, "ipc://%s/s", dir);
    talk ("NULL", "tcp://127.0.0.1:*", NULL, 1, 1);
    talk ("NULL", "tcp://127.0.0.1:*", NULL, 10, 10);
    talk ("ipc", file, NULL, 1, 1);
    talk ("ws", "ws://127.0.0.1:*", NULL, 1, 1);
    talk ("PLAIN", "tcp://127.0.0.1:*", plain, 1, 1);
    talk ("CURVE", "tcp://127.0.0.1:*", curve, 34, 1);
    talk ("ws, CURVE", "ws://127.0.0.1:*", curve, 34, 1);
    subscribe ("NULL", NULL);
    subscribe ("CURVE", curve);
    ping ();
    remove_dir (dir);
    OK (zmq_ctx_shutdown (ctx));
    OK (pthread_join (zap, NULL) == 0 ? 0 : -1);
    term (ctx);
    return 0;
}
