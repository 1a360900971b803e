/* How many connections a second: a REQ connects, asks once, is answered, and is closed; one after the other. Each comes
 * from the next of 250 source addresses (tcp), so that the kernel does not run out of ports. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    uint64_t number;
    char *body = malloc(b->size);
    void *s = bound(b, ZMQ_REP);
    double cpu = cpu_seconds();
    do {
        CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
        number = stamp(body);
        CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    } while (!(number & LAST));
    tell_report(b, (report){0}, cpu);
    partner_end(b, s);
    free(body);
}

static void one(bench *b, const char *endpoint, char *body, uint64_t number)
{
    char from[2 * ENDPOINT_ROOM];
    if (strcmp(b->transport, "tcp") == 0)
        snprintf(from, sizeof from, "tcp://127.2.0.%d:0;%s", (int)(number % 250) + 1, endpoint + strlen("tcp://"));
    else
        snprintf(from, sizeof from, "%s", endpoint);
    void *s = connected(b, ZMQ_REQ, from);
    set_stamp(body, number);
    CHECK(zmq_send(s, body, b->size, 0) == (int)b->size && zmq_recv(s, body, b->size, 0) == (int)b->size);
    CHECK(stamp(body) == number && zmq_close(s) == 0);
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "");
    char endpoint[ENDPOINT_ROOM], *body = calloc(1, b.size);
    report r, partners;
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    one(&b, endpoint, body, 0);
    double cpu = cpu_seconds(), start = now();
    r.messages = 0;
    while (b.count ? r.messages < b.count : now() < start + b.seconds)
        one(&b, endpoint, body, (uint64_t)++r.messages);
    r.seconds = now() - start;
    cpu = cpu_seconds() - cpu;
    one(&b, endpoint, body, LAST);
    hear(&b, &partners, sizeof partners);
    r.cpu = partners.cpu;
    r.peak = partners.peak;
    bench_join(&b);
    CHECK(zmq_ctx_term(b.ctx) == 0);
    print_rate(&r, cpu);
    print_library();
    return 0;
}
