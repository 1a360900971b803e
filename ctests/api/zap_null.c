/* ZAP with the NULL mechanism: which side asks, what the authenticator sees, what
   its answers do, and what becomes of wrong ones. */
#include "check.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

static void *ctx, *handler, *server, *client, *monitor;
static char ep[EP_MAX];

static void
open_handler (int type)
{
    handler = new_sock (ctx, type);
    /* the name of a closed socket is free only a little later */
    AWAIT (zmq_bind (handler, "inproc://zeromq.zap.01") == 0);
}

static void
open_server (int type, const char *domain, int enforce, int interval)
{
    server = new_sock (ctx, type);
    if (domain)
        OK (set_str (server, ZMQ_ZAP_DOMAIN, domain));
    OK (set_int (server, ZMQ_ZAP_ENFORCE_DOMAIN, enforce));
    OK (set_int (server, ZMQ_HANDSHAKE_IVL, interval));
    OK (set_str (server, ZMQ_ROUTING_ID, "SERVER"));
    monitor = mon_open (ctx, server,
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
                          | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
                          | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    bind_tcp (server, ep);
}

/* A server of a domain and a client of it; no second attempt. */
static void
open_pair (int type, const char *domain, int enforce, int interval)
{
    open_server (type, domain, enforce, interval);
    client = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (client, ZMQ_RECONNECT_IVL, -1));
    OK (set_str (client, ZMQ_ROUTING_ID, "CLIENT"));
    OK (zmq_connect (client, ep));
}

static void
close_server (void)
{
    OK (zmq_socket_monitor (server, NULL, 0));
    close0 (server);
    close0 (monitor);
}

static void
close_pair (void)
{
    close0 (client);
    close_server ();
}

/* The server's next event; values that say why, but no errno. */
static void
say_event (const char *label)
{
    mon_event e = mon_next (monitor, LONG_WAIT);
    if (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL || e.event == -1)
        SAY ("%s: %s", label, event_name (e.event));
    else
        SAY ("%s: %s %x", label, event_name (e.event), (unsigned) e.value);
}

static void
say_property (zmq_msg_t *m, const char *name)
{
    const char *value = zmq_msg_gets (m, name);
    printf (" %s=%s", name, value ? value : "(none)");
}

static void
passes (const char *label)
{
    send_str (client, "hello", 0);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, server, 0));
    printf ("%s:", label);
    say_property (&m, "User-Id");
    say_property (&m, "Hello");
    say_property (&m, "Socket-Type");
    say_property (&m, "Identity");
    say_property (&m, "Peer-Address");
    putchar ('\n');
    OK (zmq_msg_close (&m));
}

typedef struct
{
    const char *bytes;
    size_t size;
} frame;

/* Sends the answer of a REP authenticator, and shows the server's event. */
static void
answer (const char *label, const frame *frames)
{
    open_pair (ZMQ_DEALER, "DOMAIN", 0, LONG_WAIT);
    say_message (label, handler);
    for (; frames->bytes; frames++)
        OK (zmq_send (handler, frames->bytes, frames->size, frames[1].bytes ? ZMQ_SNDMORE : 0));
    say_event (label);
}

#define F(text) {text, sizeof text - 1}
#define ANSWER(label, ...) answer (label, (const frame[]){__VA_ARGS__, {NULL, 0}})

static void
granted (void)
{
    ANSWER ("200", F ("1.0"), F ("1"), F ("200"), F ("OK"), F ("joe"), F (""));
    passes ("200");
    close_pair ();
    ANSWER ("no user", F ("1.0"), F ("1"), F ("200"), F (""), F (""), F (""));
    passes ("no user");
    close_pair ();
    ANSWER ("a NUL in the user", F ("1.0"), F ("1"), F ("200"), F (""), F ("a\0b"), F (""));
    passes ("a NUL in the user");
    close_pair ();
    ANSWER ("properties", F ("1.0"), F ("1"), F ("200"), F (""), F ("joe"),
            F ("\5Hello\0\0\0\5World\5Hello\0\0\0\5again\7User-Id\0\0\0\3eve"));
    passes ("properties");
    close_pair ();
    ANSWER ("properties of ours", F ("1.0"), F ("1"), F ("200"), F (""), F ("joe"),
            F ("\14Peer-Address\0\0\0\1x\13Socket-Type\0\0\0\6ROUTER\0\0\0\0\1x"));
    passes ("properties of ours");
    close_pair ();
}

