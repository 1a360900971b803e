/* Contexts: the limit of sockets, shutdown, termination, deprecated names. */
#include "check.h"

int
main (void)
{
    /* ends at once when no socket was ever made */
    void *ctx = new_ctx ();
    CHECK_EQ (zmq_ctx_term (ctx), 0);
    ctx = zmq_init (2);
    CHECK (ctx != NULL);
    CHECK_EQ (zmq_ctx_get (ctx, ZMQ_IO_THREADS), 2);
    CHECK_EQ (zmq_term (ctx), 0);
    ctx = zmq_init (0);
    CHECK (ctx != NULL);
    CHECK_EQ (zmq_ctx_destroy (ctx), 0);
    CHECK_NULL_ERRNO (zmq_init (-1), EINVAL);

    /* the limit */
    ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 3));
    void *s[3];
    for (int i = 0; i < 3; i++)
        CHECK ((s[i] = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_NULL_ERRNO (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    CHECK_NULL_ERRNO (zmq_socket (ctx, ZMQ_PAIR), EMFILE);
    OK (zmq_close (s[1]));
    /* the slot comes back once the close has been carried out */
    AWAIT ((s[1] = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    for (int i = 0; i < 3; i++)
        OK (zmq_close (s[i]));
    term (ctx);

    /* types */
    ctx = new_ctx ();
    for (int type = 0; type <= 11; type++) {
        void *x = zmq_socket (ctx, type);
        CHECK (x != NULL);
        SAY ("type %d: TYPE %d, THREAD_SAFE %d, LINGER %d", type,
             get_int (x, ZMQ_TYPE), get_int (x, ZMQ_THREAD_SAFE),
             get_int (x, ZMQ_LINGER));
        OK (zmq_close (x));
    }
    CHECK_NULL_ERRNO (zmq_socket (ctx, -1), EINVAL);
    CHECK_NULL_ERRNO (zmq_socket (ctx, 21), EINVAL);
    CHECK_NULL_ERRNO (zmq_socket (ctx, 999), EINVAL);

    /* shutdown: every call but close gives ETERM */
    void *a = new_sock (ctx, ZMQ_DEALER);
    void *m = new_sock (ctx, ZMQ_DEALER);
    CHECK_EQ (zmq_ctx_shutdown (ctx), 0);
    CHECK_EQ (zmq_ctx_shutdown (ctx), 0);
    CHECK_NULL_ERRNO (zmq_socket (ctx, ZMQ_PAIR), ETERM);
    char buf[8];
    int v = 0;
    size_t size = sizeof v;
    zmq_msg_t msg;
    OK (zmq_msg_init (&msg));
    zmq_pollitem_t item = {a, 0, ZMQ_POLLIN, 0};
    CHECK_ERRNO (zmq_recv (a, buf, 8, 0), ETERM);
    CHECK_ERRNO (zmq_recv (a, buf, 8, ZMQ_DONTWAIT), ETERM);
    CHECK_ERRNO (zmq_send (a, "x", 1, ZMQ_DONTWAIT), ETERM);
    CHECK_ERRNO (zmq_msg_send (&msg, a, 0), ETERM);
    CHECK_ERRNO (zmq_msg_recv (&msg, a, 0), ETERM);
    CHECK_ERRNO (zmq_bind (a, "inproc://x"), ETERM);
    CHECK_ERRNO (zmq_connect (a, "inproc://x"), ETERM);
    CHECK_ERRNO (zmq_unbind (a, "inproc://x"), ETERM);
    CHECK_ERRNO (zmq_disconnect (a, "inproc://x"), ETERM);
    CHECK_ERRNO (zmq_getsockopt (a, ZMQ_LINGER, &v, &size), ETERM);
    CHECK_ERRNO (zmq_getsockopt (a, ZMQ_EVENTS, &v, &size), ETERM);
    CHECK_ERRNO (zmq_setsockopt (a, ZMQ_LINGER, &v, sizeof v), ETERM);
    CHECK_ERRNO (zmq_socket_monitor (a, "inproc://m", ZMQ_EVENT_ALL), ETERM);
    CHECK_ERRNO (zmq_poll (&item, 1, 0), ETERM);
    CHECK_ERRNO (zmq_poll (&item, 1, -1), ETERM);
    OK (zmq_msg_close (&msg));
    CHECK_EQ (zmq_close (a), 0);
    CHECK_EQ (zmq_close (m), 0);
    term (ctx);

    /* until a call has said so, options and monitors are there */
    ctx = new_ctx ();
    a = new_sock (ctx, ZMQ_PUSH);
    m = mon_open (ctx, a, ZMQ_EVENT_ALL);
    OK (zmq_connect (a, "tcp://127.0.0.1:1"));
    send_str (a, "not to linger", 0);
    CHECK_EQ (zmq_ctx_shutdown (ctx), 0);
    CHECK_EQ (get_int (a, ZMQ_LINGER), -1);
    CHECK_EQ (get_int (a, ZMQ_RCVMORE), 0);
    CHECK (get_int (a, ZMQ_FD) >= 0);
    CHECK_ERRNO (zmq_setsockopt (a, 9999, &v, sizeof v), EINVAL);
    CHECK_ERRNO (zmq_socket_monitor (a, "inproc://late", ZMQ_EVENT_ALL), ETERM);
    OK (zmq_socket_monitor (a, NULL, 0));
    OK (set_int (a, ZMQ_LINGER, 0));
    size = sizeof v;
    CHECK_ERRNO (zmq_getsockopt (a, ZMQ_EVENTS, &v, &size), ETERM);
    CHECK_ERRNO (zmq_getsockopt (a, ZMQ_LINGER, &v, &size), ETERM);
    CHECK_ERRNO (zmq_setsockopt (a, ZMQ_LINGER, &v, sizeof v), ETERM);
    CHECK_ERRNO (zmq_socket_monitor (a, NULL, 0), ETERM);
    OK (zmq_close (m));
    OK (zmq_close (a));
    term (ctx);

    /* shutdown before any socket, then term */
    ctx = new_ctx ();
    CHECK_EQ (zmq_ctx_shutdown (ctx), 0);
    CHECK_NULL_ERRNO (zmq_socket (ctx, ZMQ_PAIR), ETERM);
    term (ctx);

    /* an unsent inproc message to nobody does not keep term waiting */
    ctx = new_ctx ();
    a = new_sock (ctx, ZMQ_PUSH);
    OK (zmq_connect (a, "inproc://nobody"));
    send_str (a, "lost", 0);
    OK (zmq_close (a));
    term (ctx);

    /* no io threads: inproc only */
    ctx = zmq_init (0);
    a = new_sock (ctx, ZMQ_PAIR);
    m = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_bind (a, "inproc://local"));
    OK (zmq_connect (m, "inproc://local"));
    send_str (m, "hello", 0);
    expect (a, "hello");
    SHOW (zmq_bind (a, "tcp://127.0.0.1:*"));
    SHOW (zmq_connect (a, "tcp://127.0.0.1:1"));
    SHOW (zmq_bind (a, "ipc://*"));
    OK (zmq_close (a));
    OK (zmq_close (m));
    term (ctx);
    return 0;
}
