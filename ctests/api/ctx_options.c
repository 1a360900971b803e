/* Context options: defaults, ranges, what can be read back, what new sockets
   inherit. */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    for (int o = -1; o <= 12; o++) {
        errno = 0;
        int v = zmq_ctx_get (ctx, o);
        SAY ("default of %d: %d %s", o, v, v == -1 ? err_name (errno) : "");
    }
    SHOW (zmq_ctx_get (ctx, ZMQ_IPV6));
    SHOW (zmq_ctx_get (ctx, ZMQ_BLOCKY));
    SHOW (zmq_ctx_get (ctx, 1000));

    static const int values[] = {-2, -1, 0, 1, 2, 1234};
    static const int options[] = {ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_THREAD_SCHED_POLICY,
                                  ZMQ_MAX_MSGSZ, ZMQ_MSG_T_SIZE, ZMQ_IPV6,
                                  ZMQ_BLOCKY, 10, -1, 11, 43, 1000};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        void *fresh = new_ctx ();
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            errno = 0;
            int rc = zmq_ctx_set (fresh, options[o], values[v]);
            int e = rc == -1 ? errno : 0;
            errno = 0;
            int got = zmq_ctx_get (fresh, options[o]);
            SAY ("set %d to %d: %d %s, then get: %d %s", options[o], values[v],
                 rc, err_name (e), got, got == -1 ? err_name (errno) : "");
        }
        term (fresh);
    }
    /* set(3) is the priority, get(3) is the socket limit */
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_PRIORITY, -1));
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_PRIORITY, 0));
    SHOW (zmq_ctx_get (ctx, ZMQ_SOCKET_LIMIT));
    /* affinity */
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, -1));
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 1));
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    SHOW (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    SHOW (zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD));
    /* inherited by the sockets made afterwards */
    void *before = new_sock (ctx, ZMQ_PAIR);
    OK (zmq_ctx_set (ctx, ZMQ_IPV6, 1));
    OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    void *after = new_sock (ctx, ZMQ_PAIR);
    SAY ("ipv6 %d %d, linger %d %d", get_int (before, ZMQ_IPV6),
         get_int (after, ZMQ_IPV6), get_int (before, ZMQ_LINGER),
         get_int (after, ZMQ_LINGER));
    /* accepted without effect when sockets exist already */
    SHOW (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 3));
    SHOW (zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    SHOW (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 1));
    void *third = zmq_socket (ctx, ZMQ_PAIR);
    CHECK (third != NULL);
    close0 (third);
    close0 (before);
    close0 (after);
    term (ctx);
    return 0;
}
