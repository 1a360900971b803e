/* One way, on the public API: messages a second, CPU time and memory of both sides.
 *
 *   pattern=push|pub|dealer   PUSH to PULL, PUB (an XPUB that waits rather than drops) to SUB, DEALER to ROUTER
 *   senders=N                 so many sockets send, one receives
 *   connections=N             a PUSH has so many connections to the PULL
 *   parts=N                   parts of SIZE bytes in a message
 *   work=US, sleep=US         the receiver works, or sleeps, after each message
 *   api=buffer|msg            zmq_send and zmq_recv, which copy, or the calls on zmq_msg_t, where nothing is filled in
 *
 * The first message of each connection is answered over the pipe, so no handshake is measured; time runs from the
 * first of the others that was received. Messages are numbered, and all have to arrive. */
#include "zcommon.h"

typedef struct {
    void *socket;
    char *body;
    size_t size;
    int parts, router, as_msg;
    int plain; /* one part, copied, no identity: a short way, so that the library is measured and not this program */
} end;

static end end_of(const bench *b, void *socket, int router)
{
    end e = {socket, calloc(1, b->size), b->size, number_of(b, "parts"), router, is(b, "api", "msg"), 0};
    CHECK(e.body != NULL && socket != NULL);
    e.plain = e.parts == 1 && !router && !e.as_msg;
    return e;
}

static void send_part(end *e, uint64_t number, int flags)
{
    zmq_msg_t m;
    if (e->as_msg) {
        CHECK(zmq_msg_init_size(&m, e->size) == 0);
        set_stamp(zmq_msg_data(&m), number);
        CHECK(zmq_msg_send(&m, e->socket, flags) == (int)e->size);
    } else {
        set_stamp(e->body, number);
        CHECK(zmq_send(e->socket, e->body, e->size, flags) == (int)e->size);
    }
}

static void send_parts(end *e, uint64_t number)
{
    for (int left = e->parts; left > 0; left--)
        send_part(e, number, left > 1 ? ZMQ_SNDMORE : 0);
}

static inline void send_message(end *e, uint64_t number)
{
    if (!e->plain) {
        send_parts(e, number);
        return;
    }
    set_stamp(e->body, number);
    CHECK(zmq_send(e->socket, e->body, e->size, 0) == (int)e->size);
}

static uint64_t recv_part(end *e)
{
    zmq_msg_t m;
    uint64_t number;
    if (!e->as_msg) {
        CHECK(zmq_recv(e->socket, e->body, e->size, 0) == (int)e->size);
        return stamp(e->body);
    }
    CHECK(zmq_msg_init(&m) == 0 && zmq_msg_recv(&m, e->socket, 0) == (int)e->size);
    number = stamp(zmq_msg_data(&m));
    CHECK(zmq_msg_close(&m) == 0);
    return number;
}

static int more(end *e)
{
    int value = 0;
    size_t length = sizeof value;
    CHECK(zmq_getsockopt(e->socket, ZMQ_RCVMORE, &value, &length) == 0);
    return value;
}

static uint64_t recv_parts(end *e)
{
    char id[256];
    uint64_t number = 0;
    if (e->router)
        CHECK(zmq_recv(e->socket, id, sizeof id, 0) > 0 && more(e));
    for (int left = e->parts; left > 0; left--) {
        number = recv_part(e);
        if (e->parts > 1)
            CHECK(more(e) == (left > 1));
    }
    return number;
}

static inline uint64_t recv_message(end *e)
{
    if (!e->plain)
        return recv_parts(e);
    CHECK(zmq_recv(e->socket, e->body, e->size, 0) == (int)e->size);
    return stamp(e->body);
}

static void occupy(int work, int sleep)
{
    struct timespec t = {0, sleep * 1000L};
    if (sleep)
        nanosleep(&t, NULL);
    if (work)
        for (double until = now() + work * 1e-6; now() < until;)
            ;
}

/* Receives until every sender's last message has come and as many as they sent. A single connection keeps the order. */
static report receive_all(end *e, int senders, int in_order, int work, int sleep)
{
    report r = {0};
    long expected = 0;
    double start = 0;
    while (senders || r.messages < expected) {
        uint64_t number = recv_message(e);
        if (start == 0)
            start = now();
        CHECK(!in_order || (number & ~LAST) == (uint64_t)r.messages);
        r.messages++;
        if (number & LAST) {
            expected += (long)(number & ~LAST) + 1;
            senders--;
        }
        if (work || sleep)
            occupy(work, sleep);
    }
    CHECK(r.messages == expected);
    r.seconds = now() - start;
    r.messages--; /* the clock started with the first */
    return r;
}

static void partner(void *arg)
{
    bench *b = arg;
    int router = is(b, "pattern", "dealer"), sub = is(b, "pattern", "pub");
    int senders = number_of(b, "senders"), connections = number_of(b, "connections");
    end e = end_of(b, bound(b, router ? ZMQ_ROUTER : sub ? ZMQ_SUB : ZMQ_PULL), router);
    if (sub)
        CHECK(zmq_setsockopt(e.socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    for (int i = 0; i < senders * connections; i++)
        recv_message(&e);
    double cpu = cpu_seconds();
    tell(b, "", 1);
    report r = receive_all(&e, senders, senders * connections == 1, number_of(b, "work"), number_of(b, "sleep"));
    tell_report(b, r, cpu);
    partner_end(b, e.socket);
    free(e.body);
}

static void *sender(bench *b, const char *endpoint)
{
    int pub = is(b, "pattern", "pub"), on = 1;
    char topic[8];
    void *s = connected(b, pub ? ZMQ_XPUB : is(b, "pattern", "dealer") ? ZMQ_DEALER : ZMQ_PUSH, endpoint);
    for (int i = 1; i < number_of(b, "connections"); i++)
        CHECK(zmq_connect(s, endpoint) == 0);
    if (pub) {
        CHECK(zmq_setsockopt(s, ZMQ_XPUB_NODROP, &on, sizeof on) == 0);
        CHECK(zmq_recv(s, topic, sizeof topic, 0) == 1 && topic[0] == 1);
    }
    return s;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "pattern=push senders=1 connections=1 parts=1 work=0 sleep=0 api=buffer");
    int senders = number_of(&b, "senders"), connections = number_of(&b, "connections");
    char endpoint[ENDPOINT_ROOM], ready;
    end *all = calloc((size_t)senders, sizeof *all);
    report r;
    CHECK(all != NULL && (connections == 1 || is(&b, "pattern", "push"))); /* the others ignore a second connect */
    bench_start_zmq(&b, partner);
    hear_endpoint(&b, endpoint);
    for (int i = 0; i < senders; i++) {
        all[i] = end_of(&b, sender(&b, endpoint), 0);
        for (int j = 0; j < connections; j++)
            send_message(&all[i], 0);
    }
    hear(&b, &ready, 1);
    double cpu = cpu_seconds();
    uint64_t round = 0;
    for (pace p = pace_start(&b); pace_more(&p); round++)
        for (int i = 0; i < senders; i++)
            send_message(&all[i], round);
    for (int i = 0; i < senders; i++)
        send_message(&all[i], round | LAST);
    hear(&b, &r, sizeof r);
    cpu = cpu_seconds() - cpu;
    bench_join(&b);
    for (int i = 0; i < senders; i++)
        CHECK(zmq_close(all[i].socket) == 0);
    CHECK(zmq_ctx_term(b.ctx) == 0);
    print_rate(&r, cpu);
    print_library();
    return 0;
}
