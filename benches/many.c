/* Ping-pong with zmq_poll over sockets=N: the main side asks on one of its N connected sockets, chosen anew each time.
 * It polls all of them and reads the answer where it came. One-way time as in lat.c. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    char id[256], *body = malloc(b->size);
    void *s = bound(b, ZMQ_ROUTER);
    double cpu = cpu_seconds();
    do {
        int n = zmq_recv(s, id, sizeof id, 0);
        CHECK(n > 0 && zmq_recv(s, body, b->size, 0) == (int)b->size);
        CHECK(zmq_send(s, id, (size_t)n, ZMQ_SNDMORE) == n && zmq_send(s, body, b->size, 0) == (int)b->size);
    } while (!(stamp(body) & LAST));
    tell_report(b, (report){0}, cpu);
    partner_end(b, s);
    free(body);
}

static double round_trip(zmq_pollitem_t *items, int count, int which, char *body, size_t size, uint64_t number)
{
    double t = now();
    set_stamp(body, number);
    CHECK(zmq_send(items[which].socket, body, size, 0) == (int)size);
    set_stamp(body, 0);
    CHECK(zmq_poll(items, count, -1) == 1 && items[which].revents == ZMQ_POLLIN);
    CHECK(zmq_recv(items[which].socket, body, size, 0) == (int)size);
    t = now() - t;
    CHECK(stamp(body) == number);
    return t;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "sockets=2");
    int count = number_of(&b, "sockets");
    char endpoint[ENDPOINT_ROOM], *body = calloc(1, b.size);
    zmq_pollitem_t *items = calloc((size_t)count, sizeof *items);
    samples all = {0};
    report r;
    unsigned chosen = 1;
    CHECK(count > 0 && items != NULL && body != NULL);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    for (int i = 0; i < count; i++) {
        items[i] = (zmq_pollitem_t){.socket = connected(&b, ZMQ_DEALER, endpoint), .events = ZMQ_POLLIN};
        round_trip(items, i + 1, i, body, b.size, 0);
    }
    double cpu = cpu_seconds(), until = now() + b.seconds;
    while (b.count ? (long)all.used < b.count : now() < until) {
        chosen = chosen * 1103515245u + 12345u;
        samples_add(&all, round_trip(items, count, (int)((chosen >> 8) % (unsigned)count), body, b.size, all.used));
    }
    cpu = cpu_seconds() - cpu;
    round_trip(items, count, 0, body, b.size, LAST);
    hear(&b, &r, sizeof r);
    bench_join(&b);
    for (int i = 0; i < count; i++)
        CHECK(zmq_close(items[i].socket) == 0);
    CHECK(zmq_ctx_term(b.ctx) == 0);
    print_latency(&all, cpu, &r);
    print_library();
    return 0;
}
