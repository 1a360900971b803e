/* What all benchmark programs share: arguments, clocks, CPU time, a partner, the result line.
 *
 * A program is two sides. The *partner* binds and is a forked process (tcp, ipc) or a thread (inproc); the
 * main side connects. They talk about the measurement, not through it, over a pipe: first the endpoint
 * that the partner bound, at the end what it saw. Every program prints one line of key=value words. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* First byte of an ordinary message and of the last one. */
enum { BODY = 1, LAST = 0xff };

/* Evaluates in every build, and names the place on failure. */
#define CHECK(condition)                                                                             \
    do {                                                                                             \
        if (!(condition)) {                                                                          \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                  \
            _exit(1);                                                                                \
        }                                                                                            \
    } while (0)

typedef struct {
    const char *transport; /* "tcp", "ipc" or "inproc" */
    size_t size;           /* bytes in a message */
    double seconds;        /* how long to run, when count is 0 */
    long count;            /* messages to send; 0: run for `seconds` */
    int extra;             /* program-specific fourth argument */
    int curve;             /* encrypt with CURVE */
    void *ctx;             /* the context both threads share (inproc) */
    int report[2];         /* the pipe from partner to main side */
    pid_t child;
    pthread_t thread;
    void (*partner)(void *);
} bench;

typedef struct {
    double seconds;  /* from the first message to the last */
    double cpu;      /* CPU seconds of the partner's process; 0 when it is a thread of ours */
    long messages;
} report;

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* User and system time of this process so far, in seconds. */
static inline double cpu_seconds(void)
{
    struct rusage r;
    CHECK(getrusage(RUSAGE_SELF, &r) == 0);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

static inline int is_inproc(const bench *b)
{
    return strcmp(b->transport, "inproc") == 0;
}

/* PROGRAM TRANSPORT SIZE SECONDS|COUNTx [EXTRA] */
static inline bench bench_parse(int argc, char **argv)
{
    bench b = {0};
    if (argc < 4) {
        fprintf(stderr, "usage: %s tcp|ipc|inproc SIZE SECONDS|COUNTx [EXTRA]\n", argv[0]);
        exit(2);
    }
    b.transport = argv[1];
    b.size = strtoul(argv[2], NULL, 10);
    if (argv[3][strlen(argv[3]) - 1] == 'x')
        b.count = atol(argv[3]);
    else
        b.seconds = atof(argv[3]);
    b.extra = argc > 4 ? atoi(argv[4]) : 0;
    CHECK(b.size >= 1);
    return b;
}

static inline void *partner_thread(void *arg)
{
    ((bench *)arg)->partner(arg);
    return NULL;
}

/* Starts the partner. For tcp and ipc nothing may have been asked of the library before. */
static inline void bench_start(bench *b, void (*partner)(void *))
{
    b->partner = partner;
    CHECK(pipe(b->report) == 0);
    if (is_inproc(b)) {
        CHECK(pthread_create(&b->thread, NULL, partner_thread, b) == 0);
        return;
    }
    b->child = fork();
    CHECK(b->child >= 0);
    if (b->child == 0) {
        partner(b);
        exit(0); /* not _exit: an instrumenting tool writes its result at exit */
    }
    close(b->report[1]); /* a partner that dies is seen as end of file */
}

static inline void tell(const bench *b, const void *data, size_t size)
{
    CHECK(write(b->report[1], data, size) == (ssize_t)size);
}

static inline void hear(const bench *b, void *data, size_t size)
{
    for (size_t have = 0; have < size;) {
        ssize_t n = read(b->report[0], (char *)data + have, size - have);
        CHECK(n > 0);
        have += (size_t)n;
    }
}

/* Waits until the partner has ended. */
static inline void bench_join(bench *b)
{
    int status = 0;
    if (is_inproc(b)) {
        CHECK(pthread_join(b->thread, NULL) == 0);
    } else {
        CHECK(waitpid(b->child, &status, 0) == b->child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* Decides when a sender is done. Looks at the clock once every few messages, so that it costs nothing. */
typedef struct {
    double until;
    long count, sent;
    long every;
} pace;

static inline pace pace_start(const bench *b)
{
    pace p = {now() + b->seconds, b->count, 0, b->size < 4096 ? 64 : 1};
    return p;
}

static inline int pace_more(pace *p)
{
    p->sent++;
    if (p->count)
        return p->sent <= p->count;
    return p->sent % p->every != 0 || now() < p->until;
}

static inline void print_rate(const report *r, double cpu)
{
    printf("rate=%.1f cpu_s_per_million=%.4f messages=%ld", (double)r->messages / r->seconds,
           cpu / (double)r->messages * 1e6, r->messages);
}

/* Round-trip samples in seconds, printed as one-way microseconds. */
typedef struct {
    double *at;
    size_t used, room;
    double total;
} samples;

static inline void samples_add(samples *s, double value)
{
    if (s->used == s->room) {
        s->room = s->room ? s->room * 2 : 1 << 16;
        CHECK((s->at = realloc(s->at, s->room * sizeof *s->at)) != NULL);
    }
    s->at[s->used++] = value;
    s->total += value;
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double one_way(const samples *s, double quantile)
{
    size_t i = (size_t)(quantile * (double)s->used);
    return s->at[i < s->used ? i : s->used - 1] / 2 * 1e6;
}

static inline void print_latency(samples *s, double cpu)
{
    CHECK(s->used > 0);
    qsort(s->at, s->used, sizeof *s->at, ascending);
    printf("mean=%.3f p50=%.3f p99=%.3f p999=%.3f cpu_us=%.3f round_trips=%zu", s->total / (double)s->used / 2 * 1e6,
           one_way(s, .50), one_way(s, .99), one_way(s, .999), cpu / (double)s->used * 1e6, s->used);
}

#endif
