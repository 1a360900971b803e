/* An authenticator (ZAP, RFC 27): says which public keys may connect.

   It is a thread that answers at inproc://zeromq.zap.01 the questions of all sockets of its context. */
#ifndef EXAMPLES_ZAP_H
#define EXAMPLES_ZAP_H

typedef struct zap zap;

/* The file has a line for each client that may connect: its public key and its name. It is read for each question, so a change
   counts from the next connection on. Start this before the sockets are bound. */
zap *zap_start (void *context, const char *file);
void zap_stop (zap *z); /* after the sockets are closed */

#endif
