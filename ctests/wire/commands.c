/* Commands after the handshake: subscriptions that reach a socket which does
   not publish are dropped, unknown commands too, and none may be endless. */
#include "check.h"

#define LIMIT (1 << 20)

static void *ctx, *server;
static char ep[EP_MAX];

static int
peer (void)
{
    int fd = raw_connect (ep);
    z_handshake (fd, 1, "PUSH", NULL);
    return fd;
}

int
main (void)
{
    ctx = new_ctx ();
    server = new_sock (ctx, ZMQ_PULL);
    bind_tcp (server, ep);

    int fd = peer ();
    z_send (fd, Z_COMMAND, "\11SUBSCRIBEtopic", 15);
    z_send (fd, Z_COMMAND, "\6CANCELtopic", 12);
    z_send (fd, Z_COMMAND, "\7UNKNOWNrest", 12);
    z_send_str (fd, 0, "one");
    expect (server, "one");

    /* as long as allowed */
    unsigned char *body = calloc (1, LIMIT + 1);
    CHECK (body != NULL);
    memcpy (body, "\7UNKNOWN", 8);
    z_send (fd, Z_COMMAND, body, LIMIT);
    z_send_str (fd, 0, "two");
    expect (server, "two");
    close (fd);

    /* longer: the head is enough */
    fd = peer ();
    raw_send (fd, "\6\0\0\0\0\0\x10\0\1", 9);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);

    fd = peer ();
    z_send_str (fd, 0, "three");
    expect (server, "three");
    close (fd);
    quiet (server);
    free (body);
    close0 (server);
    term (ctx);
    return 0;
}
