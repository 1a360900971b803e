/* No descriptors left: errors, no aborts, and all is well again afterwards.
   (A library may make sockets without descriptors; then none fails.) */
#include "check.h"

int
main (void)
{
    struct rlimit limit;
    OK (getrlimit (RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 60;
    OK (setrlimit (RLIMIT_NOFILE, &limit));

    void *ctx = new_ctx (), *s[200];
    int n = 0;
    while (n < 200 && (s[n] = zmq_socket (ctx, ZMQ_PAIR)) != NULL)
        n++;
    CHECK (n > 1 && (n == 200 || errno == EMFILE));
    for (int i = 0; i < 10 && n < 200; i++) {
        CHECK (zmq_socket (ctx, ZMQ_PAIR) == NULL);
        CHECK (errno == EMFILE);
    }
    /* inproc needs none */
    OK (zmq_bind (s[0], "inproc://x"));
    OK (zmq_connect (s[1], "inproc://x"));
    send_str (s[1], "works", 0);
    expect (s[0], "works");
    for (int i = 0; i < n; i++)
        OK (zmq_close (s[i]));
    /* they come back */
    AWAIT ((s[0] = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    AWAIT ((s[1] = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    char ep[EP_MAX];
    AWAIT (zmq_bind (s[0], "tcp://127.0.0.1:*") == 0);
    last_endpoint (s[0], ep);
    OK (zmq_connect (s[1], ep));
    send_str (s[1], "again", 0);
    expect (s[0], "again");
    close0 (s[0]);
    close0 (s[1]);
    term (ctx);
    SAY ("done");
    return 0;
}
