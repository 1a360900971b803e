/* ZWS 2.0 (RFC 45) byte by byte, as the server and as the client of a hand-made
   peer: the opening, frames of all sizes, commands, pings, the peer's leave. */
#include "web.h"

static const size_t sizes[] = {0, 1, 124, 125, 126, 254, 255, 256, 4096, 4097,
                               8192, 65534, 65535, 65536, 130000};
#define SIZES ((int) (sizeof sizes / sizeof *sizes))

static unsigned char big[140000];

/* Messages to and from a socket, whose peer masks or not. */
static void
messages (void *s, int fd, int peer_masks)
{
    static unsigned char got[140000];
    for (int i = 0; i < SIZES; i++) {
        CHECK_EQ (zmq_send (s, big, sizes[i], 0), sizes[i]);
        w_frame *f = w_recv (fd);
        SAY ("sent %zu: first %x masked %d form %d size %zu flags %d", sizes[i], f->first,
             f->masked, f->form, f->size, f->payload[0]);
        CHECK (memcmp (f->payload + 1, big, sizes[i]) == 0);
        f->payload[0] = 0;
        w_send (fd, W_BINARY, peer_masks, f->payload, f->size);
        CHECK_EQ (zmq_recv (s, got, sizeof got, 0), sizes[i]);
        CHECK (memcmp (got, big, sizes[i]) == 0 && !rcvmore (s));
    }
    send_parts (s, "one", "", "three");
    w_expect_str (fd, !peer_masks, "\1one");
    w_expect_str (fd, !peer_masks, "\1");
    w_expect_str (fd, !peer_masks, "\0three");
    w_send_str (fd, peer_masks, "\1x");
    w_send_str (fd, peer_masks, "\1");
    w_send_str (fd, peer_masks, "\0z");
    expect (s, "x", "", "z");
    /* lengths in longer forms than needed; flags that nobody knows */
    w_send_as (fd, W_BINARY, peer_masks, 3, "\0form 3", 7);
    w_send_as (fd, W_BINARY, peer_masks, 9, "\0form 9", 7);
    w_send_str (fd, peer_masks, "\xfc" "flags");
    expect (s, "form 3");
    expect (s, "form 9");
    expect (s, "flags");
    /* unknown commands are ignored; a ping is answered, also within a message */
    w_send_str (fd, peer_masks, "\2\7UNKNOWNxyz");
    w_send (fd, W_PONG, peer_masks, "unasked", 7);
    w_send_str (fd, peer_masks, "\1part");
    w_send (fd, W_PING, peer_masks, "", 0);
    w_expect (fd, W_PONG, !peer_masks, "", 0);
    w_send_str (fd, peer_masks, "\0end");
    expect (s, "part", "end");
    /* byte by byte */
    static const unsigned char slow[] = {0x82, 0x86, 1, 2, 3, 4, 1, 's' ^ 2, 'l' ^ 3,
                                         'o' ^ 4, 'w' ^ 1, '!' ^ 2};
    static const unsigned char bare[] = {0x82, 6, 0, 's', 'l', 'o', 'w', '!'};
    for (size_t i = 0; i < (peer_masks ? sizeof slow : sizeof bare); i++)
        raw_send (fd, (peer_masks ? slow : bare) + i, 1);
    expect (s, "slow!");
}

static void
as_server (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    char ep[EP_MAX];
    OK (set_str (s, ZMQ_ROUTING_ID, "me"));
    bind_ws (s, ep);
    char head[4096];
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("nothing, ZWS2.0/NULL,ZWS2.0"));
    w_head (fd, head);
    say_bytes ("response", head, strlen (head));
    w_frame *f = w_recv (fd);
    say_bytes ("ready", f->payload, f->size);
    w_send_ready (fd, 1, "DEALER", "peer");
    messages (s, fd, 1);
    /* half a message, then gone: nothing */
    w_send_str (fd, 1, "\1half");
    close (fd);
    quiet (s);

    /* a leave is returned */
    fd = w_client (ep, "DEALER", "");
    w_send (fd, W_CLOSE, 1, "\3\xe9" "bye", 5);
    z_await (fd, s);
    w_expect (fd, W_CLOSE, 0, "\3\xe9" "bye", 5);
    close (fd);
    close0 (s);
    term (ctx);
    SAY ("server");
}

