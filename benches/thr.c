/* PUSH to PULL, one way, on the public API: messages a second and CPU time of both sides. A fourth argument of 1
 * encrypts with CURVE. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    unsigned char *body = malloc(b->size);
    report r = {0};
    void *s = bound(b, ZMQ_PULL);
    double cpu = cpu_seconds();
    CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
    double start = now();
    while (body[0] != LAST) {
        CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
        r.messages++;
    }
    r.seconds = now() - start;
    r.cpu = is_inproc(b) ? 0 : cpu_seconds() - cpu;
    tell(b, &r, sizeof r);
    partner_end(b, s);
    free(body);
}

int main(int argc, char **argv)
{
    bench b = bench_parse(argc, argv);
    char endpoint[ENDPOINT_ROOM], *body = malloc(b.size);
    report r;
    b.curve = b.extra;
    memset(body, BODY, b.size);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    void *s = connected(&b, ZMQ_PUSH, endpoint);
    double cpu = cpu_seconds();
    for (pace p = pace_start(&b); pace_more(&p);)
        CHECK(zmq_send(s, body, b.size, 0) == (int)b.size);
    body[0] = (char)LAST;
    CHECK(zmq_send(s, body, b.size, 0) == (int)b.size);
    hear(&b, &r, sizeof r);
    cpu = cpu_seconds() - cpu;
    bench_join(&b);
    CHECK(zmq_close(s) == 0 && zmq_ctx_term(b.ctx) == 0);
    print_rate(&r, cpu + r.cpu);
    print_library();
    return 0;
}
