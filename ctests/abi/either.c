/* Exchanges a message of two frames, with a poll and an option, as programs do that were built with any header. */
#include <stdio.h>
#include <string.h>
#include <zmq.h>

int main (void)
{
    char endpoint [256], text [16] = "";
    size_t size = sizeof endpoint;
    zmq_msg_t message;
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    void *context = zmq_ctx_new ();
    void *rep = zmq_socket (context, ZMQ_REP), *req = zmq_socket (context, ZMQ_REQ);

    if (zmq_bind (rep, "tcp://127.0.0.1:*") != 0
        || zmq_getsockopt (rep, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0
        || zmq_connect (req, endpoint) != 0)
        return 1;
    if (zmq_send (req, "hello", 5, ZMQ_SNDMORE) != 5 || zmq_send (req, "world", 5, 0) != 5)
        return 2;
    item.socket = rep;
    if (zmq_poll (&item, 1, 20000) != 1 || item.revents != ZMQ_POLLIN)
        return 3;
    if (zmq_recv (rep, text, sizeof text, 0) != 5 || zmq_msg_init (&message) != 0
        || zmq_msg_recv (&message, rep, 0) != 5 || zmq_msg_more (&message)
        || memcmp (zmq_msg_data (&message), "world", 5) != 0)
        return 4;
    zmq_msg_close (&message);
    zmq_close (rep);
    zmq_close (req);
    zmq_ctx_term (context);
    printf ("%s 2\n", text);
    return 0;
}
