/* Random texts as endpoints: errors at most, never a crash or a hang. */
#include "check.h"

static uint32_t state = 12345;

static uint32_t
draw (uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

int
main (void)
{
    static const char *const parts[] = {"tcp", "ipc", "inproc", "udp", "://", ":", "/", "//", "*", "127.0.0.1",
                                        "[", "]", "::1", "%", "lo", ";", "@", "5", "99999", "x", " ", "-1",
                                        "localhost", "\xff", "\x01", "..", "0", "%lo", ".", ",", "tcp://", "[::]"};
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_DEALER);
    char dir[EP_MAX];
    make_dir (dir);
    CHECK_EQ (chdir (dir), 0);
    OK (set_int (s, ZMQ_LINGER, 0));
    for (int i = 0; i < 3000; i++) {
        char text[EP_MAX] = "";
        for (uint32_t n = 1 + draw (6); n > 0; n--)
            strcat (text, parts[draw (sizeof parts / sizeof *parts)]);
        zmq_bind (s, text);
        if (i % 3 == 0 && zmq_connect (s, text) == 0)
            zmq_disconnect (s, text);
        zmq_unbind (s, text);
        if (i % 100 == 99) {
            close0 (s);
            s = new_sock (ctx, ZMQ_DEALER);
        }
    }
    close0 (s);
    term (ctx);
    CHECK_EQ (chdir ("/"), 0);
    remove_dir (dir);
    SAY ("done");
    return 0;
}
