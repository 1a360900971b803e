/* Contexts and sockets. A program that cannot have them ends with a word: there is nothing that it could do instead. */
#ifndef EXAMPLES_SOCKETS_H
#define EXAMPLES_SOCKETS_H

#include <stdbool.h>

void *context_new (void);
void context_end (void *context); /* waits until what was sent has left, for as long as its sockets linger */

void *socket_new (void *context, int type); /* the last messages have 1 s to leave (ZMQ_LINGER) */
void socket_close (void *socket);
void socket_drop (void *socket); /* closes and throws away what was not sent: for a peer that was given up */

void set_number (void *socket, int option, int value);
void set_text (void *socket, int option, const char *text);

/* Both end the program if the endpoint is wrong or taken. A wildcard prints where it was bound. */
void bind_to (void *socket, const char *endpoint);
void connect_to (void *socket, const char *endpoint);

/* "@ENDPOINT" binds and ">ENDPOINT" connects; several are separated by commas. */
void attach (void *socket, const char *endpoints);

/* A socket of that type, attached. */
void *socket_at (void *context, int type, const char *endpoints);

#endif
