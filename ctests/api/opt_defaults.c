/* Reads every option number on a fresh socket of every type. Numbers which are
   no option, or are write only, give EINVAL. */
#include "check.h"

/* Options of the curve, gssapi, norm, vmci and draft features depend on how
   the library was built. */
static int
depends (int o)
{
    return (o >= 47 && o <= 50) || (o >= 62 && o <= 65) || (o >= 85 && o <= 88)
           || o == 90 || o == 91 || o >= 93;
}

int
main (void)
{
    void *ctx = new_ctx ();
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *s = zmq_socket (ctx, type);
        CHECK (s != NULL);
        for (int o = -1; o <= 130; o++) {
            unsigned char buf[300];
            if (depends (o) || o == ZMQ_FD)
                continue;
            memset (buf, 0xaa, sizeof buf);
            /* exactly an int, exactly 8 bytes, plenty */
            static const size_t sizes[] = {4, 8, 300, 3, 0};
            printf ("type %d option %d:", type, o);
            for (int i = 0; i < 5; i++) {
                size_t size = sizes[i];
                errno = 0;
                memset (buf, 0xaa, sizeof buf);
                int rc = zmq_getsockopt (s, o, buf, &size);
                if (rc == -1) {
                    printf (" %s", err_name (errno));
                    continue;
                }
                printf (" [%zu]", size);
                for (size_t k = 0; k < size && k < 8; k++)
                    printf ("%02x", buf[k]);
            }
            putchar ('\n');
        }
        int fd = -1;
        size_t size = sizeof fd;
        OK (zmq_getsockopt (s, ZMQ_FD, &fd, &size));
        CHECK (fd > 2 && size == sizeof fd && fcntl (fd, F_GETFD) == FD_CLOEXEC);
        close0 (s);
    }
    term (ctx);
    return 0;
}
