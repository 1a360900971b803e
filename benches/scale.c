/* connections=N of one socket to one socket of another process, io_threads=T on both sides: how long it takes to
 * connect them, what one costs in memory, how many messages go over all of them.
 *
 *   pattern=dealer   a DEALER asks a ROUTER over all connections in turn, `window` questions at a time: echoes a second
 *   pattern=push     a PUSH sends to a PULL over all connections in turn: messages a second
 *
 * Every connection comes from an address of its own in 127.0.0.0/8. At most `window` are being made at a time, so that
 * the listener's backlog does not overflow; one counts as made when its handshake is done (socket monitor). Memory is
 * what each process has grown by since the first connection worked: idle before any other connection was used, used
 * after each has passed a message. */
#include "zcommon.h"

enum { WINDOW = 64 };

static void set(void *s, int option, int value)
{
    CHECK(zmq_setsockopt(s, option, &value, sizeof value) == 0);
}

static void io_threads(bench *b)
{
    CHECK(zmq_ctx_set(bench_ctx(b), ZMQ_IO_THREADS, number_of(b, "io_threads")) == 0);
}

static void echo_all(bench *b, void *s)
{
    zmq_msg_t id, body;
    uint64_t number;
    CHECK(zmq_msg_init(&id) == 0 && zmq_msg_init(&body) == 0);
    do {
        CHECK(zmq_msg_recv(&id, s, 0) > 0 && zmq_msg_recv(&body, s, 0) == (int)b->size);
        number = stamp(zmq_msg_data(&body));
        CHECK(zmq_msg_send(&id, s, ZMQ_SNDMORE) > 0 && zmq_msg_send(&body, s, 0) == (int)b->size);
    } while (!(number & LAST));
    CHECK(zmq_msg_close(&id) == 0 && zmq_msg_close(&body) == 0);
}

/* Tells when it has one message, one from each connection, and all: their sum has to be right, their order may vary. */
static report take_all(bench *b, void *s, char *body)
{
    report r = {0};
    long first = 2 + number_of(b, "connections"), expected = -1, got = 0;
    double start = 0;
    while (expected < 0 || got < expected) {
        CHECK(zmq_recv(s, body, b->size, 0) == (int)b->size);
        got++;
        if (got == 1 || got == first)
            tell(b, "", 1);
        if (got == first)
            start = now();
        if (stamp(body) & LAST)
            expected = first + (long)(stamp(body) & ~LAST);
    }
    r.seconds = now() - start;
    r.messages = got - first;
    return r;
}

static void partner(void *arg)
{
    bench *b = arg;
    report r = {0};
    char *body = malloc(b->size);
    io_threads(b);
    int dealer = is(b, "pattern", "dealer");
    void *s = bound(b, dealer ? ZMQ_ROUTER : ZMQ_PULL);
    double cpu = cpu_seconds();
    if (dealer)
        echo_all(b, s);
    else
        r = take_all(b, s, body);
    tell_report(b, r, cpu);
    partner_end(b, s);
    free(body);
}

/* The main side. */
typedef struct {
    bench *b;
    void *socket, *monitor;
    char endpoint[ENDPOINT_ROOM], *body;
} client;

