/* A routing id has at most 255 bytes, whatever version of the protocol brings it, and a peer at most 1,024
   properties: beyond it the connection ends. (The original takes names and lists of any length.) */
#include "check.h"

static unsigned char body[65536];

/* A peer of ZMTP 3.1 with a routing id of so many bytes and so many properties more: its stream. */
static int
modern (const char *ep, size_t id, int more)
{
    unsigned char g[64];
    static char name[512];
    memset (name, 'n', sizeof name);
    int fd = raw_connect (ep);
    z_greeting (g, 3, 1);
    raw_send (fd, g, 64);
    CHECK_EQ (raw_recv (fd, g, 64, LONG_WAIT), 64);
    z_recv (fd);
    size_t size = 6;
    memcpy (body, "\5READY", 6);
    size += z_property (body + size, "Socket-Type", "DEALER", 6);
    size += z_property (body + size, "Identity", name, id);
    for (int i = 0; i < more; i++) {
        char n[32], v[32];
        snprintf (n, sizeof n, "X-%d", i);
        snprintf (v, sizeof v, "value %d", i);
        size += z_property (body + size, n, v, strlen (v));
    }
    z_send (fd, Z_COMMAND, body, size);
    return fd;
}

/* A peer of ZMTP 2.0, or with `signature` off of 1.0. */
static int
old (const char *ep, size_t id, int signature)
{
    static char name[512];
    memset (name, 'o', sizeof name);
    int fd = raw_connect (ep);
    unsigned char start[12] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 5};
    if (signature) {
        raw_send (fd, start, 12);
        z_send (fd, 0, name, id);
    } else {
        /* the length counts the flags too */
        unsigned char h[10] = {0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        h[7] = (unsigned char) ((id + 1) >> 8);
        h[8] = (unsigned char) (id + 1);
        raw_send (fd, h, 10);
        raw_send (fd, name, id);
    }
    return fd;
}

static void
taken (void *s, int fd, size_t id)
{
    z_send_str (fd, 0, "hello");
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, s, 0), id);
    OK (zmq_msg_close (&m));
    expect (s, "hello");
    close (fd);
}

static void
refused (int fd)
{
    unsigned char rest[512];
    while (!raw_closed (fd, 20))
        raw_recv (fd, rest, 1, 20);
    close (fd);
}

int
main (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_ROUTER);
    bind_tcp (s, ep);
    taken (s, modern (ep, 255, 0), 255);
    refused (modern (ep, 256, 0));
    taken (s, old (ep, 255, 1), 255);
    refused (old (ep, 256, 1));
    refused (old (ep, 256, 0));
    refused (modern (ep, 8, 2000));
    refused (modern (ep, 8, 1023));

    /* as many as may be, and each is found */
    int fd = modern (ep, 8, 1022);
    z_send_str (fd, 0, "hello");
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    CHECK_EQ (zmq_msg_recv (&m, s, 0), 8);
    for (int i = 0; i < 1022; i++) {
        char n[32], v[32];
        snprintf (n, sizeof n, "X-%d", i);
        snprintf (v, sizeof v, "value %d", i);
        CHECK_STR (zmq_msg_gets (&m, n), v);
    }
    CHECK (zmq_msg_gets (&m, "X-1022") == NULL);
    OK (zmq_msg_close (&m));
    expect (s, "hello");
    close (fd);
    close0 (s);
    term (ctx);
    return 0;
}