#define REFUSED(label, ...)                                                    \
    do {                                                                       \
        ANSWER (label, __VA_ARGS__);                                           \
        CHECK_EQ (wait_for (server, ZMQ_POLLIN, 0), 0);                        \
        close_pair ();                                                         \
    } while (0)

static void
refused (void)
{
    static const char *statuses[] = {"300", "400", "500", "600", "100", "201", "20", "2000", "", "OK"};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        REFUSED ("status", F ("1.0"), F ("1"), {statuses[i], strlen (statuses[i])}, F ("text"),
                 F ("joe"), F (""));
    REFUSED ("version", F ("1.1"), F ("1"), F ("200"), F ("OK"), F ("joe"), F (""));
    REFUSED ("long version", F ("1.00"), F ("1"), F ("200"), F ("OK"), F ("joe"), F (""));
    REFUSED ("id", F ("1.0"), F ("2"), F ("200"), F ("OK"), F ("joe"), F (""));
    REFUSED ("no id", F ("1.0"), F (""), F ("200"), F ("OK"), F ("joe"), F (""));
    REFUSED ("half a property", F ("1.0"), F ("1"), F ("200"), F ("OK"), F ("joe"), F ("\5Hel"));
    REFUSED ("half a value", F ("1.0"), F ("1"), F ("200"), F ("OK"), F ("joe"), F ("\1a\0\0\0\2x"));
    REFUSED ("a misfit type", F ("1.0"), F ("1"), F ("200"), F ("OK"), F ("joe"),
             F ("\13Socket-Type\0\0\0\3PUB"));
    REFUSED ("400 and half a property", F ("1.0"), F ("1"), F ("400"), F ("no"), F ("joe"), F ("\5"));
    REFUSED ("all wrong", F ("x"), F ("x"), F ("x"), F ("x"), F ("x"), F ("x"));
    REFUSED ("all but the version wrong", F ("1.0"), F ("x"), F ("x"), F ("x"), F ("x"), F ("x"));
    REFUSED ("status and properties wrong", F ("1.0"), F ("1"), F ("x"), F ("x"), F ("x"), F ("x"));
    REFUSED ("a frame less", F ("1.0"), F ("1"), F ("200"), F ("OK"), F ("joe"));
    REFUSED ("one frame", F ("1.0"));
    REFUSED ("a frame more", F ("x"), F ("1"), F ("200"), F ("OK"), F ("joe"), F (""), F (""));
}

/* A ROUTER sees the delimiter, and has to send it. */
static void
by_router (const char *label, const char *delimiter)
{
    char id[256];
    int n;
    open_pair (ZMQ_ROUTER, "DOMAIN", 1, LONG_WAIT);
    OK (n = zmq_recv (handler, id, sizeof id, 0));
    SAY ("%s: id of %d bytes", label, n);
    say_message (label, handler);
    CHECK_EQ (zmq_send (handler, id, (size_t) n, ZMQ_SNDMORE), n);
    if (delimiter)
        send_str (handler, delimiter, ZMQ_SNDMORE);
    send_parts (handler, "1.0", "1", "200", "OK", "joe", "");
    say_event (label);
    close_pair ();
}

/* Peers that speak no ZMTP 3.x have nothing to show. */
static void
old_peer (const char *label, const void *bytes, size_t size)
{
    open_server (ZMQ_DEALER, "DOMAIN", 0, LONG_WAIT);
    int fd = raw_connect (ep);
    raw_send (fd, bytes, size);
    SAY ("%s: closed %d", label, raw_closed (fd, LONG_WAIT));
    close (fd);
    CHECK_EQ (wait_for (server, ZMQ_POLLIN, 0), 0);
    close_server ();
}