static void
as_client (void)
{
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    char ep[EP_MAX], head[4096];
    OK (set_str (s, ZMQ_ROUTING_ID, "me"));
    int listener = raw_listen_ws (ep);
    OK (zmq_connect (s, ep));
    int fd = raw_accept (listener);
    w_head (fd, head);
    char *key = strstr (head, "Sec-WebSocket-Key: ");
    CHECK (key != NULL && strchr (key, '\r') - key == 19 + 24);
    memset (key + 19, 'K', 24);
    fputs (head, stdout);
    /* without its own heartbeats it waits for the response */
    CHECK (!raw_wait (fd, POLLIN, SHORT_WAIT));
    raw_send_str (fd, W_RESPONSE ("ZWS2.0/NULL"));
    w_frame *f = w_recv (fd);
    CHECK (f->masked);
    say_bytes ("ready", f->payload, f->size);
    w_send_ready (fd, 0, "DEALER", "");
    messages (s, fd, 0);
    /* messages that wait go to the next connection, which is asked for anew */
    close (fd);
    fd = w_server (listener, "DEALER", "");
    send_str (s, "after", 0);
    w_expect_str (fd, 1, "\0after");
    w_send (fd, W_CLOSE, 0, "", 0);
    z_await (fd, s);
    w_expect (fd, W_CLOSE, 1, "", 0);
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
    SAY ("client");
}

/* Without a mechanism the first message each way is a routing id. */
static void
without_mechanism (void)
{
    char ep[EP_MAX], head[4096];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_ROUTER);
    OK (set_str (s, ZMQ_ROUTING_ID, "me"));
    bind_ws (s, ep);
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("ZWS2.0,ZWS2.0/NULL"));
    w_head (fd, head);
    CHECK_STR (head, W_RESPONSE ("ZWS2.0"));
    w_expect_str (fd, 0, "\0me");
    w_send_str (fd, 1, "\0peer");
    w_send_str (fd, 1, "\0hello");
    expect (s, "peer", "hello");
    send_parts (s, "peer", "and back");
    w_expect_str (fd, 0, "\0and back");
    close (fd);
    close0 (s);

    s = new_sock (ctx, ZMQ_PUSH);
    int listener = raw_listen_ws (ep);
    OK (zmq_connect (s, ep));
    fd = raw_accept (listener);
    w_head (fd, head);
    raw_send_str (fd, W_RESPONSE ("ZWS2.0"));
    w_expect_str (fd, 1, "\0");
    w_send_str (fd, 0, "\0");
    send_str (s, "pushed", 0);
    w_expect_str (fd, 1, "\0pushed");
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
    SAY ("without a mechanism");
}

/* Subscriptions are messages. */
static void
subscriptions (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_SUB);
    OK (set_str (s, ZMQ_SUBSCRIBE, "A"));
    int listener = raw_listen_ws (ep);
    OK (zmq_connect (s, ep));
    int fd = w_server (listener, "PUB", NULL);
    w_expect_str (fd, 1, "\0\1A");
    OK (set_str (s, ZMQ_SUBSCRIBE, "B"));
    w_expect_str (fd, 1, "\0\1B");
    OK (set_str (s, ZMQ_UNSUBSCRIBE, "A"));
    w_expect_str (fd, 1, "\0\0" "A");
    w_send_str (fd, 0, "\0Bonjour");
    expect (s, "Bonjour");
    close (fd);
    close (listener);
    close0 (s);

    s = new_sock (ctx, ZMQ_XPUB);
    bind_ws (s, ep);
    fd = w_client (ep, "SUB", NULL);
    w_send_str (fd, 1, "\0\1A");
    expect (s, "\1A");
    send_str (s, "B not", 0);
    send_str (s, "A yes", 0);
    w_expect_str (fd, 0, "\0A yes");
    close (fd);
    close0 (s);
    term (ctx);
    SAY ("subscriptions");
}

/* Heartbeats are pings of the WebSocket; without an answer the peer is lost. */
static void
heartbeats (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_HEARTBEAT_IVL, 50));
    OK (set_int (s, ZMQ_HEARTBEAT_TIMEOUT, 5000));
    bind_ws (s, ep);
    int fd = w_client (ep, "DEALER", "");
    for (int i = 0; i < 3; i++) {
        w_expect (fd, W_PING, 0, "", 0);
        w_send (fd, W_PONG, 1, "", 0);
    }
    close (fd);
    close0 (s);

    s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_HEARTBEAT_IVL, 50));
    OK (set_int (s, ZMQ_HEARTBEAT_TIMEOUT, 100));
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    int listener = raw_listen_ws (ep);
    OK (zmq_connect (s, ep));
    fd = w_server (listener, "DEALER", "");
    w_expect (fd, W_PING, 1, "", 0);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    fd = raw_accept (listener);
    close (fd);
    close (listener);
    close0 (s);
    term (ctx);
    SAY ("heartbeats");
}

int
main (void)
{
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (unsigned char) (i + (i >> 8));
    as_server ();
    as_client ();
    without_mechanism ();
    subscriptions ();
    heartbeats ();
    return 0;
}
