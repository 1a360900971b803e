/*
 * Shared by the programs of this directory. They need the realm that
 * scripts/gssapi makes. It has the service zmqtest2 of this host and the user
 * client, both with their keys in the tables that the environment names. The key
 * of the user guest is in the table for clients only, that of the user stranger
 * in none.
 */
#ifndef ZINCMQ_REALM_H
#define ZINCMQ_REALM_H

#include "check.h"

#define SERVICE "zmqtest2"
#define REALM "@ZINCMQ.TEST"

static void *ctx;

static void *
server (int type)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, ZMQ_GSSAPI_SERVER, 1));
    OK (set_str (s, ZMQ_GSSAPI_PRINCIPAL, SERVICE));
    return s;
}

/* A client that is the user of this name. */
static void *
client_named (int type, const char *user)
{
    void *s = new_sock (ctx, type);
    OK (set_str (s, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVICE));
    OK (set_str (s, ZMQ_GSSAPI_PRINCIPAL, user));
    OK (set_int (s, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_NT_KRB5_PRINCIPAL));
    return s;
}

static void *
client (int type)
{
    return client_named (type, "client" REALM);
}

/* Answers one request with this status and shows it. */
static void
answer (void *zap, const char *status)
{
    char version[8], id[8], buf[256];
    CHECK_EQ (zmq_recv (zap, version, sizeof version, 0), 3);
    CHECK_EQ (zmq_recv (zap, id, sizeof id, 0), 1);
    while (rcvmore (zap)) {
        int size = zmq_recv (zap, buf, sizeof buf, 0);
        CHECK (size >= 0);
        say_bytes ("  asked", buf, (size_t) size);
    }
    send_parts (zap, "1.0", "1", status, "text", "joe", "");
}

#endif
