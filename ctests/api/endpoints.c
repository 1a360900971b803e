/* Shows what bind, connect, unbind and disconnect say to each endpoint text,
   and what LAST_ENDPOINT is afterwards. */
#include "check.h"

static void *ctx;

/* Ports and made up paths differ from run to run. */
static void
say_last (void *s)
{
    char ep[EP_MAX], *colon;
    last_endpoint (s, ep);
    if (strncmp (ep, "tcp://", 6) == 0 && (colon = strrchr (ep, ':')) != NULL)
        strcpy (colon + 1, atoi (colon + 1) > 0 ? "PORT" : "ZERO");
    printf (" last \"%s\"", strncmp (ep, "ipc://", 6) == 0 && ep[6] != '@' ? "ipc://PATH" : ep);
}

static void
try_bind (int type, const char *ep, int ipv6)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_IPV6, ipv6));
    errno = 0;
    int rc = zmq_bind (s, ep);
    printf ("bind %s%s: %s", ep, ipv6 ? " (v6)" : "", rc == 0 ? "ok" : err_name (errno));
    if (rc == 0)
        say_last (s);
    putchar ('\n');
    close0 (s);
}

static void
try_connect (int type, const char *ep, int ipv6)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_IPV6, ipv6));
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    errno = 0;
    int rc = zmq_connect (s, ep);
    printf ("connect %s%s: %s", ep, ipv6 ? " (v6)" : "", rc == 0 ? "ok" : err_name (errno));
    if (rc == 0) {
        char last[EP_MAX];
        last_endpoint (s, last);
        printf (" last \"%s\"", last);
        printf (" disconnect %s", zmq_disconnect (s, ep) == 0 ? "ok" : err_name (errno));
        printf (", again %s", zmq_disconnect (s, ep) == 0 ? "ok" : err_name (errno));
    }
    putchar ('\n');
    close0 (s);
}

static const char *const malformed[] = {
  "", "tcp", "tcp:", "tcp:/", "tcp://", "://", "://x", "nonsense", "tcp//127.0.0.1:*",
  "foo://bar", "TCP://127.0.0.1:*", "inproc://", "ipc://", "ipc://@", " tcp://127.0.0.1:*"};

