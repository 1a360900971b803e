/* A REP socket that steers a proxy answers each command; an unknown one too.
   (Releases before 4.3.5 left the requester waiting.) A PULL that does cannot answer: questions to it are
   ignored. (They ended the proxy then, and the process where the command was unknown.) */
#include "check.h"

static void *front, *back, *control;
static int result;

static void *
run (void *arg)
{
    result = zmq_proxy_steerable (front, back, NULL, control);
    return arg;
}

/* A socket of the proxy, and the one connected to it. */
static void
joined (void *ctx, int type, void **own, int peer_type, void **peer)
{
    char ep[EP_MAX];
    *own = new_sock (ctx, type);
    *peer = new_sock (ctx, peer_type);
    bind_to (*own, "inproc://*", ep);
    OK (zmq_connect (*peer, ep));
}

/* A proxy from `push` to `pull`, not started yet. */
static void
between (void *ctx, void **push, void **pull)
{
    joined (ctx, ZMQ_PULL, &front, ZMQ_PUSH, push);
    joined (ctx, ZMQ_PUSH, &back, ZMQ_PULL, pull);
}

static void
steered_by_pull (void *ctx)
{
    void *push, *pull, *steer;
    between (ctx, &push, &pull);
    joined (ctx, ZMQ_PULL, &control, ZMQ_PUSH, &steer);
    pthread_t t = start (run, NULL);
    static const char *const commands[] = {"STATISTICS", "NONSENSE", "", "RESUME"};
    for (int i = 0; i < 4; i++) {
        send_str (steer, commands[i], 0);
        send_str (push, "goes on", 0);
        expect (pull, "goes on");
    }
    send_str (steer, "TERMINATE", 0);
    finish (t);
    CHECK_EQ (result, 0);
    void *all[] = {front, back, control, push, pull, steer};
    for (int i = 0; i < 6; i++)
        close0 (all[i]);
}

int
main (void)
{
    void *ctx = new_ctx ();
    steered_by_pull (ctx);
    void *push, *pull, *req;
    between (ctx, &push, &pull);
    joined (ctx, ZMQ_REP, &control, ZMQ_REQ, &req);
    pthread_t t = start (run, NULL);
    send_str (req, "PAUSE", 0);
    expect (req, "");
    send_str (push, "held", 0);
    quiet (pull);
    send_str (req, "NONSENSE", 0);
    expect (req, "");
    send_str (req, "RESUME", 0);
    expect (req, "");
    expect (pull, "held");
    send_str (req, "STATISTICS", 0);
    for (int i = 0; i < 8; i++) {
        uint64_t v = 0;
        CHECK_EQ (zmq_recv (req, &v, sizeof v, 0), 8);
        CHECK_EQ (rcvmore (req), i < 7);
        CHECK_EQ (v, i == 0 || i == 6 ? 1 : i == 1 || i == 7 ? 4 : 0);
    }
    send_str (req, "TERMINATE", 0);
    expect (req, "");
    finish (t);
    CHECK_EQ (result, 0);
    void *all[] = {front, back, control, push, pull, req};
    for (int i = 0; i < 6; i++)
        close0 (all[i]);
    term (ctx);
    return 0;
}
