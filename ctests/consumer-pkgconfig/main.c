/* A program of somebody who uses the library: sends a message to itself. */
#include <stdio.h>
#include <string.h>
#include <zmq.h>

int main (void)
{
    int major, minor, patch, rc;
    char text[8] = "";
    void *context = zmq_ctx_new ();
    void *one = zmq_socket (context, ZMQ_PAIR);
    void *two = zmq_socket (context, ZMQ_PAIR);

    zmq_version (&major, &minor, &patch);
    if (ZMQ_MAKE_VERSION (major, minor, patch) != ZMQ_VERSION)
        return 1;
    if (zmq_bind (one, "inproc://consumer") != 0 || zmq_connect (two, "inproc://consumer") != 0)
        return 2;
    if (zmq_send (one, "hello", 5, 0) != 5 || zmq_recv (two, text, sizeof text, 0) != 5)
        return 3;
    rc = strcmp (text, "hello");
    zmq_close (one);
    zmq_close (two);
    zmq_ctx_term (context);
    if (rc == 0)
        printf ("%d.%d.%d %s\n", major, minor, patch, text);
    return rc == 0 ? 0 : 4;
}
