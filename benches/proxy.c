/* Through zmq_proxy, one way: messages a second. Three processes: one sends, one runs the proxy, one receives.
 *
 *   pattern=xpub     PUB - XSUB/XPUB - SUB; both publishers are an XPUB that waits rather than drops
 *   pattern=router   DEALER - ROUTER/DEALER - DEALER
 *
 * The first message is answered over the pipe, so no handshake is measured; messages are numbered and all arrive. */
#include "zcommon.h"

static int stop[2];                                         /* from the main side to the proxy */
static char front_endpoint[ENDPOINT_ROOM], back_endpoint[ENDPOINT_ROOM];

static int routed(const bench *b)
{
    return is(b, "pattern", "router");
}

static void wait_rather_than_drop(void *xpub)
{
    int on = 1;
    CHECK(zmq_setsockopt(xpub, ZMQ_XPUB_NODROP, &on, sizeof on) == 0);
}

static void *stopper(void *ctx)
{
    char byte;
    CHECK(read(stop[0], &byte, 1) == 1 && zmq_ctx_shutdown(ctx) == 0);
    return NULL;
}

static void proxy(void *arg)
{
    bench *b = arg;
    pthread_t thread;
    void *front = bound(b, routed(b) ? ZMQ_ROUTER : ZMQ_XSUB);
    void *back = bound(b, routed(b) ? ZMQ_DEALER : ZMQ_XPUB);
    if (!routed(b))
        wait_rather_than_drop(back);
    CHECK(pthread_create(&thread, NULL, stopper, b->ctx) == 0);
    double cpu = cpu_seconds();
    CHECK(zmq_proxy(front, back, NULL) == -1 && errno == ETERM);
    tell_report(b, (report){0}, cpu);
    CHECK(pthread_join(thread, NULL) == 0 && zmq_close(front) == 0);
    partner_end(b, back);
}

static uint64_t receive_one(bench *b, void *s, char *body)
{
    char id[256];
    if (routed(b))
        CHECK(zmq_recv(s, id, sizeof id, 0) > 0);
    CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
    return stamp(body);
}

static void receiver(void *arg)
{
    bench *b = arg;
    char *body = malloc(b->size);
    report r = {0};
    void *s = connected(b, routed(b) ? ZMQ_DEALER : ZMQ_SUB, back_endpoint);
    if (!routed(b))
        CHECK(zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0) == 0);
    receive_one(b, s, body);
    tell(b, "", 1);
    double cpu = cpu_seconds(), start = 0;
    for (uint64_t number = 0; !(number & LAST); r.messages++) {
        number = receive_one(b, s, body);
        if (start == 0)
            start = now();
        CHECK((number & ~LAST) == (uint64_t)r.messages);
    }
    r.seconds = now() - start;
    r.messages--; /* the clock started with the first */
    tell_report(b, r, cpu);
    partner_end(b, s);
    free(body);
}

static void send_one(bench *b, void *s, char *body, uint64_t number)
{
    set_stamp(body, number);
    CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
}

static void *sender(bench *b)
{
    char topic[8];
    void *s = connected(b, routed(b) ? ZMQ_DEALER : ZMQ_XPUB, front_endpoint);
    if (!routed(b)) {
        wait_rather_than_drop(s);
        CHECK(zmq_recv(s, topic, sizeof topic, 0) == 1 && topic[0] == 1);
    }
    return s;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "pattern=xpub"), last = b;
    char ready, *body = calloc(1, b.size);
    uint64_t number = 0;
    report r, of_proxy;
    CHECK(pipe(stop) == 0 && !is_inproc(&b) && body != NULL);
    bench_start_zmq(&b, proxy);
    hear_endpoint(&b, front_endpoint);
    hear_endpoint(&b, back_endpoint);
    bench_start_zmq(&last, receiver);
    void *s = sender(&b);
    send_one(&b, s, body, 0);
    hear(&last, &ready, 1);
    double cpu = cpu_seconds();
    for (pace p = pace_start(&b); pace_more(&p);)
        send_one(&b, s, body, number++);
    send_one(&b, s, body, number | LAST);
    hear(&last, &r, sizeof r);
    cpu = cpu_seconds() - cpu;
    bench_join(&last);
    CHECK(zmq_close(s) == 0 && zmq_ctx_term(b.ctx) == 0);
    CHECK(write(stop[1], "", 1) == 1);
    hear(&b, &of_proxy, sizeof of_proxy);
    bench_join(&b);
    r.cpu += of_proxy.cpu;
    r.peak += of_proxy.peak;
    print_rate(&r, cpu);
    print_library();
    return 0;
}
