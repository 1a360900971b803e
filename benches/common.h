/* Shared by all benchmark programs: arguments, clocks, CPU time, memory, a partner, the result line.
 *
 * A program is two sides. The *partner* binds and is a forked process (tcp, ipc) or a thread (inproc); the
 * main side connects. They talk about the measurement, not through it, over a pipe: first the endpoint
 * that the partner bound, at the end what it saw. Every program prints one line of key=value words. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The first eight bytes of a message are its number; in the last one this bit is set too. */
#define LAST (UINT64_C(1) << 63)

enum { WORDS_MAX = 16, WORD_ROOM = 32 };

/* Evaluates in every build, and names the place on failure. */
#define CHECK(condition)                                                                             \
    do {                                                                                             \
        if (!(condition)) {                                                                          \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                  \
            _exit(1);                                                                                \
        }                                                                                            \
    } while (0)

typedef struct {
    char name[WORD_ROOM], value[WORD_ROOM];
} word;

typedef struct {
    const char *transport; /* "tcp", "ipc" or "inproc" */
    size_t size;           /* bytes in a message */
    double seconds;        /* how long to run, when count is 0 */
    long count;            /* messages to send; 0: run for `seconds` */
    word words[WORDS_MAX]; /* the program's own arguments */
    void *ctx;             /* the context both threads share (inproc) */
    int report[2];         /* the pipe from partner to main side */
    pid_t child;
    pthread_t thread;
    void (*partner)(void *);
} bench;

typedef struct {
    double seconds;  /* from the first message to the last */
    double cpu;      /* CPU seconds of the partner's process; 0 when it is a thread of ours */
    double peak;     /* MiB that process had at most; 0 likewise */
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

/* The most memory this process had so far, in MiB. (ru_maxrss would count what it was before exec.) */
static inline double peak_mib(void)
{
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    CHECK(f != NULL);
    while (kib == 0 && fgets(line, sizeof line, f) != NULL)
        sscanf(line, "VmHWM: %ld", &kib);
    fclose(f);
    return (double)kib / 1024;
}

/* Memory of a process now, in bytes. */
static inline double resident(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL && fscanf(f, "%*s %ld", &pages) == 1);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static inline int is_inproc(const bench *b)
{
    return strcmp(b->transport, "inproc") == 0;
}

/* Adds the words of `text` ("name=value name=value"); with `known` only names that are there already. */
static inline int set_words(bench *b, const char *text, int known)
{
    word w;
    for (int n = 0; sscanf(text, " %31[^=]=%31s%n", w.name, w.value, &n) == 2; text += n) {
        int i = 0;
        while (i < WORDS_MAX && b->words[i].name[0] && strcmp(b->words[i].name, w.name) != 0)
            i++;
        if (i == WORDS_MAX || (known && !b->words[i].name[0]))
            return 0;
        b->words[i] = w;
    }
    return text[strspn(text, " ")] == 0;
}

/* PROGRAM TRANSPORT SIZE SECONDS|COUNTx [NAME=VALUE...]; `own` has the program's names with their defaults. */
static inline bench bench_parse(int argc, char **argv, const char *own)
{
    bench b = {0};
    struct rlimit files;
    CHECK(set_words(&b, "pin=no buffer=-1", 0) && set_words(&b, own, 0));
    int good = argc >= 4;
    for (int i = 4; i < argc; i++)
        good = good && set_words(&b, argv[i], 1);
    if (!good) {
        fprintf(stderr, "usage: %s tcp|ipc|inproc SIZE SECONDS|COUNTx [pin=no] [buffer=-1] %s\n", argv[0], own);
        exit(2);
    }
    b.transport = argv[1];
    b.size = strtoul(argv[2], NULL, 10);
    if (argv[3][strlen(argv[3]) - 1] == 'x')
        b.count = atol(argv[3]);
    else
        b.seconds = atof(argv[3]);
    CHECK(b.size >= sizeof(uint64_t));
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
    return b;
}

static inline const char *text_of(const bench *b, const char *name)
{
    for (int i = 0; i < WORDS_MAX; i++)
        if (strcmp(b->words[i].name, name) == 0)
            return b->words[i].value;
    fprintf(stderr, "no argument is called %s\n", name);
    _exit(2);
}

static inline int number_of(const bench *b, const char *name)
{
    return atoi(text_of(b, name));
}

static inline int is(const bench *b, const char *name, const char *value)
{
    return strcmp(text_of(b, name), value) == 0;
}

/* pin=apart: the main side keeps to the first half of the cores, the partner to the second; pin=together: both to the
 * first core. So do the threads that they start later. */
static inline void pin(const bench *b, int is_partner)
{
    cpu_set_t all, mine;
    int seen = 0, count, together = is(b, "pin", "together");
    CHECK(together || is(b, "pin", "apart") || is(b, "pin", "no"));
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    if (is(b, "pin", "no") || (count = CPU_COUNT(&all)) < 2)
        return;
    CPU_ZERO(&mine);
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &all))
            continue;
        if (together ? seen == 0 : (seen >= count / 2) == is_partner)
            CPU_SET(i, &mine);
        seen++;
    }
    CHECK(sched_setaffinity(0, sizeof mine, &mine) == 0);
}

/* The number in a message. */
static inline uint64_t stamp(const void *body)
{
    uint64_t n;
    memcpy(&n, body, sizeof n);
    return n;
}

static inline void set_stamp(void *body, uint64_t n)
{
    memcpy(body, &n, sizeof n);
}

static inline void *partner_thread(void *arg)
{
    bench *b = arg;
    pin(b, 1);
    b->partner(b);
    return NULL;
}

/* Starts the partner. For tcp and ipc nothing may have been asked of the library before. */
static inline void bench_start(bench *b, void (*partner)(void *))
{
    b->partner = partner;
    CHECK(pipe(b->report) == 0);
    if (is_inproc(b)) {
        CHECK(pthread_create(&b->thread, NULL, partner_thread, b) == 0);
        pin(b, 0);
        return;
    }
    b->child = fork();
    CHECK(b->child >= 0);
    pin(b, b->child == 0);
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

/* Sends the partner's report at the end, in every program that has a partner. */
static inline void tell_report(const bench *b, report r, double cpu_before)
{
    r.cpu = is_inproc(b) ? 0 : cpu_seconds() - cpu_before;
    r.peak = is_inproc(b) ? 0 : peak_mib();
    tell(b, &r, sizeof r);
}

/* `cpu` is what the main side used. */
static inline void print_rate(const report *r, double cpu)
{
    printf("rate=%.1f cpu_s_per_million=%.4f peak_mib=%.1f messages=%ld", (double)r->messages / r->seconds,
           (cpu + r->cpu) / (double)r->messages * 1e6, peak_mib() + r->peak, r->messages);
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

static inline void print_latency(samples *s, double cpu, const report *r)
{
    CHECK(s->used > 0);
    qsort(s->at, s->used, sizeof *s->at, ascending);
    printf("mean=%.3f p50=%.3f p99=%.3f p999=%.3f cpu_us=%.3f peak_mib=%.1f messages=%zu", s->total / (double)s->used / 2 * 1e6,
           one_way(s, .50), one_way(s, .99), one_way(s, .999), (cpu + r->cpu) / (double)s->used * 1e6,
           peak_mib() + r->peak, s->used);
}

#endif
