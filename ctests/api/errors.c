/* The errors of each function, by name; those that need a story of their
   own (signals, no memory, no descriptors) are elsewhere. */
#define ZMQ_BUILD_DRAFT_API
#include "check.h"

static void
nothing (int id, void *arg)
{
    (void) id;
    (void) arg;
}

static void
contexts (void)
{
    void *ctx = new_ctx ();
    CHECK_ERRNO (zmq_ctx_set (ctx, ZMQ_IO_THREADS, -1), EINVAL);
    CHECK_ERRNO (zmq_ctx_set (ctx, 1000, 1), EINVAL);
    CHECK_ERRNO (zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1), EFAULT);
    CHECK_ERRNO (zmq_ctx_get (ctx, 1000), EINVAL);
    CHECK_ERRNO (zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD), EINVAL);
    CHECK_ERRNO (zmq_ctx_get (NULL, ZMQ_IO_THREADS), EFAULT);
    CHECK_ERRNO (zmq_ctx_term (NULL), EFAULT);
    CHECK_ERRNO (zmq_term (NULL), EFAULT);
    CHECK_ERRNO (zmq_ctx_destroy (NULL), EFAULT);
    CHECK_ERRNO (zmq_ctx_shutdown (NULL), EFAULT);
    term (ctx);
}

