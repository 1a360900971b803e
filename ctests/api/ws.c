/* The transport ws: texts, undoing, messages of every pattern, properties,
   limits, monitors. */
#include "web.h"

/* The endpoint without its port. */
static const char *
shown (const char *ep)
{
    static char text[EP_MAX];
    const char *colon = strrchr (ep, ':');
    if (!colon)
        return ep;
    const char *path = colon + strspn (colon, ":0123456789");
    snprintf (text, sizeof text, "%.*s:PORT%s", (int) (colon - ep), ep, path);
    return text;
}

static void
texts (void *ctx)
{
    static const char *const bound[] = {
      "ws://*:*", "ws://127.0.0.1:*", "ws://127.0.0.1:*/", "ws://127.0.0.1:0/roman",
      "ws://lo:*/x", "ws://127.0.0.1:*/a?b=c", "ws://127.0.0.1:*/a/b", "ws://localhost:*",
      "ws://127.0.0.1", "ws://127.0.0.1/", "ws://127.0.0.1:", "ws://127.0.0.1:abc", "ws://:*",
      "ws:///x", "ws://no-such-name:*", "ws://192.0.2.1:5555", "ws://", "ws:/127.0.0.1:*",
      "WS://127.0.0.1:*", "wss://127.0.0.1:*",
    };
    static const char *const connected[] = {
      "ws://127.0.0.1:1", "ws://127.0.0.1:1/", "ws://127.0.0.1:1/roman", "ws://127.0.0.1:1/a/b",
      "ws://127.0.0.1:01x/q", "ws://127.0.0.1:65537", "ws://localhost:1", "ws://127.0.0.1",
      "ws://127.0.0.1:*", "ws://127.0.0.1:abc", "ws://127.0.0.1:", "ws://:1", "ws://*:1",
      "ws://no-such-name.invalid:1", "ws://0;127.0.0.1:1", "wss://127.0.0.1:1",
    };
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++) {
        char ep[EP_MAX];
        void *s = new_sock (ctx, ZMQ_PULL);
        SHOW_AS (bound[i], zmq_bind (s, bound[i]));
        last_endpoint (s, ep);
        SAY ("  %s", shown (ep));
        if (*ep) {
            SHOW_AS ("  unbound as given", zmq_unbind (s, bound[i]));
            SHOW_AS ("  as shown", zmq_unbind (s, ep));
            SHOW_AS ("  again", zmq_unbind (s, ep));
        }
        close0 (s);
    }
    for (size_t i = 0; i < sizeof connected / sizeof *connected; i++) {
        char ep[EP_MAX];
        void *s = new_sock (ctx, ZMQ_PUSH);
        SHOW_AS (connected[i], zmq_connect (s, connected[i]));
        last_endpoint (s, ep);
        SAY ("  %s", ep);
        if (*ep)
            SHOW_AS ("  disconnected as given", zmq_disconnect (s, connected[i]));
        close0 (s);
    }
    CHECK_EQ (zmq_has ("WS"), 1);
    CHECK_EQ (zmq_has ("ws"), 0);
    CHECK_EQ (zmq_has ("WSS"), 0);
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL), *other = new_sock (ctx, ZMQ_PULL);
    bind_ws (s, ep);
    CHECK_ERRNO (zmq_bind (other, ep), EADDRINUSE);
    OK (zmq_unbind (s, ep));
    AWAIT (zmq_bind (other, ep) == 0);
    close0 (other);
    close0 (s);
}

/* Bound and connected. */
static void
pair_on_ws (void *ctx, int bind_type, int connect_type, void **b, void **c)
{
    char ep[EP_MAX];
    *b = new_sock (ctx, bind_type);
    *c = new_sock (ctx, connect_type);
    bind_ws (*b, ep);
    OK (zmq_connect (*c, ep));
}

static void
close_both (void *b, void *c)
{
    close0 (c);
    close0 (b);
}

