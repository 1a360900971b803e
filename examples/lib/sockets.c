#include "lib.h"

void *
context_new (void)
{
    void *context = zmq_ctx_new ();
    if (!context)
        die ("zmq_ctx_new");
    return context;
}

void
context_end (void *context)
{
    while (zmq_ctx_term (context) == -1 && errno == EINTR)
        ;
}

void *
socket_new (void *context, int type)
{
    void *socket = zmq_socket (context, type);
    if (!socket)
        die ("zmq_socket");
    set_number (socket, ZMQ_LINGER, 1000);
    return socket;
}

void
socket_close (void *socket)
{
    if (socket)
        zmq_close (socket);
}

void
socket_drop (void *socket)
{
    if (!socket)
        return;
    set_number (socket, ZMQ_LINGER, 0);
    zmq_close (socket);
}

void
set_number (void *socket, int option, int value)
{
    if (zmq_setsockopt (socket, option, &value, sizeof value))
        die ("zmq_setsockopt");
}

void
set_text (void *socket, int option, const char *text)
{
    if (zmq_setsockopt (socket, option, text, strlen (text)))
        die ("zmq_setsockopt");
}

void
bind_to (void *socket, const char *endpoint)
{
    if (zmq_bind (socket, endpoint))
        die (endpoint);
    if (strchr (endpoint, '*')) {
        char bound[256];
        size_t size = sizeof bound;
        if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, bound, &size))
            die ("ZMQ_LAST_ENDPOINT");
        say ("bound %s", bound);
    }
}

void
connect_to (void *socket, const char *endpoint)
{
    if (zmq_connect (socket, endpoint))
        die (endpoint);
}

void
attach (void *socket, const char *endpoints)
{
    char *list = copy_text (endpoints), *rest = list, *endpoint;
    while ((endpoint = strtok_r (rest, ",", &rest))) {
        if (*endpoint == '@')
            bind_to (socket, endpoint + 1);
        else if (*endpoint == '>')
            connect_to (socket, endpoint + 1);
        else
            usage ("write @ENDPOINT to bind or >ENDPOINT to connect");
    }
    free (list);
}

void *
socket_at (void *context, int type, const char *endpoints)
{
    void *socket = socket_new (context, type);
    attach (socket, endpoints);
    return socket;
}
