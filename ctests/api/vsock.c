/* AF_VSOCK: the meaning of texts to the system, the names of an endpoint,
   traffic. (The original with which others are compared has none.) */
#include "families.h"

static struct sockaddr_vm *
vm (struct sockaddr_storage *a)
{
    return (struct sockaddr_vm *) a;
}

static void
bound (void *ctx, const char *ep, unsigned cid, unsigned port)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    int count = binds;
    zmq_bind (s, ep);
    CHECK_EQ (binds, count + 1);
    CHECK_EQ (vm (&bound_to)->svm_cid, cid);
    CHECK_EQ (vm (&bound_to)->svm_port, port);
    close0 (s);
}

static void
connected (void *ctx, const char *ep, const char *shown, unsigned cid, unsigned port)
{
    char last[EP_MAX];
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    int count = connects;
    OK (zmq_connect (s, ep));
    last_endpoint (s, last);
    CHECK_STR (last, shown);
    AWAIT (__atomic_load_n (&connects, __ATOMIC_SEQ_CST) > count);
    CHECK_EQ (vm (&connected_to)->svm_cid, cid);
    CHECK_EQ (vm (&connected_to)->svm_port, port);
    close0 (s);
}

static void
refused (void *ctx)
{
    static const char *const texts[] = {"vsock://1", "vsock://:", "vsock://1:", "vsock://:1", "vsock://a:1",
                                        "vsock://1:a", "vsock://4294967296:1", NULL};
    void *s = new_sock (ctx, ZMQ_DEALER);
    for (int i = 0; texts[i]; i++) {
        CHECK_ERRNO (zmq_bind (s, texts[i]), EINVAL);
        CHECK_ERRNO (zmq_connect (s, texts[i]), EINVAL);
    }
    CHECK_ERRNO (zmq_connect (s, "vsock://*:1"), EINVAL);
    CHECK_ERRNO (zmq_connect (s, "vsock://1:*"), EINVAL);
    /* the system's own words: no such machine is this one */
    CHECK_ERRNO (zmq_bind (s, "vsock://77:*"), EADDRNOTAVAIL);
    close0 (s);
}

static void
traffic (void *ctx, const char *wildcard, const char *prefix)
{
    static char big[300000];
    char last[EP_MAX], ep[EP_MAX];
    void *b = new_sock (ctx, ZMQ_DEALER), *c = new_sock (ctx, ZMQ_DEALER);
    void *mb = mon_open (ctx, b, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL & ~ZMQ_EVENT_CONNECT_DELAYED);
    OK (zmq_bind (b, wildcard));
    last_endpoint (b, last);
    CHECK (strncmp (last, prefix, strlen (prefix)) == 0);
    CHECK_STR (mon_expect (mb, ZMQ_EVENT_LISTENING).address, last);
    snprintf (ep, sizeof ep, "vsock://1:%d", port_of (last));
    OK (zmq_connect (c, ep));
    mon_expect (mb, ZMQ_EVENT_ACCEPTED);
    mon_expect (mb, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK_STR (mon_expect (mc, ZMQ_EVENT_CONNECTED).address, ep);
    CHECK_STR (mon_expect (mc, ZMQ_EVENT_HANDSHAKE_SUCCEEDED).address, ep);
    send_parts (c, "some", "", "parts");
    expect (b, "some", "", "parts");
    zmq_msg_t msg;
    CHECK_EQ (zmq_send (b, big, sizeof big, 0), sizeof big);
    OK (zmq_msg_init (&msg));
    CHECK_EQ (zmq_msg_recv (&msg, c, 0), sizeof big);
    CHECK (zmq_msg_gets (&msg, "Peer-Address") == NULL);
    OK (zmq_msg_close (&msg));
    OK (zmq_unbind (b, last));
    CHECK_ERRNO (zmq_unbind (b, last), ENOENT);
    CHECK_STR (mon_until (mb, ZMQ_EVENT_CLOSED).address, last);
    OK (zmq_disconnect (c, ep));
    mon_close (c, mc);
    mon_close (b, mb);
    close0 (c);
    close0 (b);
}

int
main (void)
{
    void *ctx = new_ctx ();
    CHECK_EQ (zmq_has ("vsock"), 1);
    bound (ctx, "vsock://*:*", VMADDR_CID_ANY, VMADDR_PORT_ANY);
    bound (ctx, "vsock://-1:-1", VMADDR_CID_ANY, VMADDR_PORT_ANY);
    bound (ctx, "vsock://@:*", VMADDR_CID_HOST, VMADDR_PORT_ANY);
    bound (ctx, "vsock://77:70000", 77, 70000);
    connected (ctx, "vsock://@:99999", "vsock://2:99999", VMADDR_CID_HOST, 99999);
    connected (ctx, "vsock://1:4294967294", "vsock://1:4294967294", VMADDR_CID_LOCAL, 4294967294);
    refused (ctx);
    traffic (ctx, "vsock://1:*", "vsock://1:");
    traffic (ctx, "vsock://*:*", "vsock://*:");
    term (ctx);
    return 0;
}
