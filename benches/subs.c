/* COUNTx subscriptions of one SUB at one XPUB, in one process. Prints the nanoseconds to add one (both sides know it)
 * and to remove one, to pass a message that matches exactly one, and to find that a message matches none. Prints also
 * the bytes of memory for each (of both sides together). Topics have SIZE bytes, differ in the middle and at the end, and come in a scattered order.
 * Each side waits until the other one has done a batch. There are no high-water marks, at which the original would
 * lose subscriptions. */
#include "zcommon.h"

enum { BATCH = 500, TRIES = 400 }; /* messages published are BATCH * TRIES */

typedef struct {
    bench *b;
    void *pub, *sub;
    char *known, *unknown; /* all topics one after the other: subscribed ones, and others */
    size_t size;
} pair;

/* Topic number i of n goes where i * 7919 % n says: that visits each once, as the prime does not divide n. */
static char *topics(const bench *b, const char *kind)
{
    char text[64], *all = malloc(b->size * (size_t)b->count);
    CHECK(all != NULL);
    memset(all, '.', b->size * (size_t)b->count);
    for (uint64_t i = 0, n; i < (uint64_t)b->count; i++) {
        n = i * 7919 % (uint64_t)b->count;
        int length = snprintf(text, sizeof text, "feed/%03d/%s/%06d", (int)(n / 1000), kind, (int)(n % 1000));
        memcpy(all + i * b->size, text, (size_t)length);
    }
    return all;
}

/* Subscribes or unsubscribes to all topics; the publisher has to hear of each. */
static double change(pair *p, int option, char code)
{
    char heard[256];
    double start = now();
    for (long done = 0; done < p->b->count;) {
        long batch = p->b->count - done < BATCH ? p->b->count - done : BATCH;
        for (long i = 0; i < batch; i++)
            CHECK(zmq_setsockopt(p->sub, option, p->known + (size_t)(done + i) * p->size, p->size) == 0);
        for (long i = 0; i < batch; i++, done++) {
            CHECK(zmq_recv(p->pub, heard, sizeof heard, 0) == (int)p->size + 1 && heard[0] == code);
            CHECK(memcmp(heard + 1, p->known + (size_t)done * p->size, p->size) == 0);
        }
    }
    return (now() - start) / (double)p->b->count * 1e9;
}

static double publish(pair *p, const char *topics, int arrives)
{
    char heard[256];
    double start = now();
    for (long done = 0; done < (long)BATCH * TRIES; done += BATCH) {
        for (long i = 0; i < BATCH; i++)
            CHECK(zmq_send(p->pub, topics + (size_t)(done + i) % (size_t)p->b->count * p->size, p->size, 0) == (int)p->size);
        for (long i = 0; arrives && i < BATCH; i++) {
            CHECK(zmq_recv(p->sub, heard, sizeof heard, 0) == (int)p->size);
            CHECK(memcmp(heard, topics + (size_t)(done + i) % (size_t)p->b->count * p->size, p->size) == 0);
        }
    }
    return (now() - start) / (double)(BATCH * TRIES) * 1e9;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "");
    CHECK(set_words(&b, "hwm=0", 1));
    char endpoint[ENDPOINT_ROOM], probe[8];
    pair p = {.b = &b, .size = b.size};
    CHECK(b.size >= 20 && b.size < 200 && b.count >= 1000 && b.count <= 1000000 && b.count % 7919 != 0);
    CHECK(pipe(b.report) == 0);
    p.known = topics(&b, "at");
    p.unknown = topics(&b, "no");
    p.pub = bound(&b, ZMQ_XPUB);
    hear_endpoint(&b, endpoint);
    p.sub = connected(&b, ZMQ_SUB, endpoint);
    CHECK(zmq_setsockopt(p.sub, ZMQ_SUBSCRIBE, "first", 5) == 0 && zmq_recv(p.pub, probe, sizeof probe, 0) == 6);
    double before = resident(getpid()), add = change(&p, ZMQ_SUBSCRIBE, 1), grown = resident(getpid()) - before;
    double match = publish(&p, p.known, 1), miss = publish(&p, p.unknown, 0), removed = change(&p, ZMQ_UNSUBSCRIBE, 0);
    CHECK(zmq_send(p.pub, "first", 5, 0) == 5 && zmq_recv(p.sub, probe, sizeof probe, 0) == 5); /* only that is left */
    CHECK(zmq_close(p.sub) == 0 && zmq_close(p.pub) == 0 && zmq_ctx_term(b.ctx) == 0);
    printf("add_ns=%.1f match_ns=%.1f miss_ns=%.1f remove_ns=%.1f bytes=%.1f", add, match, miss, removed,
           grown / (double)b.count);
    print_library();
    return 0;
}
