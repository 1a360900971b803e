/* Shows what zmq_bind makes of each form of a tcp address, and by which others the
   endpoint is found again. Without IPv6 the second half is left out. */
#include "check.h"

static void *ctx;

static const char *
port_hidden (const char *ep)
{
    static char text[EP_MAX];
    snprintf (text, sizeof text, "%s", ep);
    if (port_of (text) > 1024)
        strcpy (strrchr (text, ':') + 1, "PORT");
    return text;
}

static void
bound_to (const char *ep, int v6)
{
    char last[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    OK (set_int (s, ZMQ_IPV6, v6));
    errno = 0;
    if (zmq_bind (s, ep) == -1)
        SAY ("bind %s: %s", ep, err_name (errno));
    else {
        last_endpoint (s, last);
        printf ("bind %s: %s", ep, port_hidden (last));
        printf (", unbind %s\n", zmq_unbind (s, last) == 0 ? "ok" : err_name (errno));
    }
    close0 (s);
}

static void
found_by (const char *wildcard, const char *form, int v6)
{
    char ep[EP_MAX], other[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    OK (set_int (s, ZMQ_IPV6, v6));
    bind_to (s, wildcard, ep);
    snprintf (other, sizeof other, form, port_of (ep));
    errno = 0;
    int rc = zmq_unbind (s, other);
    SAY ("%s by %s: %s", wildcard, form, rc == 0 ? "ok" : err_name (errno));
    close0 (s);
}

static const char *const forms[] = {
  "tcp://*:00", "tcp://*:-0", "tcp://*: 0", "tcp://*:0x10", "tcp://127.0.0.1:*;1", "tcp://*", "tcp://[*]:*",
  "tcp://[::]:*", "tcp://[::1]:*", "tcp://::1:*", "tcp://:::*", "tcp://[::ffff:127.0.0.1]:*",
  "tcp://::ffff:127.0.0.1:*", "tcp://[::1", "tcp://[::1]", "tcp://[]:*", "tcp://[:*", "tcp://]:*", "tcp://[lo]:*",
  "tcp://lo%lo:*", "tcp://[::1%lo]:*", "tcp://[::1%1]:*", "tcp://[::1%0]:*", "tcp://[::1%lo:*",
  "tcp://[fe80::1]:*", "tcp://127.0.0.1%lo:*", "tcp://127.1:*", "tcp://2130706433:*", "tcp://0x7f000001:*",
  "tcp://0177.0.0.1:*", "tcp://127.0.0.1.:*", "tcp://LOCALHOST:*", "tcp://LO:*", "tcp:///127.0.0.1:*",
  "tcp://127.0.0.1:*/", "tcp:// 127.0.0.1:*", "tcp://127.0.0.1 :*", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:131072",
  "tcp://127.0.0.1:4294967296", "tcp://127.0.0.1:**", "tcp://127.0.0.1:0 ", "tcp://0:*",
  "tcp://127.0.0.1:0;127.0.0.1:*", "tcp://lo:0;lo:*", "tcp://;127.0.0.1:*", "tcp://127.0.0.1:*;",
  "tcp://x;127.0.0.1:*", "tcp://nosuch:0;127.0.0.1:*", "tcp://127.0.0.1:x;127.0.0.1:*", "tcp://::*", "tcp://*:*:*",
  "tcp://**:*", "tcp://@:*", "tcp://127.0.0.1:!*", "tcp://127.0.0.1:+0", "tcp://127.0.0.1:-65536"};

static const char *const others[] = {
  "tcp://*:%d", "tcp://0.0.0.0:%d", "tcp://127.0.0.1:%d", "tcp://localhost:%d", "tcp://lo:%d", "tcp://[::]:%d",
  "tcp://:::%d", "tcp://[::1]:%d", "tcp://::1:%d", "tcp://127.1:%d", "tcp://0:%d", "tcp://127.0.0.1:0%d",
  "tcp://127.0.0.1:%dx", "tcp://[127.0.0.1]:%d", "tcp://[::ffff:127.0.0.1]:%d", "tcp://[0:0:0:0:0:0:0:1]:%d",
  "tcp://x;127.0.0.1:%d", "tcp://127.0.0.1:0;127.0.0.1:%d", "tcp://lo:0;127.0.0.1:%d", "tcp://[::1%%lo]:%d",
  "tcp://127.0.0.1:", "tcp://:%d", "ipc://127.0.0.1:%d"};

#define COUNT(list) (sizeof list / sizeof *list)

static int
have_ipv6 (void)
{
    void *s = new_sock (ctx, ZMQ_PULL);
    OK (set_int (s, ZMQ_IPV6, 1));
    int rc = zmq_bind (s, "tcp://[::1]:*");
    close0 (s);
    return rc == 0;
}

int
main (void)
{
    static const char *const bound4[] = {"tcp://*:*", "tcp://127.0.0.1:*"};
    static const char *const bound6[] = {"tcp://*:*", "tcp://[::1]:*", "tcp://127.0.0.1:*"};
    ctx = new_ctx ();
    for (size_t i = 0; i < COUNT (forms); i++)
        bound_to (forms[i], 0);
    for (size_t b = 0; b < COUNT (bound4); b++)
        for (size_t i = 0; i < COUNT (others); i++)
            found_by (bound4[b], others[i], 0);
    if (have_ipv6 ()) {
        SAY ("with IPv6");
        for (size_t i = 0; i < COUNT (forms); i++)
            bound_to (forms[i], 1);
        for (size_t b = 0; b < COUNT (bound6); b++)
            for (size_t i = 0; i < COUNT (others); i++)
                found_by (bound6[b], others[i], 1);
    }
    term (ctx);
    return 0;
}
