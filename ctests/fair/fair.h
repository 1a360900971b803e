/* Shared by the programs that show fairness: arguments of the form key=value, places to run, clocks,
   memory that all processes of a scenario see, samples of delays. Each program prints one line of
   key=value words; tests/fair.rs runs it on both libraries and judges. */
#ifndef ZINCMQ_FAIR_H
#define ZINCMQ_FAIR_H

#include "check.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ------------------------------------------------------------ arguments */

static int argc_;
static char **argv_;
static int args_known_;

/* The value of key=value on the command line, or `fallback`. */
static const char *
arg (const char *key, const char *fallback)
{
    size_t n = strlen (key);
    for (int i = 1; i < argc_; i++)
        if (strncmp (argv_[i], key, n) == 0 && argv_[i][n] == '=') {
            args_known_++;
            return argv_[i] + n + 1;
        }
    return fallback;
}

static double
arg_number (const char *key, double fallback)
{
    const char *text = arg (key, NULL);
    return text ? atof (text) : fallback;
}

static void
args_begin (int argc, char **argv)
{
    argc_ = argc;
    argv_ = argv;
}

/* Fails for a key that nobody asked for: it would be a scenario that is not played. */
static void
args_end (void)
{
    CHECK_EQ (args_known_, argc_ - 1);
}

/* ----------------------------------------------------------------- time */

static uint64_t
clock_ns (clockid_t clock)
{
    struct timespec t;
    clock_gettime (clock, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static uint64_t
now_ns (void)
{
    return clock_ns (CLOCK_MONOTONIC);
}

/* The CPU time of the calling thread: the cost of being descheduled is not in it. */
static uint64_t
cpu_ns (void)
{
    return clock_ns (CLOCK_THREAD_CPUTIME_ID);
}

static void
pause_us (long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep (&t, NULL);
}

#define MS UINT64_C (1000000)

/* --------------------------------------------------------------- places */

/* Keeps the calling thread, and the threads that it starts, to one of the cores it may use. */
static void
run_on_core (int k)
{
    static cpu_set_t all; /* as it was before the first call: a child inherits this too */
    if (!CPU_COUNT (&all))
        OK (sched_getaffinity (0, sizeof all, &all));
    int wanted = k % CPU_COUNT (&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET (cpu, &all) && wanted-- == 0) {
            cpu_set_t one;
            CPU_ZERO (&one);
            CPU_SET (cpu, &one);
            OK (sched_setaffinity (0, sizeof one, &one));
        }
}

static int
cores (void)
{
    cpu_set_t all;
    OK (sched_getaffinity (0, sizeof all, &all));
    return CPU_COUNT (&all);
}

/* ------------------------------------------------------------ processes */

static pid_t children_[128];
static int child_count_;

/* A child that ends with its parent; 0 in the child. */
static pid_t
fork_child (void)
{
    pid_t parent = getpid (), pid = fork ();
    OK (pid);
    if (pid == 0) {
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        if (getppid () != parent)
            _exit (1);
        return 0;
    }
    CHECK (child_count_ < 128);
    children_[child_count_++] = pid;
    return pid;
}

static void
kill_children (void)
{
    for (int i = 0; i < child_count_; i++)
        kill (children_[i], SIGKILL);
    for (int i = 0; i < child_count_; i++)
        waitpid (children_[i], NULL, 0);
    child_count_ = 0;
}

/* A process that never rests, on a core of its own if `core` is not negative. */
static void
fork_spinner (int core)
{
    if (fork_child () == 0) {
        if (core >= 0)
            run_on_core (core);
        for (volatile int i = 0;; i++)
            ;
    }
}

/* Memory that all processes of the scenario see, all zero. */
static void *
shared_memory (size_t size)
{
    void *p = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK (p != MAP_FAILED);
    return p;
}

/* --------------------------------------------------------------- delays */

enum { SAMPLES_MAX = 1 << 16 };

/* One thread writes; read when it has stopped. */
struct delays
{
    _Atomic int count;
    float us[SAMPLES_MAX];
};

static void
delay_add (struct delays *d, double us)
{
    int n = atomic_load (&d->count);
    if (n < SAMPLES_MAX) {
        d->us[n] = (float) us;
        atomic_store (&d->count, n + 1);
    }
}

static int
ascending_ (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;
    return (x > y) - (x < y);
}

/* By how much delays were longer than `us`, all together. */
static double
delay_beyond (const struct delays *d, double us)
{
    double sum = 0;
    for (int i = 0; i < atomic_load (&d->count); i++)
        sum += d->us[i] > us ? d->us[i] - us : 0;
    return sum;
}

/* name_n, name_p50, name_p99 and name_max, in microseconds. */
static void
delay_print (struct delays *d, const char *name)
{
    int n = atomic_load (&d->count);
    qsort (d->us, (size_t) n, sizeof *d->us, ascending_);
    printf (" %s_n=%d", name, n);
    if (n > 0)
        printf (" %s_p50=%.0f %s_p99=%.0f %s_max=%.0f", name, d->us[n / 2], name, d->us[n * 99L / 100], name,
                d->us[n - 1]);
}

#endif
