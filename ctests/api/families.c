/* Addresses of families that this kernel may not have: zmq_bind says what the
   system says, and zmq_connect tries for ever. */
#include "check.h"
#include <linux/vm_sockets.h>

/* Returns the errno with which the system refuses a listening socket of this name; 0: none. */
static int
system_error (int family, const void *address, socklen_t size)
{
    int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0), error = 0;
    if (fd == -1 || (address && bind (fd, address, size) == -1) || listen (fd, 1) == -1)
        error = errno;
    if (fd != -1)
        close (fd);
    return error;
}

static void
bound (void *ctx, const char *ep, int error)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    if (error)
        CHECK_ERRNO (zmq_bind (s, ep), error);
    else
        OK (zmq_bind (s, ep));
    close0 (s);
}

static void
connected (void *ctx, const char *ep)
{
    void *s = new_sock (ctx, ZMQ_DEALER), *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (set_int (s, ZMQ_RECONNECT_IVL, 10));
    OK (zmq_connect (s, ep));
    for (int i = 0; i < 3; i++)
        mon_until (m, ZMQ_EVENT_CONNECT_RETRIED);
    mon_close (s, m);
    close0 (s);
}

int
main (void)
{
    struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_port = VMADDR_PORT_ANY, .svm_cid = VMADDR_CID_ANY};
    void *ctx = new_ctx ();
    bound (ctx, "tipc://<*>", system_error (AF_TIPC, NULL, 0));
    bound (ctx, "vsock://*:*", system_error (AF_VSOCK, &vm, sizeof vm));
    vm.svm_cid = VMADDR_CID_LOCAL;
    bound (ctx, "vsock://@:*", system_error (AF_VSOCK, &vm, sizeof vm));
    vm.svm_cid = 77;
    bound (ctx, "vsock://77:*", system_error (AF_VSOCK, &vm, sizeof vm));
    /* nobody listens there */
    connected (ctx, "tipc://{4711,1}");
    connected (ctx, "vsock://@:4294967000");
    term (ctx);
    return 0;
}
