/* Ping-pong on the public API: one-way time (half a round trip), percentiles, CPU time a round trip. With
 * pattern=dealer a DEALER asks a ROUTER, else a REQ asks a REP. */
#include "zcommon.h"

enum { WARM_UP = 100, ID_ROOM = 256 };

/* Sends back each message, behind the identity that a ROUTER puts before it. */
static uint64_t echo(void *s, char *body, size_t size, int router)
{
    char id[ID_ROOM];
    int id_size = 0;
    if (router)
        CHECK((id_size = zmq_recv(s, id, sizeof id, 0)) > 0);
    CHECK(zmq_recv(s, body, size, 0) == (int)size);
    if (router)
        CHECK(zmq_send(s, id, (size_t)id_size, ZMQ_SNDMORE) == id_size);
    CHECK(zmq_send(s, body, size, 0) == (int)size);
    return stamp(body);
}

static void partner(void *arg)
{
    bench *b = arg;
    int router = is(b, "pattern", "dealer");
    char *body = malloc(b->size);
    void *s = bound(b, router ? ZMQ_ROUTER : ZMQ_REP);
    double cpu = cpu_seconds();
    while (!(echo(s, body, b->size, router) & LAST))
        ;
    tell_report(b, (report){0}, cpu);
    partner_end(b, s);
    free(body);
}

static double round_trip(void *s, char *body, size_t size, uint64_t number)
{
    double t = now();
    set_stamp(body, number);
    CHECK(zmq_send(s, body, size, 0) == (int)size);
    set_stamp(body, 0);
    CHECK(zmq_recv(s, body, size, 0) == (int)size);
    t = now() - t;
    CHECK(stamp(body) == number);
    return t;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "pattern=req");
    char endpoint[ENDPOINT_ROOM], *body = calloc(1, b.size);
    samples all = {0};
    report r;
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    void *s = connected(&b, is(&b, "pattern", "dealer") ? ZMQ_DEALER : ZMQ_REQ, endpoint);
    for (int i = 0; i < WARM_UP; i++)
        round_trip(s, body, b.size, 0);
    double cpu = cpu_seconds(), until = now() + b.seconds;
    while (b.count ? (long)all.used < b.count : now() < until)
        samples_add(&all, round_trip(s, body, b.size, all.used));
    cpu = cpu_seconds() - cpu;
    round_trip(s, body, b.size, LAST);
    hear(&b, &r, sizeof r);
    bench_join(&b);
    CHECK(zmq_close(s) == 0 && zmq_ctx_term(b.ctx) == 0);
    print_latency(&all, cpu, &r);
    print_library();
    return 0;
}
