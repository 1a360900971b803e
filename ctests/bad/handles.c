/* NULL, closed and wrong handles in every function that takes one. */
#include "check.h"

int
main (void)
{
    char buf[8];
    int v = 0;
    size_t size = sizeof v;
    zmq_msg_t m;
    OK (zmq_msg_init (&m));
    struct iovec iov = {buf, 1};
    size_t one = 1;

    /* contexts */
    SHOW (zmq_ctx_term (NULL));
    SHOW (zmq_term (NULL));
    SHOW (zmq_ctx_destroy (NULL));
    SHOW (zmq_ctx_shutdown (NULL));
    SHOW (zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1));
    SHOW (zmq_ctx_get (NULL, ZMQ_IO_THREADS));
    CHECK_NULL_ERRNO (zmq_socket (NULL, ZMQ_PAIR), EFAULT);

    /* sockets */
    SHOW (zmq_close (NULL));
    SHOW (zmq_setsockopt (NULL, ZMQ_LINGER, &v, sizeof v));
    SHOW (zmq_getsockopt (NULL, ZMQ_LINGER, &v, &size));
    SHOW (zmq_bind (NULL, "inproc://x"));
    SHOW (zmq_connect (NULL, "inproc://x"));
    SHOW (zmq_unbind (NULL, "inproc://x"));
    SHOW (zmq_disconnect (NULL, "inproc://x"));
    SHOW (zmq_send (NULL, "x", 1, 0));
    SHOW (zmq_send_const (NULL, "x", 1, 0));
    SHOW (zmq_recv (NULL, buf, 1, 0));
    SHOW (zmq_msg_send (&m, NULL, 0));
    SHOW (zmq_msg_recv (&m, NULL, 0));
    SHOW (zmq_sendmsg (NULL, &m, 0));
    SHOW (zmq_recvmsg (NULL, &m, 0));
    SHOW (zmq_sendiov (NULL, &iov, 1, 0));
    SHOW (zmq_recviov (NULL, &iov, &one, 0));
    SHOW (zmq_socket_monitor (NULL, "inproc://x", ZMQ_EVENT_ALL));

    /* a context where a socket is expected, and the reverse */
    void *ctx = new_ctx (), *s = new_sock (ctx, ZMQ_PAIR);
    SHOW_AS ("close of a context", zmq_close (ctx));
    SHOW_AS ("send on a context", zmq_send (ctx, "x", 1, 0));
    SHOW_AS ("getsockopt of a context", zmq_getsockopt (ctx, ZMQ_LINGER, &v, &size));
    SHOW_AS ("ctx_term of a socket", zmq_ctx_term (s));
    SHOW_AS ("ctx_get of a socket", zmq_ctx_get (s, ZMQ_IO_THREADS));
    SHOW_AS ("ctx_shutdown of a socket", zmq_ctx_shutdown (s));
    CHECK_NULL_ERRNO (zmq_socket (s, ZMQ_PAIR), EFAULT);

    /* memory that is no handle at all */
    static char garbage[4096];
    SHOW_AS ("send on garbage", zmq_send (garbage, "x", 1, 0));
    SHOW_AS ("close of garbage", zmq_close (garbage));
    SHOW_AS ("ctx_term of garbage", zmq_ctx_term (garbage));
    SHOW_AS ("ctx_set of garbage", zmq_ctx_set (garbage, ZMQ_IO_THREADS, 1));

    /* closed messages */
    OK (zmq_msg_close (&m));
    SHOW_AS ("close of a closed message", zmq_msg_close (&m));

    /* the closed socket: all of it gives ENOTSOCK at once */
    OK (zmq_close (s));
    SHOW_AS ("close of a closed socket", zmq_close (s));
    term (ctx);
    return 0;
}
