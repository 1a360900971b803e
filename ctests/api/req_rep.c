/* REQ and REP: strict alternation, round robin, envelopes, strangers' and
   late replies; REQ_CORRELATE and REQ_RELAXED. */
#include "check.h"

static void
strict (void *ctx, const char *wildcard)
{
    char ep[EP_MAX], buf[16];
    void *rep = new_sock (ctx, ZMQ_REP), *req = new_sock (ctx, ZMQ_REQ);
    SAY ("%.6s", wildcard);
    bind_to (rep, wildcard, ep);
    SHOW (events (req));
    SHOW (zmq_send (req, "x", 1, ZMQ_DONTWAIT));
    OK (zmq_connect (req, ep));
    SHOW (zmq_recv (req, buf, 16, ZMQ_DONTWAIT));
    SHOW (zmq_recv (req, buf, 16, 0));
    SHOW (zmq_send (rep, "x", 1, 0));
    SHOW (zmq_recv (rep, buf, 16, ZMQ_DONTWAIT));
    SHOW (events (rep));
    AWAIT (events (req) == ZMQ_POLLOUT);
    send_parts (req, "q1", "", "q2");
    SHOW (events (req));
    SHOW (zmq_send (req, "x", 1, 0));
    SHOW (zmq_recv (req, buf, 16, ZMQ_DONTWAIT));
    CHECK (wait_for (rep, ZMQ_POLLIN, LONG_WAIT));
    CHECK_EQ (zmq_recv (rep, buf, 16, 0), 2);
    /* in the middle of a request */
    SHOW (zmq_send (rep, "x", 1, 0));
    SHOW (events (rep));
    expect (rep, "", "q2");
    SHOW (events (rep));
    SHOW (zmq_recv (rep, buf, 16, 0));
    CHECK_EQ (zmq_send (rep, "a1", 2, ZMQ_SNDMORE), 2);
    SHOW (zmq_recv (rep, buf, 16, 0));
    send_str (rep, "a2", 0);
    SHOW (zmq_send (rep, "x", 1, 0));
    CHECK (wait_for (req, ZMQ_POLLIN, LONG_WAIT));
    SHOW (events (req));
    CHECK_EQ (zmq_recv (req, buf, 16, 0), 2);
    SHOW (zmq_send (req, "x", 1, 0));
    expect (req, "a2");
    SHOW (zmq_recv (req, buf, 16, ZMQ_DONTWAIT));
    /* an empty request and reply */
    send_str (req, "", 0);
    expect (rep, "");
    send_str (rep, "", 0);
    expect (req, "");
    for (int i = 0; i < 50; i++) {
        send_str (req, "ping", 0);
        expect (rep, "ping");
        send_str (rep, "pong", 0);
        expect (req, "pong");
    }
    /* the requester is gone before the reply: sent into the void */
    send_str (req, "bye", 0);
    expect (rep, "bye");
    close0 (req);
    if (strncmp (wildcard, "inproc", 6) == 0)
        pause_ms (20);
    send_str (rep, "nobody", 0);
    quiet (rep);
    close0 (rep);
}

