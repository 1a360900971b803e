/* One program with two static libraries that are made with Rust: messages, and what the other one does. */
#include <stdio.h>
#include <string.h>
#include <zmq.h>

unsigned other_sum (unsigned count);

int main (void)
{
    char endpoint [256], text [8] = "";
    size_t size = sizeof endpoint;
    void *context = zmq_ctx_new ();
    void *pull = zmq_socket (context, ZMQ_PULL), *push = zmq_socket (context, ZMQ_PUSH);

    if (zmq_bind (pull, "tcp://127.0.0.1:*") != 0
        || zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0
        || zmq_connect (push, endpoint) != 0)
        return 1;
    if (zmq_send (push, "hello", 5, 0) != 5 || zmq_recv (pull, text, sizeof text, 0) != 5)
        return 2;
    zmq_close (push);
    zmq_close (pull);
    zmq_ctx_term (context);
    printf ("%s %u\n", text, other_sum (4));
    return 0;
}