int
main (void)
{
    ctx = new_ctx ();
    char text[16];
    size_t size = sizeof text;
    server = new_sock (ctx, ZMQ_DEALER);
    SHOW (set_str (server, ZMQ_ZAP_DOMAIN, "global"));
    SHOW (zmq_getsockopt (server, ZMQ_ZAP_DOMAIN, text, &size));
    SAY ("%s %zu", text, size);
    SHOW (zmq_setsockopt (server, ZMQ_ZAP_DOMAIN, "", 0));
    SHOW (get_int (server, ZMQ_ZAP_ENFORCE_DOMAIN));
    close0 (server);

    /* without an authenticator */
    open_pair (ZMQ_DEALER, "DOMAIN", 0, LONG_WAIT);
    say_event ("nobody to ask");
    passes ("nobody to ask");
    close_pair ();
    open_pair (ZMQ_DEALER, NULL, 1, LONG_WAIT);
    say_event ("nobody to ask, no domain");
    passes ("nobody to ask, no domain");
    close_pair ();
    open_pair (ZMQ_DEALER, "DOMAIN", 1, LONG_WAIT);
    mon_event e = mon_next (monitor, LONG_WAIT);
    SAY ("nobody to ask, enforced: %s %s", event_name (e.event), err_name (e.value));
    close_pair ();
    old_peer ("1.0, nobody to ask", "\1\0\6\0hello", 9);

    open_handler (ZMQ_REP);
    open_pair (ZMQ_DEALER, NULL, 0, LONG_WAIT);
    say_event ("no domain");
    passes ("no domain");
    CHECK_EQ (wait_for (handler, ZMQ_POLLIN, 0), 0);
    close_pair ();
    granted ();
    refused ();
    old_peer ("1.0", "\1\0\6\0hello", 9);
    old_peer ("2.0", "\xff\0\0\0\0\0\0\0\1\x7f\1\5\0\0\0\5hello", 21);
    CHECK_EQ (wait_for (handler, ZMQ_POLLIN, 0), 0);

    /* the name is free again, and the answer still comes */
    open_pair (ZMQ_DEALER, "DOMAIN", 0, LONG_WAIT);
    say_message ("unbound", handler);
    OK (zmq_unbind (handler, "inproc://zeromq.zap.01"));
    send_parts (handler, "1.0", "1", "200", "OK", "joe", "");
    say_event ("unbound");
    passes ("unbound");
    close_pair ();
    OK (zmq_bind (handler, "inproc://zeromq.zap.01"));

    /* authenticators that do not answer */
    open_pair (ZMQ_DEALER, "DOMAIN", 0, 200);
    say_message ("silent", handler);
    say_event ("silent");
    close_pair ();
    close0 (handler);
    open_handler (ZMQ_REP);
    open_pair (ZMQ_DEALER, "DOMAIN", 0, 200);
    say_message ("half an answer", handler);
    send_str (handler, "1.0", ZMQ_SNDMORE);
    close0 (handler);
    say_event ("half an answer");
    close_pair ();

    open_handler (ZMQ_ROUTER);
    by_router ("router", "");
    by_router ("a delimiter that is none", "x");
    by_router ("no delimiter", NULL);

    /* the connecting side may ask as well */
    server = new_sock (ctx, ZMQ_DEALER);
    bind_tcp (server, ep);
    client = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (client, ZMQ_ZAP_DOMAIN, "MINE"));
    OK (zmq_connect (client, ep));
    char id[256];
    int n;
    OK (n = zmq_recv (handler, id, sizeof id, 0));
    say_message ("connecting", handler);
    CHECK_EQ (zmq_send (handler, id, (size_t) n, ZMQ_SNDMORE), n);
    send_parts (handler, "", "1.0", "1", "200", "OK", "boss", "");
    send_str (server, "hello", 0);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_recv (&m, client, 0));
    CHECK_STR (zmq_msg_gets (&m, "User-Id"), "boss");
    OK (zmq_msg_close (&m));
    close0 (client);
    close0 (server);
    close0 (handler);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA);
    term (ctx);
    return 0;
}
