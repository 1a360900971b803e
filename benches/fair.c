/* senders=N processes flood one PULL that works work=US after each message: the smallest share of the largest and the
 * longest silence of any of them, once all flood; with calm=1 also how late a calm peer, which sends every 2 ms, is
 * heard beside them.
 *
 * Time in which the receiver does not run is nobody's silence: a step between two messages counts 2 ms at most. */
#include "zcommon.h"

#include <signal.h>
#include <sys/prctl.h>

enum { SENDERS_MAX = 64, CALM_US = 2000, LONGEST_STEP_US = 2000 };

typedef struct {
    double share, silence, calm_p99, seconds, cpu, peak;
    long messages;
} fairness;

/* Makes a message: its first 8 bits name the sender. The other 56 hold the time, in us, if the calm peer sends. */
static uint64_t word_of(int who, uint64_t rest)
{
    return (uint64_t)who << 56 | (rest & ((UINT64_C(1) << 56) - 1));
}

static uint64_t now_us(void)
{
    return (uint64_t)(now() * 1e6);
}

/* One sender's process, until it is killed. The flood begins when the receiver has said so over `start`. */
static void send_for_ever(bench *b, const char *endpoint, int who, int start)
{
    char go, *body = calloc(1, b->size);
    void *s = connected(b, ZMQ_PUSH, endpoint);
    CHECK(body != NULL);
    set_stamp(body, word_of(who, 0));
    CHECK(zmq_send(s, body, b->size, 0) == (int)b->size && read(start, &go, 1) == 1);
    for (;;) {
        if (who == number_of(b, "senders")) {
            usleep(CALM_US);
            set_stamp(body, word_of(who, now_us()));
        }
        CHECK(zmq_send(s, body, b->size, 0) == (int)b->size);
    }
}

static int receive_one(bench *b, void *s, char *body, uint64_t *rest)
{
    CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
    *rest = stamp(body) & ((UINT64_C(1) << 56) - 1);
    return (int)(stamp(body) >> 56);
}

static void partner(void *arg)
{
    bench *b = arg;
    int senders = number_of(b, "senders"), calm = number_of(b, "calm");
    long counts[SENDERS_MAX + 1] = {0}, least, most;
    double heard[SENDERS_MAX + 1] = {0}, silence = 0, active = 0, work = number_of(b, "work") * 1e-6;
    char *body = malloc(b->size);
    void *s = bound(b, ZMQ_PULL);
    samples late = {0};
    uint64_t rest;
    for (int i = 0; i < senders + calm; i++) /* hello */
        receive_one(b, s, body, &rest);
    tell(b, "", 1);
    /* Many senders on few cores do not all flood at once: until each has, there is nothing to share. */
    int flooding = 0;
    for (double warm = now() + 0.1; now() < warm || flooding < senders;) {
        int who = receive_one(b, s, body, &rest);
        flooding += counts[who]++ == 0 && who < senders;
    }
    memset(counts, 0, sizeof counts);
    fairness f = {.cpu = cpu_seconds()};
    double start = now(), last = start, t = start;
    while (t < start + b->seconds) {
        int who = receive_one(b, s, body, &rest);
        t = now();
        active += t - last < LONGEST_STEP_US * 1e-6 ? t - last : LONGEST_STEP_US * 1e-6;
        last = t;
        counts[who]++;
        silence = active - heard[who] > silence && who < senders ? active - heard[who] : silence;
        heard[who] = active;
        if (who == senders && rest >= (uint64_t)(start * 1e6))
            samples_add(&late, (double)(now_us() - rest) * 1e-6);
        while (work > 0 && now() < t + work)
            ;
    }
    least = most = counts[0];
    for (int i = 0; i < senders; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
        silence = active - heard[i] > silence ? active - heard[i] : silence;
        f.messages += counts[i];
    }
    f.share = (double)least / (double)most;
    f.silence = silence * 1e3;
    if (calm) {
        samples_add(&late, active - heard[senders]); /* messages that are still on their way */
        qsort(late.at, late.used, sizeof *late.at, ascending);
        f.calm_p99 = 2 * one_way(&late, .99);
    }
    f.seconds = now() - start;
    f.cpu = cpu_seconds() - f.cpu;
    f.peak = peak_mib();
    tell(b, &f, sizeof f);
    fflush(NULL);
    _exit(0); /* libzmq may hang in zmq_ctx_term when its peers are killed */
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "senders=4 work=0 calm=0");
    int all = number_of(&b, "senders") + number_of(&b, "calm"), start[2];
    pid_t children[SENDERS_MAX];
    char endpoint[ENDPOINT_ROOM], ready;
    fairness f;
    CHECK(all > 0 && all <= SENDERS_MAX && !is_inproc(&b) && pipe(start) == 0);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    for (int i = 0; i < all; i++) {
        CHECK((children[i] = fork()) >= 0);
        if (children[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            send_for_ever(&b, endpoint, i, start[0]);
        }
    }
    hear(&b, &ready, 1);
    for (int i = 0; i < all; i++)
        CHECK(write(start[1], "", 1) == 1);
    hear(&b, &f, sizeof f);
    for (int i = 0; i < all; i++)
        CHECK(kill(children[i], SIGKILL) == 0 && waitpid(children[i], NULL, 0) == children[i]);
    bench_join(&b);
    printf("share=%.4f silence_ms=%.3f calm_p99=%.1f rate=%.1f cpu_s_per_million=%.4f peak_mib=%.1f messages=%ld", f.share,
           f.silence, f.calm_p99, (double)f.messages / f.seconds, f.cpu / (double)f.messages * 1e6, f.peak, f.messages);
    print_library();
    return 0;
}
