/* One publisher process, subscribers=N (a socket and a connection each) in another: deliveries a second.
 *
 * The publisher waits for every subscription, and rather waits at the high-water mark than drop (ZMQ_XPUB_NODROP),
 * so each subscriber must see every message. */
#include "zcommon.h"

static void partner(void *arg)
{
    bench *b = arg;
    int on = 1;
    char *body = calloc(1, b->size), topic[8];
    uint64_t number = 0;
    void *s = bound(b, ZMQ_XPUB);
    CHECK(zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &on, sizeof on) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_XPUB_NODROP, &on, sizeof on) == 0);
    for (int i = 0; i < number_of(b, "subscribers"); i++)
        CHECK(zmq_recv(s, topic, sizeof topic, 0) == 1 && topic[0] == 1);
    double cpu = cpu_seconds();
    for (pace p = pace_start(b); pace_more(&p); number++) {
        set_stamp(body, number);
        CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    }
    set_stamp(body, number | LAST);
    CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    partner_end(b, s);
    tell_report(b, (report){.messages = (long)number + 1}, cpu);
    free(body);
}

typedef struct {
    void *socket;
    uint64_t next; /* the number of the message to come */
    int done;
} subscriber;

/* Takes what one subscriber has; how many messages. */
static long drain(subscriber *sub, char *body, size_t size)
{
    long got = 0;
    while (!sub->done && zmq_recv(sub->socket, body, size, ZMQ_DONTWAIT) == (int)size) {
        CHECK((stamp(body) & ~LAST) == sub->next++);
        sub->done = (stamp(body) & LAST) != 0;
        got++;
    }
    CHECK(sub->done || errno == EAGAIN);
    return got;
}

/* Sleeps until a subscriber that is not done has something. */
static void wait_for_any(const subscriber *subs, int count, zmq_pollitem_t *items)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        if (!subs[i].done)
            items[used++] = (zmq_pollitem_t){.socket = subs[i].socket, .events = ZMQ_POLLIN};
    if (used)
        CHECK(zmq_poll(items, used, -1) > 0);
}

/* Reads all subscribers to the end, polling when none has anything. */
static report read_all(subscriber *subs, int count, char *body, size_t size)
{
    report r = {0};
    double start = 0;
    zmq_pollitem_t *items = calloc((size_t)count, sizeof *items);
    CHECK(items != NULL);
    for (int live = count; live;) {
        long before = r.messages;
        live = 0;
        for (int i = 0; i < count; i++) {
            r.messages += drain(&subs[i], body, size);
            live += !subs[i].done;
            if (start == 0 && r.messages)
                start = now();
        }
        if (r.messages == before)
            wait_for_any(subs, count, items);
    }
    r.seconds = now() - start;
    free(items);
    return r;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "subscribers=1");
    int count = number_of(&b, "subscribers");
    char endpoint[ENDPOINT_ROOM], *body = malloc(b.size);
    subscriber *subs = calloc((size_t)count, sizeof *subs);
    report published;
    CHECK(count > 0 && !is_inproc(&b) && body != NULL && subs != NULL);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    for (int i = 0; i < count; i++) {
        subs[i].socket = connected(&b, ZMQ_SUB, endpoint);
        CHECK(zmq_setsockopt(subs[i].socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    }
    double cpu = cpu_seconds();
    report r = read_all(subs, count, body, b.size);
    cpu = cpu_seconds() - cpu;
    hear(&b, &published, sizeof published);
    bench_join(&b);
    CHECK(r.messages == published.messages * count);
    for (int i = 0; i < count; i++)
        CHECK(zmq_close(subs[i].socket) == 0);
    CHECK(zmq_ctx_term(b.ctx) == 0);
    published.messages = r.messages;
    published.seconds = r.seconds;
    print_rate(&published, cpu);
    print_library();
    return 0;
}