static void
no_socket (void)
{
    char buf[4];
    int v = 0;
    size_t size = sizeof v, one = 1;
    zmq_msg_t m;
    struct iovec iov = {buf, 1};
    OK (zmq_msg_init (&m));
    CHECK_ERRNO (zmq_close (NULL), ENOTSOCK);
    CHECK_ERRNO (zmq_setsockopt (NULL, ZMQ_LINGER, &v, sizeof v), ENOTSOCK);
    CHECK_ERRNO (zmq_getsockopt (NULL, ZMQ_LINGER, &v, &size), ENOTSOCK);
    CHECK_ERRNO (zmq_bind (NULL, "inproc://x"), ENOTSOCK);
    CHECK_ERRNO (zmq_connect (NULL, "inproc://x"), ENOTSOCK);
    CHECK_ERRNO (zmq_unbind (NULL, "inproc://x"), ENOTSOCK);
    CHECK_ERRNO (zmq_disconnect (NULL, "inproc://x"), ENOTSOCK);
    CHECK_ERRNO (zmq_send (NULL, "x", 1, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_send_const (NULL, "x", 1, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_recv (NULL, buf, 1, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_msg_send (&m, NULL, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_msg_recv (&m, NULL, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_sendmsg (NULL, &m, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_recvmsg (NULL, &m, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_sendiov (NULL, &iov, 1, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_recviov (NULL, &iov, &one, 0), ENOTSOCK);
    CHECK_ERRNO (zmq_socket_monitor (NULL, "inproc://x", ZMQ_EVENT_ALL), ENOTSOCK);
    OK (zmq_msg_close (&m));
}

static void
endpoints (void *ctx)
{
    char ep[EP_MAX], longest[200];
    void *s = new_sock (ctx, ZMQ_PAIR), *other = new_sock (ctx, ZMQ_PAIR);
    memset (longest, 'p', sizeof longest);
    memcpy (longest, "ipc:///tmp/", 11);
    longest[6 + 108] = 0;
    CHECK_ERRNO (zmq_bind (s, "nonsense"), EINVAL);
    CHECK_ERRNO (zmq_bind (s, "tcp://127.0.0.1"), EINVAL);
    CHECK_ERRNO (zmq_bind (s, "foo://x"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_bind (s, "udp://127.0.0.1:*"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_bind (s, "pgm://lo;239.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_bind (s, "epgm://lo;239.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_bind (s, "norm://127.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_bind (s, "vmci://1:1"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_bind (s, "wss://127.0.0.1:*"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_bind (s, "tcp://192.0.2.1:*"), EADDRNOTAVAIL);
    CHECK_ERRNO (zmq_bind (s, "tcp://nosuchinterface:*"), ENODEV);
    CHECK_ERRNO (zmq_bind (s, "ipc:///nonexistent/directory/x"), ENOENT);
    CHECK_ERRNO (zmq_bind (s, longest), ENAMETOOLONG);
    bind_tcp (other, ep);
    CHECK_ERRNO (zmq_bind (s, ep), EADDRINUSE);
    OK (zmq_bind (other, "inproc://taken"));
    CHECK_ERRNO (zmq_bind (s, "inproc://taken"), EADDRINUSE);

    CHECK_ERRNO (zmq_connect (s, "nonsense"), EINVAL);
    CHECK_ERRNO (zmq_connect (s, "tcp://127.0.0.1:*"), EINVAL);
    CHECK_ERRNO (zmq_connect (s, "foo://x"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_connect (s, "udp://127.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_connect (s, "pgm://lo;239.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_connect (s, "vmci://1:1"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_connect (s, "wss://127.0.0.1:1"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_connect (s, longest), ENAMETOOLONG);

    CHECK_ERRNO (zmq_unbind (s, NULL), EINVAL);
    CHECK_ERRNO (zmq_unbind (s, "nonsense"), EINVAL);
    CHECK_ERRNO (zmq_unbind (s, "foo://x"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_unbind (s, "udp://127.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_unbind (s, "tcp://127.0.0.1:1"), ENOENT);
    CHECK_ERRNO (zmq_unbind (s, "inproc://nowhere"), ENOENT);
    CHECK_ERRNO (zmq_disconnect (s, NULL), EINVAL);
    CHECK_ERRNO (zmq_disconnect (s, "nonsense"), EINVAL);
    CHECK_ERRNO (zmq_disconnect (s, "foo://x"), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_disconnect (s, "udp://127.0.0.1:1"), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_disconnect (s, "tcp://127.0.0.1:1"), ENOENT);
    CHECK_ERRNO (zmq_disconnect (s, "ipc://@never"), ENOENT);

    CHECK_ERRNO (zmq_socket_monitor (s, "nonsense", ZMQ_EVENT_ALL), EINVAL);
    CHECK_ERRNO (zmq_socket_monitor (s, "inproc://m", ZMQ_EVENT_PIPES_STATS), EINVAL);
    CHECK_ERRNO (zmq_socket_monitor (s, NULL, ZMQ_EVENT_PIPES_STATS), EINVAL);
    CHECK_ERRNO (zmq_socket_monitor (s, "udp://127.0.0.1:1", ZMQ_EVENT_ALL), ENOCOMPATPROTO);
    CHECK_ERRNO (zmq_socket_monitor (s, "foo://x", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_socket_monitor (s, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL), EPROTONOSUPPORT);
    CHECK_ERRNO (zmq_socket_monitor (s, "inproc://taken", ZMQ_EVENT_ALL), EADDRINUSE);
    close0 (other);
    close0 (s);

    void *without = zmq_init (0);
    CHECK (without != NULL);
    s = new_sock (without, ZMQ_PAIR);
    CHECK_ERRNO (zmq_bind (s, "tcp://127.0.0.1:*"), EMTHREAD);
    CHECK_ERRNO (zmq_bind (s, "ipc://*"), EMTHREAD);
    CHECK_ERRNO (zmq_connect (s, "tcp://127.0.0.1:1"), EMTHREAD);
    CHECK_ERRNO (zmq_connect (s, "ipc://@nobody"), EMTHREAD);
    close0 (s);
    term (without);
}

/* A socket type that cannot do it, in all ways of sending or receiving. */
static void
cannot_send (void *s, int want)
{
    zmq_msg_t m;
    struct iovec iov = {(void *) "x", 1};
    OK (zmq_msg_init (&m));
    CHECK_ERRNO (zmq_send (s, "x", 1, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_send_const (s, "x", 1, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_msg_send (&m, s, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_sendmsg (s, &m, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_sendiov (s, &iov, 1, ZMQ_DONTWAIT), want);
    OK (zmq_msg_close (&m));
}

static void
cannot_receive (void *s, int want)
{
    char buf[4];
    zmq_msg_t m;
    struct iovec iov[1];
    size_t one = 1;
    OK (zmq_msg_init (&m));
    CHECK_ERRNO (zmq_recv (s, buf, sizeof buf, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_msg_recv (&m, s, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_recvmsg (s, &m, ZMQ_DONTWAIT), want);
    CHECK_ERRNO (zmq_recviov (s, iov, &one, ZMQ_DONTWAIT), want);
    OK (zmq_msg_close (&m));
}

static void
traffic (void *ctx)
{
    static const int deaf[] = {ZMQ_PUB, ZMQ_PUSH}, mute[] = {ZMQ_SUB, ZMQ_PULL};
    for (int i = 0; i < 2; i++) {
        void *s = new_sock (ctx, deaf[i]);
        cannot_receive (s, ENOTSUP);
        close0 (s);
        s = new_sock (ctx, mute[i]);
        cannot_send (s, ENOTSUP);
        close0 (s);
    }
    static const int peerless[] = {ZMQ_PAIR, ZMQ_DEALER, ZMQ_PUSH, ZMQ_REQ};
    for (int i = 0; i < 4; i++) {
        void *s = new_sock (ctx, peerless[i]);
        cannot_send (s, EAGAIN);
        close0 (s);
    }
    static const int silent[] = {ZMQ_PAIR, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PULL,
                                 ZMQ_SUB, ZMQ_XSUB, ZMQ_XPUB, ZMQ_REP, ZMQ_STREAM};
    for (int i = 0; i < 9; i++) {
        void *s = new_sock (ctx, silent[i]);
        cannot_receive (s, EAGAIN);
        close0 (s);
    }
    void *req = new_sock (ctx, ZMQ_REQ), *rep = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (rep, "inproc://turns"));
    OK (zmq_connect (req, "inproc://turns"));
    cannot_receive (req, EFSM);
    cannot_send (rep, EFSM);
    send_str (req, "x", 0);
    cannot_send (req, EFSM);
    expect (rep, "x");
    cannot_receive (rep, EFSM);
    close0 (req);
    close0 (rep);
    void *s = new_sock (ctx, ZMQ_ROUTER);
    OK (set_int (s, ZMQ_ROUTER_MANDATORY, 1));
    CHECK_ERRNO (zmq_send (s, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);
    close0 (s);
    s = new_sock (ctx, ZMQ_STREAM);
    CHECK_ERRNO (zmq_send (s, "nobody", 6, ZMQ_SNDMORE), EHOSTUNREACH);

    struct iovec iov[1] = {{(void *) "x", 1}};
    size_t count = 0;
    CHECK_ERRNO (zmq_sendiov (s, iov, 0, 0), EINVAL);
    CHECK_ERRNO (zmq_sendiov (s, NULL, 1, 0), EINVAL);
    CHECK_ERRNO (zmq_recviov (s, iov, &count, 0), EINVAL);
    CHECK_ERRNO (zmq_recviov (s, iov, NULL, 0), EINVAL);
    count = 1;
    CHECK_ERRNO (zmq_recviov (s, NULL, &count, 0), EINVAL);
    close0 (s);
}

static void
options_and_polling (void *ctx)
{
    int v = 1;
    char small[1];
    size_t size = 3, one = 1;
    void *s = new_sock (ctx, ZMQ_PAIR);
    CHECK_ERRNO (zmq_setsockopt (s, 1000, &v, sizeof v), EINVAL);
    CHECK_ERRNO (zmq_setsockopt (s, ZMQ_TYPE, &v, sizeof v), EINVAL);
    CHECK_ERRNO (zmq_setsockopt (s, ZMQ_SNDHWM, &v, 3), EINVAL);
    CHECK_ERRNO (zmq_setsockopt (s, ZMQ_SUBSCRIBE, "x", 1), EINVAL);
    /* an option of contexts that has a number of its own */
    CHECK_ERRNO (zmq_setsockopt (s, ZMQ_BLOCKY, &v, sizeof v), EINVAL);
    CHECK_ERRNO (zmq_getsockopt (s, 1000, &v, &size), EINVAL);
    CHECK_ERRNO (zmq_getsockopt (s, ZMQ_LINGER, &v, &size), EINVAL);
    OK (zmq_bind (s, "inproc://long-name"));
    CHECK_ERRNO (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, small, &one), EINVAL);

    zmq_pollitem_t item = {(void *) small, 0, ZMQ_POLLIN, 0};
    CHECK_ERRNO (zmq_poll (&item, -1, 0), EINVAL);
    CHECK_ERRNO (zmq_poll (NULL, 1, 0), EFAULT);
    CHECK_ERRNO (zmq_proxy (NULL, s, NULL), EFAULT);
    CHECK_ERRNO (zmq_proxy (s, NULL, NULL), EFAULT);
    CHECK_ERRNO (zmq_proxy_steerable (NULL, s, NULL, NULL), EFAULT);
    CHECK_ERRNO (zmq_proxy_steerable (s, NULL, NULL, NULL), EFAULT);
    close0 (s);

    /* proxies end with their context */
    void *own = new_ctx ();
    void *a = new_sock (own, ZMQ_DEALER), *b = new_sock (own, ZMQ_DEALER);
    OK (zmq_ctx_shutdown (own));
    CHECK_ERRNO (zmq_proxy (a, b, NULL), ETERM);
    CHECK_ERRNO (zmq_proxy_steerable (a, b, NULL, NULL), ETERM);
    CHECK_ERRNO (zmq_device (ZMQ_QUEUE, a, b), ETERM);
    CHECK_ERRNO (zmq_device (ZMQ_FORWARDER, a, b), ETERM);
    CHECK_ERRNO (zmq_device (ZMQ_STREAMER, a, b), ETERM);
    /* which is told before any mistake in an argument */
    CHECK_ERRNO (zmq_disconnect (a, NULL), ETERM);
    CHECK_ERRNO (zmq_unbind (a, "nonsense"), ETERM);
    CHECK_ERRNO (zmq_socket_monitor (a, NULL, -1), ETERM);
    OK (zmq_close (a));
    OK (zmq_close (b));
    term (own);
}

static void
messages_and_tools (void)
{
    zmq_msg_t m, closed;
    OK (zmq_msg_init (&m));
    OK (zmq_msg_init (&closed));
    OK (zmq_msg_close (&closed));
    CHECK_ERRNO (zmq_msg_close (&closed), EFAULT);
    CHECK_ERRNO (zmq_msg_move (&m, &closed), EFAULT);
    OK (zmq_msg_init (&m));
    CHECK_ERRNO (zmq_msg_copy (&m, &closed), EFAULT);
    OK (zmq_msg_init (&m));
    CHECK_ERRNO (zmq_msg_get (&m, 1000), EINVAL);
    CHECK_ERRNO (zmq_msg_get (&m, ZMQ_SRCFD), EINVAL);
    CHECK_ERRNO (zmq_msg_set (&m, ZMQ_MORE, 1), EINVAL);
    CHECK_NULL_ERRNO (zmq_msg_gets (&m, "Socket-Type"), EINVAL);
    OK (zmq_msg_close (&m));

    uint8_t bytes[64];
    char text[64];
    CHECK_NULL_ERRNO (zmq_z85_decode (bytes, "1234"), EINVAL);
    CHECK_NULL_ERRNO (zmq_z85_decode (bytes, "#####"), EINVAL);
    CHECK_NULL_ERRNO (zmq_z85_encode (text, bytes, 3), EINVAL);
    CHECK_ERRNO (zmq_curve_public (text, "too short"), EINVAL);

    void *none = NULL, *t = zmq_timers_new ();
    CHECK (t != NULL);
    CHECK_ERRNO (zmq_timers_add (NULL, 1, nothing, NULL), EFAULT);
    CHECK_ERRNO (zmq_timers_add (t, 1, NULL, NULL), EFAULT);
    CHECK_ERRNO (zmq_timers_cancel (t, 99), EINVAL);
    CHECK_ERRNO (zmq_timers_cancel (NULL, 1), EFAULT);
    CHECK_ERRNO (zmq_timers_set_interval (t, 99, 1), EINVAL);
    CHECK_ERRNO (zmq_timers_set_interval (NULL, 1, 1), EFAULT);
    CHECK_ERRNO (zmq_timers_reset (t, 99), EINVAL);
    CHECK_ERRNO (zmq_timers_reset (NULL, 1), EFAULT);
    CHECK_ERRNO (zmq_timers_timeout (NULL), EFAULT);
    CHECK_ERRNO (zmq_timers_execute (NULL), EFAULT);
    CHECK_ERRNO (zmq_timers_destroy (&none), EFAULT);
    OK (zmq_timers_destroy (&t));
}

int
main (void)
{
    void *ctx = new_ctx ();
    contexts ();
    no_socket ();
    endpoints (ctx);
    traffic (ctx);
    options_and_polling (ctx);
    messages_and_tools ();
    term (ctx);
    return 0;
}
