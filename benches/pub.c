/* One publisher process, EXTRA subscribers (a connection each) in another: deliveries a second.
 *
 * The publisher waits for every subscription, and rather waits at the high-water mark than drop (ZMQ_XPUB_NODROP),
 * so each subscriber must see every message. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    int on = 1;
    char *body = malloc(b->size), topic[8];
    report r = {0};
    void *s = bound(b, ZMQ_XPUB);
    CHECK(zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &on, sizeof on) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_XPUB_NODROP, &on, sizeof on) == 0);
    for (int i = 0; i < b->extra; i++)
        CHECK(zmq_recv(s, topic, sizeof topic, 0) == 1 && topic[0] == 1);
    memset(body, BODY, b->size);
    double cpu = cpu_seconds();
    for (pace p = pace_start(b); pace_more(&p); r.messages++)
        CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    body[0] = (char)LAST;
    CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    partner_end(b, s);
    r.cpu = cpu_seconds() - cpu;
    tell(b, &r, sizeof r);
    free(body);
}

/* Takes what one subscriber has. Returns how many messages; sets *done at the last one. */
static long drain(void *s, unsigned char *body, size_t size, int *done)
{
    long got = 0;
    while (zmq_recv(s, body, size, ZMQ_DONTWAIT) == (int)size) {
        got++;
        if (body[0] == LAST) {
            *done = 1;
            return got;
        }
    }
    CHECK(errno == EAGAIN);
    return got;
}

/* Reads all subscribers to the end, polling when none has anything. */
static report read_all(zmq_pollitem_t *subs, int live, unsigned char *body, size_t size)
{
    report r = {0};
    double start = 0;
    while (live) {
        long before = r.messages;
        for (int i = 0; i < live; i++) {
            int done = 0;
            r.messages += drain(subs[i].socket, body, size, &done);
            if (done) {
                zmq_pollitem_t ended = subs[i];
                subs[i--] = subs[--live];
                subs[live] = ended;
            }
        }
        if (start == 0 && r.messages)
            start = now();
        if (live && r.messages == before)
            CHECK(zmq_poll(subs, live, -1) > 0);
    }
    r.seconds = now() - start;
    return r;
}

int main(int argc, char **argv)
{
    bench b = bench_parse(argc, argv);
    char endpoint[ENDPOINT_ROOM];
    unsigned char *body = malloc(b.size);
    CHECK(b.extra > 0 && !is_inproc(&b));
    zmq_pollitem_t *subs = calloc((size_t)b.extra, sizeof *subs);
    report published;
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    for (int i = 0; i < b.extra; i++) {
        subs[i] = (zmq_pollitem_t){.socket = zmq_socket(bench_ctx(&b), ZMQ_SUB), .events = ZMQ_POLLIN};
        CHECK(subs[i].socket != NULL);
        CHECK(zmq_setsockopt(subs[i].socket, ZMQ_SUBSCRIBE, "", 0) == 0);
        CHECK(zmq_connect(subs[i].socket, endpoint) == 0);
    }
    double cpu = cpu_seconds();
    report r = read_all(subs, b.extra, body, b.size);
    cpu = cpu_seconds() - cpu;
    hear(&b, &published, sizeof published);
    bench_join(&b);
    CHECK(r.messages == (published.messages + 1) * b.extra);
    for (int i = 0; i < b.extra; i++)
        CHECK(zmq_close(subs[i].socket) == 0);
    CHECK(zmq_ctx_term(b.ctx) == 0);
    print_rate(&r, cpu + published.cpu);
    print_library();
    return 0;
}
