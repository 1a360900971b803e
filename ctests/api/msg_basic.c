/* zmq_msg_*: making, moving, copying, closing; small and large contents. */
#include "check.h"

static void
filled (zmq_msg_t *m, size_t size, char c)
{
    OK (zmq_msg_init_size (m, size));
    memset (zmq_msg_data (m), c, size);
}

static int
holds (zmq_msg_t *m, size_t size, char c)
{
    const char *p = zmq_msg_data (m);
    if (zmq_msg_size (m) != size)
        return 0;
    for (size_t i = 0; i < size; i++)
        if (p[i] != c)
            return 0;
    return 1;
}

int
main (void)
{
    zmq_msg_t a, b;
    CHECK_EQ (zmq_msg_init (&a), 0);
    CHECK_EQ (zmq_msg_size (&a), 0);
    CHECK (zmq_msg_data (&a) != NULL);
    CHECK_EQ (zmq_msg_more (&a), 0);
    CHECK_EQ (zmq_msg_close (&a), 0);
    CHECK_ERRNO (zmq_msg_close (&a), EFAULT);

    static const size_t sizes[] = {0, 1, 32, 33, 34, 255, 8192, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        /* move: the source is emptied, the target's old content released */
        filled (&a, n, 'a');
        filled (&b, 50, 'b');
        CHECK_EQ (zmq_msg_move (&b, &a), 0);
        CHECK (holds (&b, n, 'a'));
        CHECK_EQ (zmq_msg_size (&a), 0);
        OK (zmq_msg_close (&a));
        /* copy: both have it, closing one leaves the other */
        filled (&a, 40, 'x');
        CHECK_EQ (zmq_msg_copy (&a, &b), 0);
        CHECK (holds (&a, n, 'a') && holds (&b, n, 'a'));
        /* between the sizes that are stored inside and those that are surely
           shared it is the library's choice */
        if (n <= 33 || n >= 255)
            SAY ("size %zu: shared %d %d, same place %d", n,
                 zmq_msg_get (&a, ZMQ_SHARED), zmq_msg_get (&b, ZMQ_SHARED),
                 zmq_msg_data (&a) == zmq_msg_data (&b));
        OK (zmq_msg_close (&b));
        CHECK (holds (&a, n, 'a'));
        OK (zmq_msg_close (&a));
    }
    /* properties */
    filled (&a, 10, 'q');
    SHOW (zmq_msg_get (&a, ZMQ_MORE));
    SHOW (zmq_msg_get (&a, ZMQ_SHARED));
    SHOW (zmq_msg_get (&a, ZMQ_SRCFD));
    SHOW (zmq_msg_get (&a, 0));
    SHOW (zmq_msg_get (&a, -1));
    SHOW (zmq_msg_get (&a, 999));
    SHOW (zmq_msg_set (&a, ZMQ_MORE, 1));
    SHOW (zmq_msg_set (&a, 999, 1));
    CHECK_NULL_ERRNO (zmq_msg_gets (&a, "Socket-Type"), EINVAL);
    CHECK_NULL_ERRNO (zmq_msg_gets (&a, ""), EINVAL);
    OK (zmq_msg_close (&a));

    /* a size that cannot be had */
    CHECK_ERRNO (zmq_msg_init_size (&a, (size_t) 1 << 62), ENOMEM);
    CHECK_ERRNO (zmq_msg_init_size (&a, SIZE_MAX), ENOMEM);

    /* closed or never made messages are refused */
    memset (&a, 0, sizeof a);
    OK (zmq_msg_init (&b));
    CHECK_ERRNO (zmq_msg_close (&a), EFAULT);
    CHECK_ERRNO (zmq_msg_move (&a, &b), EFAULT);
    CHECK_ERRNO (zmq_msg_move (&b, &a), EFAULT);
    CHECK_ERRNO (zmq_msg_copy (&a, &b), EFAULT);
    CHECK_ERRNO (zmq_msg_copy (&b, &a), EFAULT);
    OK (zmq_msg_close (&b));
    return 0;
}
