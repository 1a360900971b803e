/* zmq_unbind takes the text that was bound as well as the resolved one, unless the system chose the port or the
   file: then many endpoints have that text. Ours only: the original wants the resolved text wherever the host is
   a star or an interface. */
#include "check.h"

static int
free_port (void)
{
    char ep[EP_MAX];
    int fd = raw_listen (ep);
    close (fd);
    return port_of (ep);
}

/* Binds, and undoes it by one of the two texts. Then neither is known, and the port is free. */
static void
undone (void *ctx, const char *form, int by_given)
{
    char text[EP_MAX], last[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL), *other = new_sock (ctx, ZMQ_PULL);
    int rc;
    do {
        snprintf (text, sizeof text, form, free_port ());
        rc = zmq_bind (s, text);
    } while (rc == -1 && errno == EADDRINUSE);
    OK (rc);
    last_endpoint (s, last);
    OK (zmq_unbind (s, by_given ? text : last));
    CHECK_ERRNO (zmq_unbind (s, text), ENOENT);
    CHECK_ERRNO (zmq_unbind (s, last), ENOENT);
    OK (zmq_bind (other, text));
    CHECK_ERRNO (zmq_unbind (s, text), ENOENT);
    OK (zmq_disconnect (other, text));
    close0 (s);
    close0 (other);
}

static void
chosen_by_the_system (void *ctx, const char *text)
{
    char first[EP_MAX], second[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    bind_to (s, text, first);
    bind_to (s, text, second);
    CHECK_ERRNO (zmq_unbind (s, text), ENOENT);
    OK (zmq_unbind (s, first));
    OK (zmq_unbind (s, second));
    close0 (s);
}

int
main (void)
{
    static const char *const forms[] = {"tcp://*:%d", "tcp://lo:%d", "tcp://127.0.0.1:%d", "tcp://127.1:%d",
                                        "tcp://127.0.0.1:0%d", "tcp://lo:0;lo:%d", "ws://*:%d", "ws://lo:%d/path",
                                        "ws://127.0.0.1:%d", "ipc://@zct-given-%d"};
    void *ctx = new_ctx ();
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strncmp (forms[i], "ws", 2) == 0 && !zmq_has ("WS"))
            continue;
        undone (ctx, forms[i], 1);
        undone (ctx, forms[i], 0);
    }
    chosen_by_the_system (ctx, "tcp://127.0.0.1:*");
    chosen_by_the_system (ctx, "tcp://lo:0");
    chosen_by_the_system (ctx, "ipc://*");
    term (ctx);
    return 0;
}