static void
patterns (void *ctx)
{
    void *b, *c;
    pair_on_ws (ctx, ZMQ_REP, ZMQ_REQ, &b, &c);
    for (int i = 0; i < 3; i++) {
        send_parts (c, "question", "", "two");
        expect (b, "question", "", "two");
        send_parts (b, "answer");
        expect (c, "answer");
    }
    close_both (b, c);

    pair_on_ws (ctx, ZMQ_ROUTER, ZMQ_DEALER, &b, &c);
    send_str (c, "hello", 0);
    char id[8];
    CHECK_EQ (zmq_recv (b, id, sizeof id, 0), 5);
    expect (b, "hello");
    CHECK_EQ (zmq_send (b, id, 5, ZMQ_SNDMORE), 5);
    send_str (b, "back", 0);
    expect (c, "back");
    close_both (b, c);

    pair_on_ws (ctx, ZMQ_PUSH, ZMQ_PULL, &b, &c);
    for (int i = 0; i < 2000; i++)
        CHECK_EQ (zmq_send (b, &i, sizeof i, 0), sizeof i);
    for (int i = 0, got; i < 2000; i++) {
        CHECK_EQ (zmq_recv (c, &got, sizeof got, 0), sizeof got);
        CHECK_EQ (got, i);
    }
    close_both (b, c);

    pair_on_ws (ctx, ZMQ_PAIR, ZMQ_PAIR, &b, &c);
    send_str (b, "to", 0);
    send_str (c, "fro", 0);
    expect (c, "to");
    expect (b, "fro");
    close_both (b, c);

    pair_on_ws (ctx, ZMQ_XPUB, ZMQ_SUB, &b, &c);
    OK (set_str (c, ZMQ_SUBSCRIBE, "A"));
    expect (b, "\1A");
    send_str (b, "B", 0);
    send_parts (b, "A", "more");
    expect (c, "A", "more");
    OK (set_str (c, ZMQ_UNSUBSCRIBE, "A"));
    char gone[2];
    CHECK_EQ (zmq_recv (b, gone, 2, 0), 2);
    CHECK (gone[0] == 0 && gone[1] == 'A');
    close_both (b, c);

    /* the content of a message that is kept is not masked */
    pair_on_ws (ctx, ZMQ_PULL, ZMQ_PUSH, &b, &c);
    zmq_msg_t msg, kept;
    char got[300];
    OK (zmq_msg_init_size (&msg, 300));
    memset (zmq_msg_data (&msg), 'k', 300);
    OK (zmq_msg_init (&kept));
    OK (zmq_msg_copy (&kept, &msg));
    CHECK_EQ (zmq_msg_send (&msg, c, 0), 300);
    CHECK_EQ (zmq_recv (b, got, 300, 0), 300);
    CHECK (memcmp (got, zmq_msg_data (&kept), 300) == 0 && got[0] == 'k' && got[299] == 'k');
    OK (zmq_msg_close (&kept));
    CHECK_EQ (zmq_send_const (c, "const", 5, 0), 5);
    expect (b, "const");
    close_both (b, c);
    SAY ("patterns");
}

/* A STREAM is none here: it shakes hands, and has no peers. */
static void
streams (void *ctx)
{
    char ep[EP_MAX], head[4096];
    void *s = new_sock (ctx, ZMQ_STREAM);
    bind_ws (s, ep);
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("ZWS2.0/NULL"));
    w_head (fd, head);
    w_frame *f = w_recv (fd);
    say_bytes ("a stream says", f->payload, f->size);
    w_send_ready (fd, 1, "STREAM", NULL);
    CHECK (raw_closed (fd, LONG_WAIT));
    quiet (s);
    close (fd);
    close0 (s);
}

static void
properties (void *ctx)
{
    void *b, *c;
    pair_on_ws (ctx, ZMQ_DEALER, ZMQ_DEALER, &b, &c);
    OK (set_str (c, ZMQ_ROUTING_ID, "unused"));
    send_str (c, "x", 0);
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, b, 0), 1);
    CHECK_STR (zmq_msg_gets (&m, "Peer-Address"), "127.0.0.1");
    CHECK_STR (zmq_msg_gets (&m, "Socket-Type"), "DEALER");
    CHECK (zmq_msg_get (&m, ZMQ_SRCFD) > 2);
    OK (zmq_msg_close (&m));
    close_both (b, c);
}

/* ZMQ_MAXMSGSIZE is for the body; filters and proxies are for tcp. */
static void
options (void *ctx)
{
    char ep[EP_MAX];
    int64_t most = 100;
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_setsockopt (b, ZMQ_MAXMSGSIZE, &most, sizeof most));
    OK (set_str (b, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24"));
    void *m = mon_open (ctx, b, ZMQ_EVENT_DISCONNECTED);
    bind_ws (b, ep);
    OK (set_str (c, ZMQ_SOCKS_PROXY, "127.0.0.1:1"));
    OK (zmq_connect (c, ep));
    char body[101] = "", got[200];
    CHECK_EQ (zmq_send (c, body, 100, 0), 100);
    CHECK_EQ (zmq_recv (b, got, sizeof got, 0), 100);
    CHECK_EQ (zmq_send (c, body, 101, 0), 101);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    mon_close (b, m);
    close_both (b, c);

    int fd = raw_listen_ws (ep);
    b = new_sock (ctx, ZMQ_PULL), c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (b, ZMQ_USE_FD, fd));
    OK (zmq_bind (b, "ws://127.0.0.1:1/other"));
    OK (zmq_connect (c, ep));
    send_str (c, "through", 0);
    expect (b, "through");
    last_endpoint (b, ep);
    SAY ("given descriptor: %s", shown (ep));
    close_both (b, c);
    SAY ("options");
}

