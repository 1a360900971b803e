/* Parts that a stable build without them does not have say so: socket types
   and options of the draft API, GSSAPI, transports. */
#define ZMQ_BUILD_DRAFT_API
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx ();
    /* a part that a build may have */
    int gssapi = zmq_has ("gssapi");
    static const int types[] = {ZMQ_SERVER, ZMQ_CLIENT, ZMQ_RADIO, ZMQ_DISH, ZMQ_GATHER,
                                ZMQ_SCATTER, ZMQ_DGRAM, ZMQ_PEER, ZMQ_CHANNEL};
    for (int i = 0; i < 9; i++)
        CHECK_NULL_ERRNO (zmq_socket (ctx, types[i]), EINVAL);

    static const int options[] = {
      ZMQ_GSSAPI_SERVER, ZMQ_GSSAPI_PRINCIPAL, ZMQ_GSSAPI_SERVICE_PRINCIPAL, ZMQ_GSSAPI_PLAINTEXT,
      ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, ZMQ_VMCI_BUFFER_SIZE,
      ZMQ_VMCI_BUFFER_MIN_SIZE, ZMQ_VMCI_BUFFER_MAX_SIZE, ZMQ_VMCI_CONNECT_TIMEOUT,
      ZMQ_ROUTER_NOTIFY, ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE, ZMQ_WSS_KEY_PEM, ZMQ_WSS_CERT_PEM,
      ZMQ_WSS_TRUST_PEM, ZMQ_WSS_HOSTNAME, ZMQ_WSS_TRUST_SYSTEM, ZMQ_HELLO_MSG,
      ZMQ_DISCONNECT_MSG, ZMQ_PRIORITY, ZMQ_BUSY_POLL, ZMQ_HICCUP_MSG,
      ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, ZMQ_NORM_MODE, ZMQ_NORM_UNICAST_NACK, ZMQ_NORM_BUFFER_SIZE,
      ZMQ_NORM_SEGMENT_SIZE, ZMQ_NORM_BLOCK_SIZE, ZMQ_NORM_NUM_PARITY, ZMQ_NORM_NUM_AUTOPARITY,
      ZMQ_NORM_PUSH};
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *s = new_sock (ctx, type);
        for (size_t i = gssapi ? 6 : 0; i < sizeof options / sizeof *options; i++) {
            int one = 1;
            char buf[300];
            size_t size = sizeof one;
            CHECK_ERRNO (zmq_setsockopt (s, options[i], &one, sizeof one), EINVAL);
            CHECK_ERRNO (zmq_setsockopt (s, options[i], "text", 4), EINVAL);
            CHECK_ERRNO (zmq_getsockopt (s, options[i], &one, &size), EINVAL);
            size = sizeof buf;
            CHECK_ERRNO (zmq_getsockopt (s, options[i], buf, &size), EINVAL);
        }
        CHECK (get_int (s, ZMQ_MECHANISM) != ZMQ_GSSAPI);
        close0 (s);
    }

    void *s = new_sock (ctx, ZMQ_PUB);
    static const char *const schemes[] = {"wss://127.0.0.1:1", "vmci://1:1",
                                          "pgm://lo;239.0.0.1:1", "epgm://lo;239.0.0.1:1",
                                          "norm://127.0.0.1:1"};
    /* these need a library of the system */
    int lent[] = {0, 0, zmq_has ("pgm"), zmq_has ("pgm"), zmq_has ("norm")};
    for (int i = 0; i < 5; i++) {
        if (lent[i])
            continue;
        CHECK_ERRNO (zmq_bind (s, schemes[i]), EPROTONOSUPPORT);
        CHECK_ERRNO (zmq_connect (s, schemes[i]), EPROTONOSUPPORT);
    }
    close0 (s);
    static const char *const names[] = {"vmci", "draft", "WSS"};
    for (int i = 0; i < 3; i++)
        CHECK_EQ (zmq_has (names[i]), 0);
    CHECK (zmq_has ("zincmq") && zmq_has ("curve") && zmq_has ("ipc") && zmq_has ("tipc") && zmq_has ("WS"));
    term (ctx);
    return 0;
}
