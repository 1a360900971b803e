/* Subscriptions on the wire: commands towards 3.1, messages towards 3.0; both
   understood from either. */
#include "check.h"

static void
subscriber (void *ctx, int minor)
{
    char ep[EP_MAX];
    void *sub = new_sock (ctx, ZMQ_SUB);
    int listener = raw_listen (ep);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "A"));
    OK (zmq_connect (sub, ep));
    int fd = raw_accept (listener);
    z_handshake (fd, minor, "PUB", NULL);
    z_frame *f = z_recv (fd);
    SAY ("minor %d: flags %d", minor, f->flags);
    say_bytes ("  subscribe", f->body, f->size);
    OK (set_str (sub, ZMQ_SUBSCRIBE, ""));
    f = z_recv (fd);
    say_bytes ("  subscribe to all", f->body, f->size);
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "A"));
    f = z_recv (fd);
    SAY ("  flags %d", f->flags);
    say_bytes ("  cancel", f->body, f->size);
    z_send_str (fd, 0, "message");
    expect (sub, "message");
    /* replayed to the next one */
    OK (set_str (sub, ZMQ_SUBSCRIBE, "B"));
    f = z_recv (fd);
    close (fd);
    fd = raw_accept (listener);
    z_handshake (fd, minor, "PUB", NULL);
    z_await (fd, sub);
    size_t got = 0;
    for (int i = 0; i < 2; i++)
        got += z_recv (fd)->size;
    SAY ("  replayed %zu bytes", got);
    close (fd);
    close (listener);
    close0 (sub);
}

static void
publisher (void *ctx, int minor)
{
    char ep[EP_MAX];
    void *pub = new_sock (ctx, ZMQ_XPUB);
    bind_tcp (pub, ep);
    int fd = raw_connect (ep);
    z_handshake (fd, minor, "SUB", NULL);
    z_send (fd, 0, "\1old", 4);
    say_message ("  message form", pub);
    z_send (fd, Z_COMMAND, "\11SUBSCRIBEnew", 13);
    say_message ("  command form", pub);
    send_str (pub, "older", 0);
    send_parts (pub, "newer", "two");
    send_str (pub, "neither", 0);
    z_expect_str (fd, 0, "older");
    z_expect_str (fd, Z_MORE, "newer");
    z_expect_str (fd, 0, "two");
    z_send (fd, 0, "\0old", 4);
    say_message ("  message form", pub);
    z_send (fd, Z_COMMAND, "\6CANCELnew", 10);
    say_message ("  command form", pub);
    send_str (pub, "older", 0);
    z_send (fd, 0, "\1", 1);
    say_message ("  all", pub);
    send_str (pub, "last", 0);
    z_expect_str (fd, 0, "last");
    /* the connection goes: a cancel appears */
    close (fd);
    say_message ("  gone", pub);
    close0 (pub);
}

int
main (void)
{
    void *ctx = new_ctx ();
    subscriber (ctx, 1);
    subscriber (ctx, 0);
    SAY ("publisher 3.1");
    publisher (ctx, 1);
    SAY ("publisher 3.0");
    publisher (ctx, 0);
    term (ctx);
    return 0;
}