static void
say_event (const char *side, void *m)
{
    mon_event e = mon_next (m, LONG_WAIT);
    CHECK (e.event != -1);
    int is_fault = e.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;
    SAY ("%s %s %s %x", side, event_name (e.event), shown (e.address), is_fault ? e.value : 0);
}

/* The handshake succeeds once with the opening and once with the mechanism. */
static void
monitors (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx ();
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    void *mb = mon_open (ctx, b, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
    bind_to (b, "ws://*:*/w", ep);
    char near[EP_MAX];
    snprintf (near, sizeof near, "ws://127.0.0.1:%d/w", port_of (ep));
    OK (zmq_connect (c, near));
    for (int i = 0; i < 4; i++)
        say_event ("bound", mb);
    for (int i = 0; i < 4; i++)
        say_event ("connected", mc);
    mon_close (c, mc);
    close0 (c);
    say_event ("bound", mb);
    OK (zmq_unbind (b, ep));
    say_event ("bound", mb);

    /* connections that do not get so far */
    bind_ws (b, ep);
    say_event ("bound", mb);
    static const char *const starts[] = {"", "GARBAGE\r\n\r\n", W_REQUEST ("ZWS2.0/CURVE"),
                                         W_REQUEST ("ZWS2.0/NULL"), W_REQUEST ("ZWS2.0")};
    for (int i = 0; i < 5; i++) {
        int fd = raw_connect (ep);
        raw_send_str (fd, starts[i]);
        say_event ("bound", mb);
        if (i == 3)
            w_send (fd, W_BINARY, 1, "\2\5HELLO", 7);
        if (i == 4) {
            w_send_str (fd, 1, "\0id");
            say_event ("bound", mb);
        }
        if (i == 0 || i == 4)
            close (fd);
        for (int n = 0; n < (i == 3 ? 3 : 2); n++)
            say_event ("bound", mb);
        if (i != 0 && i != 4)
            close (fd);
    }
    mon_close (b, mb);
    close0 (b);
    term (ctx);
}

/* Shows what a client sees of a server that is no peer, and of one that goes away. */
static void
refused (void)
{
    static const char *const replies[] = {
      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
      W_RESPONSE ("ZWS2.0/PLAIN"),
      "\xff\0\0\0\0\0\0\0\1\x7f",
      "",
    };
    for (int i = 0; i < 4; i++) {
        char ep[EP_MAX], head[4096];
        void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
        void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
        OK (set_int (s, ZMQ_RECONNECT_IVL, 50));
        int listener = raw_listen_ws (ep);
        OK (zmq_connect (s, ep));
        int fd = raw_accept (listener);
        w_head (fd, head);
        raw_send_str (fd, replies[i]);
        if (i == 3)
            close (fd);
        for (int n = 0; n < 3; n++)
            say_event ("refused", m);
        if (i == 3)
            say_event ("refused", m);
        mon_close (s, m);
        close0 (s);
        if (i != 3)
            close (fd);
        close (listener);
        term (ctx);
    }
}

/* A message that waits survives the loss of the server. */
static void
reconnecting (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx ();
    void *b = new_sock (ctx, ZMQ_PULL), *c = new_sock (ctx, ZMQ_PUSH);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    bind_ws (b, ep);
    OK (zmq_connect (c, ep));
    send_str (c, "first", 0);
    expect (b, "first");
    void *m = mon_open (ctx, c, ZMQ_EVENT_DISCONNECTED);
    close0 (b);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    mon_close (c, m);
    OK (zmq_send (c, "second", 6, 0));
    b = new_sock (ctx, ZMQ_PULL);
    AWAIT (zmq_bind (b, ep) == 0);
    expect (b, "second");
    close_both (b, c);
    term (ctx);
    SAY ("reconnecting");
}

/* Identical connects of some types count once. */
static void
duplicates (void *ctx)
{
    char ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    bind_ws (b, ep);
    OK (zmq_connect (c, ep));
    OK (zmq_connect (c, ep));
    OK (zmq_disconnect (c, ep));
    CHECK_ERRNO (zmq_disconnect (c, ep), ENOENT);
    close_both (b, c);
    SAY ("duplicates");
}

int
main (void)
{
    void *ctx = new_ctx ();
    texts (ctx);
    patterns (ctx);
    streams (ctx);
    properties (ctx);
    options (ctx);
    duplicates (ctx);
    term (ctx);
    monitors ();
    refused ();
    reconnecting ();
    return 0;
}