int
main (void)
{
    void *ctx = new_ctx ();
    char ep[EP_MAX], buf[16];
    strict (ctx, "tcp://127.0.0.1:*");
    strict (ctx, "ipc://*");
    strict (ctx, "inproc://*");

    /* REQ goes round its peers */
    void *req = new_sock (ctx, ZMQ_REQ), *rep[3];
    for (int i = 0; i < 3; i++) {
        rep[i] = new_sock (ctx, ZMQ_REP);
        bind_to (rep[i], "inproc://*", ep);
        OK (zmq_connect (req, ep));
    }
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < 3; i++) {
            send_str (req, "q", 0);
            expect (rep[i], "q");
            send_str (rep[i], "a", 0);
            expect (req, "a");
        }
    for (int i = 0; i < 3; i++)
        close0 (rep[i]);
    close0 (req);

    /* REP reads its clients in turn */
    void *server = new_sock (ctx, ZMQ_REP), *client[3];
    OK (zmq_bind (server, "inproc://turns"));
    for (int i = 0; i < 3; i++) {
        client[i] = new_sock (ctx, ZMQ_REQ);
        OK (zmq_connect (client[i], "inproc://turns"));
        send_str (client[i], i == 0 ? "0" : i == 1 ? "1" : "2", 0);
    }
    for (int i = 0; i < 3; i++) {
        say_message ("turn", server);
        send_str (server, "ok", 0);
    }
    for (int i = 0; i < 3; i++) {
        expect (client[i], "ok");
        close0 (client[i]);
    }
    close0 (server);

    /* shows what REQ puts on the wire, and which replies it takes */
    void *router = new_sock (ctx, ZMQ_ROUTER);
    req = new_sock (ctx, ZMQ_REQ);
    OK (set_str (req, ZMQ_ROUTING_ID, "R"));
    bind_tcp (router, ep);
    OK (zmq_connect (req, ep));
    send_parts (req, "a", "b");
    say_message ("request", router);
    send_parts (router, "R", "", "good");
    expect (req, "good");

    /* CORRELATE: a number is put in front, replies without it are dropped */
    OK (set_int (req, ZMQ_REQ_CORRELATE, 1));
    uint32_t id1, id2;
    send_str (req, "c1", 0);
    CHECK_EQ (zmq_recv (router, buf, sizeof buf, 0), 1);
    CHECK_EQ (zmq_recv (router, &id1, 4, 0), 4);
    expect (router, "", "c1");
    CHECK_EQ (zmq_send (router, "R", 1, ZMQ_SNDMORE), 1);
    id2 = id1 + 1;
    CHECK_EQ (zmq_send (router, &id2, 4, ZMQ_SNDMORE), 4);
    CHECK_EQ (zmq_send (router, "", 0, ZMQ_SNDMORE), 0);
    send_str (router, "wrong number", 0);
    CHECK_EQ (zmq_send (router, "R", 1, ZMQ_SNDMORE), 1);
    CHECK_EQ (zmq_send (router, &id1, 4, ZMQ_SNDMORE), 4);
    CHECK_EQ (zmq_send (router, "", 0, ZMQ_SNDMORE), 0);
    send_str (router, "right", 0);
    expect (req, "right");
    /* numbers go up by one */
    send_str (req, "c2", 0);
    CHECK_EQ (zmq_recv (router, buf, sizeof buf, 0), 1);
    CHECK_EQ (zmq_recv (router, &id2, 4, 0), 4);
    CHECK_EQ (id2, id1 + 1);
    expect (router, "", "c2");
    CHECK_EQ (zmq_send (router, "R", 1, ZMQ_SNDMORE), 1);
    CHECK_EQ (zmq_send (router, &id2, 4, ZMQ_SNDMORE), 4);
    send_parts (router, "", "done");
    expect (req, "done");
    /* RELAXED: another request may be sent before the reply */
    OK (set_int (req, ZMQ_REQ_RELAXED, 1));
    send_str (req, "lost", 0);
    CHECK_EQ (zmq_recv (router, buf, sizeof buf, 0), 1);
    CHECK_EQ (zmq_recv (router, &id1, 4, 0), 4);
    expect (router, "", "lost");
    send_str (req, "newer", 0);
    CHECK_EQ (zmq_recv (router, buf, sizeof buf, 0), 1);
    CHECK_EQ (zmq_recv (router, &id2, 4, 0), 4);
    expect (router, "", "newer");
    CHECK_EQ (zmq_send (router, "R", 1, ZMQ_SNDMORE), 1);
    CHECK_EQ (zmq_send (router, &id1, 4, ZMQ_SNDMORE), 4);
    send_parts (router, "", "late");
    CHECK_EQ (zmq_send (router, "R", 1, ZMQ_SNDMORE), 1);
    CHECK_EQ (zmq_send (router, &id2, 4, ZMQ_SNDMORE), 4);
    send_parts (router, "", "in time");
    expect (req, "in time");
    SHOW (zmq_recv (req, buf, sizeof buf, 0));
    close0 (req);
    close0 (router);

    /* only the peer that was asked may answer (DEALERs send unasked) */
    void *first = new_sock (ctx, ZMQ_ROUTER), *second = new_sock (ctx, ZMQ_DEALER);
    req = new_sock (ctx, ZMQ_REQ);
    OK (set_str (req, ZMQ_ROUTING_ID, "Q"));
    OK (zmq_bind (req, "inproc://one-may-answer"));
    OK (zmq_connect (first, "inproc://one-may-answer"));
    OK (zmq_connect (second, "inproc://one-may-answer"));
    send_str (req, "who", 0);
    expect (first, "Q", "", "who");
    send_parts (second, "", "me, me");
    send_parts (first, "Q", "", "the first");
    expect (req, "the first");
    close0 (first);
    close0 (second);
    close0 (req);

    /* REP keeps an envelope of several frames and skips what has none */
    void *dealer = new_sock (ctx, ZMQ_DEALER);
    server = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (server, "inproc://envelope"));
    OK (zmq_connect (dealer, "inproc://envelope"));
    send_parts (dealer, "no delimiter");
    send_parts (dealer, "no", "delimiter");
    send_parts (dealer, "e1", "e2", "", "body", "", "more");
    expect (server, "body", "", "more");
    send_parts (server, "reply", "two");
    expect (dealer, "e1", "e2", "", "reply", "two");
    quiet (dealer);
    /* only the delimiter: an empty body frame has to follow */
    send_parts (dealer, "", "");
    expect (server, "");
    send_parts (server, "r");
    expect (dealer, "", "r");
    close0 (dealer);
    close0 (server);
    term (ctx);
    return 0;
}
