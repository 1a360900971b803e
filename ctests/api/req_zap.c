/* A REQ whose side asks the authenticator gets its replies. The original closes the connection at the
   first one, and again after each reconnect. */
#include "check.h"

static void *
authenticate (void *zap)
{
    char buf[256];
    for (;;) {
        do {
            if (zmq_recv (zap, buf, sizeof buf, 0) == -1) {
                CHECK (errno == ETERM);
                close0 (zap);
                return NULL;
            }
        } while (rcvmore (zap));
        send_parts (zap, "1.0", "1", "200", "OK", "joe", "");
    }
}

static void
null (void *asking, void *other)
{
    (void) other;
    OK (set_str (asking, ZMQ_ZAP_DOMAIN, "domain"));
}

static void
plain (void *asking, void *other)
{
    OK (set_int (asking, ZMQ_PLAIN_SERVER, 1));
    OK (set_str (other, ZMQ_PLAIN_USERNAME, "joe"));
    OK (set_str (other, ZMQ_PLAIN_PASSWORD, "secret"));
}

static void
curve (void *asking, void *other)
{
    char public[41], secret[41];
    OK (zmq_curve_keypair (public, secret));
    OK (set_int (asking, ZMQ_CURVE_SERVER, 1));
    OK (set_str (asking, ZMQ_CURVE_SECRETKEY, secret));
    OK (set_str (other, ZMQ_CURVE_SERVERKEY, public));
    OK (set_str (other, ZMQ_CURVE_PUBLICKEY, public));
    OK (set_str (other, ZMQ_CURVE_SECRETKEY, secret));
}

static void
ask (const char *name, void (*secure) (void *, void *), int req_binds)
{
    char ep[EP_MAX];
    void *ctx = new_ctx (), *zap = zmq_socket (ctx, ZMQ_REP);
    OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
    pthread_t handler = start (authenticate, zap);
    void *req = new_sock (ctx, ZMQ_REQ), *rep = new_sock (ctx, ZMQ_REP);
    secure (req, rep);
    bind_to (req_binds ? req : rep, "tcp://127.0.0.1:*", ep);
    OK (zmq_connect (req_binds ? rep : req, ep));
    for (int i = 0; i < 3; i++) {
        send_str (req, "question", 0);
        expect (rep, "question");
        send_str (rep, "answer", 0);
        expect (req, "answer");
    }
    SAY ("%s: answered", name);
    close0 (req);
    close0 (rep);
    OK (zmq_ctx_shutdown (ctx));
    finish (handler);
    term (ctx);
}

int
main (void)
{
    ask ("NULL", null, 1);
    ask ("NULL, connecting", null, 0);
    ask ("PLAIN", plain, 1);
    ask ("CURVE", curve, 1);
    return 0;
}
