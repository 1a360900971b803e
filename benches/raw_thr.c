/* Yardstick for thr.c: each message is framed as ZMTP does (2 or 9 bytes) and copied once a side. That happens under a mutex
 * that nobody contends, through buffers of 64 KiB (writing) and 256 KiB (reading). Between threads: a bounded ring of copied
 * messages under one mutex, as deep as two default high-water marks. */
#include "raw.h"

enum { WRITE_BATCH = 64 * 1024, READ_BUFFER = 256 * 1024, RING_DEPTH = 2000, RING_BYTES = 16 << 20 };

static raw_pair fds;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t header_size(size_t size)
{
    return size < 256 ? 2 : 9;
}

static size_t frame(char *at, const char *body, size_t size)
{
    size_t header = header_size(size);
    at[0] = 0;
    if (header == 2)
        at[1] = (char)size;
    else
        memcpy(at + 1, &size, 8);
    memcpy(at + header, body, size);
    return header + size;
}

static void send_stream(const bench *b, char *body)
{
    char *out = malloc(WRITE_BATCH + b->size + 16);
    size_t used = 0;
    uint64_t number = 0;
    for (pace p = pace_start(b);; number++) {
        int more = pace_more(&p);
        set_stamp(body, more ? number : number | LAST);
        pthread_mutex_lock(&lock);
        used += frame(out + used, body, b->size);
        pthread_mutex_unlock(&lock);
        if (used >= WRITE_BATCH || !more) {
            write_all(fds.ours, out, used);
            used = 0;
        }
        if (!more)
            break;
    }
    free(out);
}

static void receive_stream(const bench *b, unsigned char *body, report *r)
{
    size_t room = READ_BUFFER + b->size + 16, used = 0, whole = header_size(b->size) + b->size;
    unsigned char *in = malloc(room);
    double start = 0;
    while (!(stamp(body) & LAST)) {
        ssize_t n = recv(fds.partners, in + used, room - used, 0);
        size_t at = 0;
        CHECK(n > 0);
        if (start == 0)
            start = now();
        used += (size_t)n;
        for (; used - at >= whole; at += whole, r->messages++) {
            pthread_mutex_lock(&lock);
            memcpy(body, in + at + header_size(b->size), b->size);
            pthread_mutex_unlock(&lock);
            CHECK((stamp(body) & ~LAST) == (uint64_t)r->messages);
        }
        memmove(in, in + at, used - at);
        used -= at;
    }
    r->seconds = now() - start;
    free(in);
}

static struct {
    pthread_cond_t filled, emptied;
    char *bodies;
    size_t depth, head, used;
} ring = {.filled = PTHREAD_COND_INITIALIZER, .emptied = PTHREAD_COND_INITIALIZER};

static void ring_make(size_t size)
{
    ring.depth = RING_BYTES / size < RING_DEPTH ? RING_BYTES / size : RING_DEPTH;
    CHECK((ring.bodies = malloc(ring.depth * size)) != NULL);
}

static void ring_put(const char *body, size_t size)
{
    pthread_mutex_lock(&lock);
    while (ring.used == ring.depth)
        pthread_cond_wait(&ring.emptied, &lock);
    memcpy(ring.bodies + (ring.head + ring.used) % ring.depth * size, body, size);
    int was_empty = ring.used++ == 0;
    pthread_mutex_unlock(&lock);
    if (was_empty)
        pthread_cond_signal(&ring.filled);
}

static void ring_take(unsigned char *body, size_t size)
{
    pthread_mutex_lock(&lock);
    while (ring.used == 0)
        pthread_cond_wait(&ring.filled, &lock);
    memcpy(body, ring.bodies + ring.head * size, size);
    ring.head = (ring.head + 1) % ring.depth;
    int was_full = ring.used-- == ring.depth;
    pthread_mutex_unlock(&lock);
    if (was_full)
        pthread_cond_signal(&ring.emptied);
}

static void send_ring(const bench *b, char *body)
{
    uint64_t number = 0;
    for (pace p = pace_start(b); pace_more(&p); number++) {
        set_stamp(body, number);
        ring_put(body, b->size);
    }
    set_stamp(body, number | LAST);
    ring_put(body, b->size);
}

static void receive_ring(const bench *b, unsigned char *body, report *r)
{
    double start;
    ring_take(body, b->size);
    for (start = now(); !(stamp(body) & LAST); r->messages++) {
        CHECK(stamp(body) == (uint64_t)r->messages);
        ring_take(body, b->size);
    }
    r->seconds = now() - start;
}

static void partner(void *arg)
{
    bench *b = arg;
    unsigned char *body = calloc(1, b->size);
    report r = {0};
    double cpu = cpu_seconds();
    if (is_inproc(b))
        receive_ring(b, body, &r);
    else
        receive_stream(b, body, &r);
    tell_report(b, r, cpu);
    free(body);
}

int main(int argc, char **argv)
{
    bench b = bench_parse(argc, argv, "");
    char *body = calloc(1, b.size);
    report r;
    if (is_inproc(&b))
        ring_make(b.size);
    else
        fds = raw_connect(&b);
    bench_start(&b, partner);
    double cpu = cpu_seconds();
    if (is_inproc(&b))
        send_ring(&b, body);
    else
        send_stream(&b, body);
    hear(&b, &r, sizeof r);
    cpu = cpu_seconds() - cpu;
    bench_join(&b);
    print_rate(&r, cpu);
    printf("\n");
    return 0;
}
