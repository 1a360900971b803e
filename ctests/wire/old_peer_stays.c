/* The time limit of a handshake is for the handshake: a peer of ZMTP 1.0 or 2.0
   that has finished it stays. (The original lets it go when the time is up.) */
#include "check.h"

static void
stays (void *ctx, const char *label, const void *greeting, size_t size, const char *message)
{
    char ep[EP_MAX];
    void *s = new_sock (ctx, ZMQ_PULL);
    void *m = mon_open (ctx, s, ZMQ_EVENT_ALL & ~ZMQ_EVENT_LISTENING);
    OK (set_int (s, ZMQ_HANDSHAKE_IVL, SHORT_WAIT));
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    raw_send (fd, greeting, size);
    mon_expect (m, ZMQ_EVENT_ACCEPTED);
    CHECK_EQ (mon_next (m, 3 * SHORT_WAIT).event, -1);
    raw_send (fd, message, 7);
    expect (s, "after");
    SAY ("%s stays", label);
    close (fd);
    mon_close (s, m);
    close0 (s);
}

int
main (void)
{
    static const unsigned char two[] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 8, 0, 0};
    void *ctx = new_ctx ();
    stays (ctx, "2.0", two, sizeof two, "\0\5after");
    stays (ctx, "1.0", "\1\0", 2, "\6\0after");
    term (ctx);
    return 0;
}
