/* A peer that sends one PING after the other and reads no PONG makes the library hold next to
   nothing; others are served, and so is this one's message in the end. */
#include "check.h"

#define FLOOD (8 << 20)

int
main (void)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL);
    OK (set_int (pull, ZMQ_SNDBUF, 65536));
    bind_tcp (pull, ep);
    int fd = raw_connect (ep), small = 65536;
    OK (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small));
    z_handshake (fd, 1, "PUSH", NULL);

    static const char ping[] = "\4\x17\4PING\0\0context of 16 B.";
    static char many[1024 * (sizeof ping - 1)];
    for (size_t i = 0; i < 1024; i++)
        memcpy (many + i * (sizeof ping - 1), ping, sizeof ping - 1);
    for (size_t sent = 0; sent < FLOOD; sent += sizeof many)
        raw_send (fd, many, sizeof many);
    z_send_str (fd, 0, "after the flood");
    expect (pull, "after the flood");

    /* PONGs were made for as much as the kernel took, and a little more */
    size_t answered = 0, got;
    while ((got = raw_recv (fd, many, sizeof many, SHORT_WAIT)) != 0)
        answered += got;
    CHECK (answered > 0 && answered < FLOOD / 4);
    SAY ("not all were answered");
    close (fd);
    close0 (pull);
    term (ctx);
    return 0;
}