int
main (void)
{
    ctx = new_ctx ();
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        try_bind (ZMQ_PAIR, malformed[i], 0);
        try_connect (ZMQ_PAIR, malformed[i], 0);
    }
    static const char *const binds[] = {
      "tcp://*:*", "tcp://*:0", "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://0.0.0.0:*",
      "tcp://localhost:*", "tcp://lo:*", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://:*",
      "tcp://127.0.0.1:x", "tcp://nosuchinterface:*", "tcp://256.1.1.1:*", "tcp://127.0.0.1:*x",
      "tcp://192.0.2.1:*", "tcp://[127.0.0.1]:*",
      "inproc://a b", "inproc://x/y:*"};
    for (size_t i = 0; i < sizeof binds / sizeof *binds; i++)
        try_bind (ZMQ_PULL, binds[i], 0);
    static const char *const connects[] = {
      "tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://no.such.host.invalid:1", "tcp://*:1",
      "tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://127.0.0.1", "tcp://127.0.0.1:",
      "tcp://in val id:1", "tcp://127.0.0.1:invalid", "tcp://:1", "tcp://[::1]:1", "tcp://::1:1",
      "tcp://127.0.0.1:0;127.0.0.1:1", "tcp://lo:0;127.0.0.1:1", "tcp://*:*;127.0.0.1:1",
      "tcp://_x:1", "tcp://-x:1", "tcp://a_b:1", "tcp://127.0.0.1:1x", "tcp://a/b:1",
      "tcp://127.0.0.1:1/", "inproc://nowhere", "ipc://@zct-nobody", "ipc:///nonexistent/zct"};
    for (size_t i = 0; i < sizeof connects / sizeof *connects; i++)
        try_connect (ZMQ_PUSH, connects[i], 0);
    /* transports that want other socket types */
    static const int types[] = {ZMQ_PAIR, ZMQ_PUB, ZMQ_DEALER, ZMQ_STREAM};
    for (int i = 0; i < 4; i++) {
        try_bind (types[i], "udp://127.0.0.1:*", 0);
        try_connect (types[i], "udp://127.0.0.1:9", 0);
    }
    /* in use */
    char ep[EP_MAX];
    void *a = new_sock (ctx, ZMQ_PULL), *b = new_sock (ctx, ZMQ_PULL);
    bind_tcp (a, ep);
    SHOW_AS ("tcp in use", zmq_bind (b, ep));
    OK (zmq_bind (a, "inproc://taken"));
    SHOW (zmq_bind (b, "inproc://taken"));
    SHOW (zmq_bind (a, "inproc://taken"));
    bind_to (a, "ipc://@zct-taken-*", ep);
    SHOW (zmq_bind (b, "ipc://@zct-taken-*"));
    /* directory missing, path too long */
    SHOW (zmq_bind (b, "ipc:///nonexistent/directory/x"));
    char path[200] = "ipc:///tmp/";
    memset (path + 11, 'p', 150);
    path[6 + 108] = 0;
    SHOW_AS ("path of 108", zmq_bind (b, path));
    SHOW_AS ("path of 108", zmq_connect (b, path));
    path[6 + 107] = 0;
    SHOW_AS ("connect to a path of 107", zmq_connect (b, path));
    /* unbind and disconnect */
    SHOW (zmq_unbind (a, "tcp://127.0.0.1:1"));
    SHOW (zmq_unbind (a, "tcp://*:*"));
    SHOW (zmq_unbind (a, "inproc://other"));
    SHOW (zmq_unbind (a, "nonsense"));
    SHOW (zmq_unbind (a, "foo://bar"));
    SHOW (zmq_unbind (a, NULL));
    SHOW (zmq_disconnect (a, NULL));
    SHOW (zmq_disconnect (a, "ipc://@never"));
    SHOW (zmq_unbind (a, "inproc://taken"));
    SHOW (zmq_unbind (a, "inproc://taken"));
    SHOW (zmq_bind (b, "inproc://taken"));
    SHOW (zmq_unbind (a, "ipc://@zct-taken-*"));
    SHOW (zmq_unbind (a, "ipc://@zct-taken-*"));
    /* each takes both kinds */
    bind_tcp (a, ep);
    SHOW_AS ("disconnect of a bound one", zmq_disconnect (a, ep));
    SHOW_AS ("once more", zmq_disconnect (a, ep));
    OK (zmq_connect (a, "tcp://127.0.0.1:1"));
    SHOW (zmq_unbind (a, "tcp://127.0.0.1:1"));
    /* by name of the host: resolved when it is not there as text */
    bind_tcp (a, ep);
    char by_name[EP_MAX];
    snprintf (by_name, sizeof by_name, "tcp://localhost:%d", port_of (ep));
    SHOW_AS ("unbind by host name", zmq_unbind (a, by_name));
    bind_to (a, "tcp://*:*", ep);
    SHOW_AS ("unbind of a wildcard by LAST_ENDPOINT", zmq_unbind (a, ep));
    bind_to (a, "tcp://*:*", ep);
    snprintf (by_name, sizeof by_name, "tcp://*:%d", port_of (ep));
    SHOW_AS ("unbind with the star", zmq_unbind (a, by_name));
    /* connected twice: by text, one or two endpoints */
    static const int dup[] = {ZMQ_DEALER, ZMQ_SUB, ZMQ_PUB, ZMQ_REQ, ZMQ_PUSH, ZMQ_PULL, ZMQ_XSUB, ZMQ_XPUB};
    for (int i = 0; i < 8; i++) {
        void *s = new_sock (ctx, dup[i]);
        OK (zmq_connect (s, "tcp://127.0.0.1:1"));
        OK (zmq_connect (s, "tcp://127.0.0.1:1"));
        int one = zmq_disconnect (s, "tcp://127.0.0.1:1");
        int two = zmq_disconnect (s, "tcp://127.0.0.1:1");
        SAY ("type %d twice: %d, then %d %s", dup[i], one, two, two ? err_name (errno) : "");
        close0 (s);
    }
    close0 (a);
    close0 (b);
    term (ctx);
    return 0;
}
