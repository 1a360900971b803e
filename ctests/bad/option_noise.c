/* Every option number with values of every small size and odd content:
   answers, never a crash. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++)
        for (int o = -3; o < 300; o++) {
            /* a descriptor of this process would be taken; mechanisms want
               more than a value to be of use */
            if (o == ZMQ_USE_FD)
                continue;
            void *s;
            AWAIT ((s = zmq_socket (ctx, type)) != NULL);
            for (size_t size = 0; size < 20; size++)
                for (int fill_with = 0; fill_with < 4; fill_with++) {
                    static const int bytes[] = {0, 1, 0x7f, 0xff};
                    unsigned char value[300];
                    memset (value, bytes[fill_with], sizeof value);
                    zmq_setsockopt (s, o, value, size);
                    size_t room = size;
                    zmq_getsockopt (s, o, value, &room);
                    CHECK (room <= sizeof value);
                }
            OK (zmq_setsockopt (s, ZMQ_LINGER, &(int){0}, sizeof (int)));
            OK (zmq_close (s));
        }
    term (ctx);
    SAY ("done");
    return 0;
}
