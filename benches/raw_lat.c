/* Yardstick for lat.c: blocking ping-pong over plain sockets; between threads, a mutex and a condition each way. */
#include "raw.h"

/* One message on its way between two threads. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int full;
    char *body;
} slot;

static raw_pair fds;
static slot there = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static slot back = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void put(slot *s, const char *body, size_t size)
{
    pthread_mutex_lock(&s->lock);
    memcpy(s->body, body, size);
    s->full = 1;
    pthread_mutex_unlock(&s->lock);
    pthread_cond_signal(&s->changed); /* after the unlock, or the other thread wakes only to wait for it */
}

static void take(slot *s, char *body, size_t size)
{
    pthread_mutex_lock(&s->lock);
    while (!s->full)
        pthread_cond_wait(&s->changed, &s->lock);
    memcpy(body, s->body, size);
    s->full = 0;
    pthread_mutex_unlock(&s->lock);
}

static void partner(void *arg)
{
    bench *b = arg;
    char *body = malloc(b->size);
    double cpu = cpu_seconds();
    do {
        if (is_inproc(b)) {
            take(&there, body, b->size);
            put(&back, body, b->size);
        } else {
            read_all(fds.partners, body, b->size);
            write_all(fds.partners, body, b->size);
        }
    } while (!(stamp(body) & LAST));
    tell_report(b, (report){0}, cpu);
    free(body);
}

static double round_trip(const bench *b, char *body, uint64_t number)
{
    double t = now();
    set_stamp(body, number);
    if (is_inproc(b)) {
        put(&there, body, b->size);
        take(&back, body, b->size);
    } else {
        write_all(fds.ours, body, b->size);
        read_all(fds.ours, body, b->size);
    }
    t = now() - t;
    CHECK(stamp(body) == number);
    return t;
}

int main(int argc, char **argv)
{
    bench b = bench_parse(argc, argv, "");
    char *body = calloc(1, b.size);
    samples all = {0};
    report r;
    there.body = malloc(b.size);
    back.body = malloc(b.size);
    if (!is_inproc(&b))
        fds = raw_connect(&b);
    bench_start(&b, partner);
    for (int i = 0; i < 100; i++)
        round_trip(&b, body, 0);
    double cpu = cpu_seconds(), until = now() + b.seconds;
    while (b.count ? (long)all.used < b.count : now() < until)
        samples_add(&all, round_trip(&b, body, all.used));
    cpu = cpu_seconds() - cpu;
    round_trip(&b, body, LAST);
    hear(&b, &r, sizeof r);
    bench_join(&b);
    print_latency(&all, cpu, &r);
    printf("\n");
    return 0;
}
