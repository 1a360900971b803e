/* No descriptors left for a listener or a connection: bind fails, connect goes
   on trying, nothing aborts, and all is well when there are some again. (The
   original aborts.) */
#include "check.h"

int
main (void)
{
    void *ctx = new_ctx (), *pull = new_sock (ctx, ZMQ_PULL), *push = new_sock (ctx, ZMQ_PUSH);
    char ep[EP_MAX];
    OK (set_int (push, ZMQ_RECONNECT_IVL, 20));
    bind_tcp (pull, ep);

    struct rlimit limit, none;
    OK (getrlimit (RLIMIT_NOFILE, &limit));
    none = limit;
    /* the lowest free number is the limit; some have to stay below, as
       poll(2) refuses more items than that */
    int lowest = dup (0);
    OK (lowest);
    close (lowest);
    none.rlim_cur = (rlim_t) lowest;
    OK (setrlimit (RLIMIT_NOFILE, &none));
    CHECK_ERRNO (zmq_bind (pull, "tcp://127.0.0.1:*"), EMFILE);
    CHECK_ERRNO (zmq_bind (pull, "ipc://@zct-emfile"), EMFILE);
    /* names that have to be looked up first */
    CHECK_ERRNO (zmq_bind (pull, "tcp://lo:*"), EMFILE);
    CHECK_ERRNO (zmq_bind (pull, "tcp://[::1%lo]:*"), EMFILE);
    CHECK_ERRNO (zmq_bind (pull, "tcp://no-such-host:*"), EMFILE);
    CHECK_ERRNO (zmq_unbind (pull, "tcp://localhost:1"), EMFILE);
    CHECK_ERRNO (zmq_unbind (pull, "tcp://127.0.0.1:1"), ENOENT);
    if (zmq_has ("WS")) {
        CHECK_ERRNO (zmq_bind (pull, "ws://lo:*"), EMFILE);
        CHECK_ERRNO (zmq_connect (push, "ws://localhost:1"), EMFILE);
    }
    OK (zmq_connect (push, ep));
    send_str (push, "patience", 0);
    quiet (pull);
    OK (setrlimit (RLIMIT_NOFILE, &limit));
    CHECK_ERRNO (zmq_bind (pull, "tcp://no-such-host:*"), ENODEV);
    expect (pull, "patience");
    close0 (push);
    close0 (pull);
    term (ctx);
    return 0;
}
