/* REQ/REP ping-pong on the public API: one-way time (half a round trip), percentiles, CPU time a round trip. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    char *body = malloc(b->size);
    void *s = bound(b, ZMQ_REP);
    double cpu = cpu_seconds();
    do {
        CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
        CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    } while ((unsigned char)body[0] != LAST);
    report r = {.cpu = is_inproc(b) ? 0 : cpu_seconds() - cpu};
    tell(b, &r, sizeof r);
    partner_end(b, s);
    free(body);
}

static double round_trip(void *s, char *body, size_t size)
{
    double t = now();
    CHECK(zmq_send(s, body, size, 0) == (int)size);
    CHECK(zmq_recv(s, body, size, 0) == (int)size);
    return now() - t;
}

int main(int argc, char **argv)
{
    bench b = bench_parse(argc, argv);
    char endpoint[ENDPOINT_ROOM], *body = malloc(b.size);
    samples all = {0};
    report r;
    memset(body, BODY, b.size);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    void *s = connected(&b, ZMQ_REQ, endpoint);
    for (int i = 0; i < 100; i++)
        round_trip(s, body, b.size);
    double cpu = cpu_seconds(), until = now() + b.seconds;
    while (b.count ? (long)all.used < b.count : now() < until)
        samples_add(&all, round_trip(s, body, b.size));
    cpu = cpu_seconds() - cpu;
    body[0] = (char)LAST;
    round_trip(s, body, b.size);
    hear(&b, &r, sizeof r);
    bench_join(&b);
    CHECK(zmq_close(s) == 0 && zmq_ctx_term(b.ctx) == 0);
    print_latency(&all, cpu + r.cpu);
    print_library();
    return 0;
}
