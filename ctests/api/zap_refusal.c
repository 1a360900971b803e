/* ZAP: shows what the refused side sees, and when. The original lets some of these
   connections hang until the peer says more or the handshake's time is up. */
#include "check.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define EVENTS (ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED \
                | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL \
                | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

static void *ctx, *handler, *server, *client, *server_events, *client_events;
static char ep[EP_MAX];

static void
open_server (int type, int enforce)
{
    server = new_sock (ctx, type);
    OK (set_str (server, ZMQ_ZAP_DOMAIN, "DOMAIN"));
    OK (set_int (server, ZMQ_ZAP_ENFORCE_DOMAIN, enforce));
    server_events = mon_open (ctx, server, EVENTS);
    bind_tcp (server, ep);
}

static void
open_client (void)
{
    client = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (client, ZMQ_RECONNECT_IVL, 50));
    OK (set_str (client, ZMQ_ROUTING_ID, "CLIENT"));
    client_events = mon_open (ctx, client, EVENTS);
    OK (zmq_connect (client, ep));
}

static void
close_all (void)
{
    OK (zmq_socket_monitor (client, NULL, 0));
    OK (zmq_socket_monitor (server, NULL, 0));
    close0 (client);
    close0 (server);
    close0 (client_events);
    close0 (server_events);
}

static void
await_request (void)
{
    expect (handler, "1.0", "1", "DOMAIN", "127.0.0.1", "", "NULL");
}

static void
reply (const char *status, const char *user)
{
    send_parts (handler, "1.0", "1", status, "text", user, "");
}

static void
expect_event (void *events, int event, int value)
{
    mon_event e = mon_expect (events, event);
    if (value)
        CHECK_EQ (e.value, value);
}

/* The client goes on trying. A connection may end in two ways. */
static void
expect_retry (void)
{
    mon_event e = mon_expect (client_events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    CHECK (e.value == EPIPE || e.value == ECONNRESET);
    mon_expect (client_events, ZMQ_EVENT_DISCONNECTED);
    mon_expect (client_events, ZMQ_EVENT_CONNECT_RETRIED);
}

/* The client hears why, and goes on trying. */
static void
refused (const char *status)
{
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    reply (status, "joe");
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, atoi (status));
    expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
    expect_event (client_events, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, atoi (status));
    expect_event (client_events, ZMQ_EVENT_DISCONNECTED, 0);
    expect_event (client_events, ZMQ_EVENT_CONNECT_RETRIED, 0);
    await_request ();
    reply ("200", "joe");
    expect_event (client_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    close_all ();
}

/* READY and a message that did not wait to be let in. */
static void
impatient (const char *status)
{
    open_server (ZMQ_DEALER, 0);
    unsigned char out[256], back[256];
    z_greeting (out, 3, 1);
    int fd = raw_connect (ep);
    raw_send (fd, out, 64);
    CHECK_EQ (raw_recv (fd, back, 64, LONG_WAIT), 64);
    await_request ();
    unsigned char body[128];
    size_t n = z_ready_body (body, "DEALER", "");
    size_t size = z_frame_bytes (out, Z_COMMAND, body, n);
    size += z_frame_bytes (out + size, 0, "early", 5);
    raw_send (fd, out, size);
    CHECK_EQ (wait_for (server, ZMQ_POLLIN, SHORT_WAIT), 0);
    reply (status, "joe");
    if (strcmp (status, "200") == 0) {
        expect (server, "early");
        CHECK_EQ (z_recv (fd)->flags, Z_COMMAND);
    } else {
        z_expect (fd, Z_COMMAND, "\5ERROR\003400", 10);
        CHECK (raw_closed (fd, LONG_WAIT));
        CHECK_EQ (wait_for (server, ZMQ_POLLIN, 0), 0);
    }
    close (fd);
    OK (zmq_socket_monitor (server, NULL, 0));
    close0 (server);
    close0 (server_events);
}

/* A connecting socket that puts off its peer tries again. */
static void
asks_and_connects (void)
{
    char ep[EP_MAX];
    void *bound = new_sock (ctx, ZMQ_DEALER), *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (s, ZMQ_ZAP_DOMAIN, "DOMAIN"));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    bind_tcp (bound, ep);
    OK (zmq_connect (s, ep));
    await_request ();
    reply ("300", "joe");
    mon_until (m, ZMQ_EVENT_CONNECT_RETRIED);
    await_request ();
    reply ("200", "joe");
    mon_until (m, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    mon_close (s, m);
    close0 (s);
    close0 (bound);
}

int
main (void)
{
    ctx = new_ctx ();

    /* enforced, and nobody to ask: dropped at once, again and again */
    open_server (ZMQ_DEALER, 1);
    open_client ();
    for (int i = 0; i < 2; i++) {
        expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, EFAULT);
        expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
        expect_retry ();
    }
    /* until somebody comes */
    handler = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (handler, "inproc://zeromq.zap.01"));
    await_request ();
    reply ("200", "joe");
    mon_until (client_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_all ();

    refused ("400");
    refused ("500");

    /* for the time being: asked again, and let in */
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    reply ("300", "joe");
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300);
    expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
    expect_retry ();
    await_request ();
    reply ("200", "joe");
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    expect_event (client_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
    close_all ();

    /* for the time being, where the connecting side asks */
    asks_and_connects ();

    /* an answer that is wrong is no answer to the client */
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    send_parts (handler, "1.0", "1", "200");
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
                  ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY);
    expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
    expect_retry ();
    await_request ();
    reply ("200", "joe");
    mon_until (client_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_all ();

    /* so is one whose properties end inside a length */
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    const char *answer[] = {"1.0", "1", "200", "OK", "joe"};
    for (int i = 0; i < 5; i++)
        send_str (handler, answer[i], ZMQ_SNDMORE);
    CHECK_EQ (zmq_send (handler, "\5Hello\0\0", 8, 0), 8);
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
                  ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA);
    expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
    expect_retry ();
    await_request ();
    reply ("200", "joe");
    mon_until (client_events, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_all ();

    /* the name that the authenticator gives counts, whatever comes first */
    open_server (ZMQ_ROUTER, 0);
    open_client ();
    await_request ();
    const char *frames[] = {"1.0", "1", "200", "OK", "joe"};
    for (int i = 0; i < 5; i++)
        send_str (handler, frames[i], ZMQ_SNDMORE);
    CHECK_EQ (zmq_send (handler, "\10Identity\0\0\0\3BOB", 16, 0), 16);
    send_str (client, "hello", 0);
    expect (server, "BOB", "hello");
    close_all ();

    impatient ("200");
    impatient ("400");

    /* clients that leave while the authenticator thinks */
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    close0 (client);
    expect_event (server_events, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, EPIPE);
    expect_event (server_events, ZMQ_EVENT_DISCONNECTED, 0);
    reply ("200", "joe");
    CHECK_EQ (mon_next (server_events, SHORT_WAIT).event, -1);
    client = new_sock (ctx, ZMQ_DEALER);
    close_all ();

    /* a server that leaves; the context ends with questions under way */
    open_server (ZMQ_DEALER, 0);
    open_client ();
    await_request ();
    close_all ();
    reply ("200", "joe");
    open_server (ZMQ_DEALER, 0);
    open_client ();
    send_str (client, "never delivered", 0);
    CHECK (wait_for (handler, ZMQ_POLLIN, LONG_WAIT));
    close_all ();
    close0 (handler);
    term (ctx);
    return 0;
}