/* Reads the monitor until `count` more handshakes are done. */
static void handshakes(client *c, int count)
{
    unsigned char event[6];
    char address[ENDPOINT_ROOM];
    while (count) {
        uint16_t kind;
        CHECK(zmq_recv(c->monitor, event, sizeof event, 0) == sizeof event);
        memcpy(&kind, event, sizeof kind);
        CHECK(zmq_recv(c->monitor, address, sizeof address, 0) >= 0);
        CHECK(kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        count--;
    }
}

/* Connects `count` more, the first of them from source address number `from`. */
static void connect_some(client *c, int from, int count)
{
    char endpoint[2 * ENDPOINT_ROOM];
    for (int i = from; i < from + count; i++) {
        snprintf(endpoint, sizeof endpoint, "tcp://127.1.%d.%d:0;%s", i / 250, i % 250 + 1, c->endpoint + strlen("tcp://"));
        CHECK(zmq_connect(c->socket, endpoint) == 0);
    }
    handshakes(c, count);
}

static void ask(client *c, uint64_t number)
{
    set_stamp(c->body, number);
    CHECK(zmq_send(c->socket, c->body, c->b->size, 0) == (int)c->b->size);
}

static uint64_t answer(client *c)
{
    CHECK(zmq_recv(c->socket, c->body, c->b->size, 0) == (int)c->b->size);
    return stamp(c->body);
}

/* Asks `count` times, or for `seconds`, a window at a time; every question has to be answered. How many. */
static long echoes(client *c, long count, double seconds)
{
    long asked = 0, answered = 0;
    uint64_t sum = 0, expected = 0;
    for (double until = now() + seconds; count ? asked < count : now() < until;) {
        for (int i = 0; i < WINDOW && (!count || asked < count); i++, asked++) {
            expected += (uint64_t)asked;
            ask(c, (uint64_t)asked);
        }
        for (; answered < asked; answered++)
            sum += answer(c);
    }
    CHECK(sum == expected);
    return answered;
}

static report use_dealer(client *c)
{
    report r, partners;
    double start = now();
    r.messages = echoes(c, c->b->count, c->b->seconds);
    r.seconds = now() - start;
    ask(c, LAST);
    CHECK(answer(c) == LAST);
    hear(c->b, &partners, sizeof partners);
    r.cpu = partners.cpu;
    r.peak = partners.peak;
    return r;
}

static report use_push(client *c)
{
    report r;
    uint64_t number = 0;
    for (pace p = pace_start(c->b); pace_more(&p);)
        ask(c, number++);
    ask(c, (number + 1) | LAST);
    hear(c->b, &r, sizeof r);
    return r;
}

/* One message over each of the connections, there and (DEALER) back. */
static void touch_all(client *c, int count, int dealer)
{
    char arrived;
    if (dealer) {
        echoes(c, count, 0);
        return;
    }
    for (int i = 0; i < count; i++)
        ask(c, 0);
    hear(c->b, &arrived, 1);
}

static void open_client(client *c, int dealer)
{
    io_threads(c->b);
    c->socket = opened(c->b, dealer ? ZMQ_DEALER : ZMQ_PUSH, 0);
    CHECK(zmq_socket_monitor(c->socket, "inproc://events", ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0);
    CHECK((c->monitor = zmq_socket(c->b->ctx, ZMQ_PAIR)) != NULL);
    set(c->monitor, ZMQ_RCVHWM, 0);
    CHECK(zmq_connect(c->monitor, "inproc://events") == 0);
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "connections=10000 io_threads=1 pattern=dealer");
    int count = number_of(&b, "connections"), dealer = is(&b, "pattern", "dealer");
    client c = {.b = &b, .body = calloc(1, b.size)};
    CHECK(strcmp(b.transport, "tcp") == 0 && count > 0 && count <= 60000 && c.body != NULL);
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, c.endpoint);
    open_client(&c, dealer);
    connect_some(&c, 0, 1);
    touch_all(&c, 1, dealer);
    double theirs = resident(b.child), ours = resident(getpid()), start = now();
    for (int i = 1; i <= count; i += WINDOW)
        connect_some(&c, i, i + WINDOW <= count ? WINDOW : count + 1 - i);
    printf("connect_s=%.4f idle_server=%.0f idle_client=%.0f ", now() - start, (resident(b.child) - theirs) / count,
           (resident(getpid()) - ours) / count);
    touch_all(&c, count + 1, dealer);
    printf("used_server=%.0f used_client=%.0f ", (resident(b.child) - theirs) / count, (resident(getpid()) - ours) / count);
    double cpu = cpu_seconds();
    report r = dealer ? use_dealer(&c) : use_push(&c);
    cpu = cpu_seconds() - cpu;
    bench_join(&b);
    CHECK(zmq_close(c.monitor) == 0 && zmq_close(c.socket) == 0 && zmq_ctx_term(b.ctx) == 0);
    print_rate(&r, cpu);
    print_library();
    return 0;
}
