/* Measures the cost of asking a connected, idle PULL socket for news in a loop: nanoseconds a call. */
#include "zcommon.h"

/* Runs `call` for about `seconds` and prints nanoseconds a call; the loop around it costs about one. */
#define TIMED(name, seconds, call)                                                                   \
    do {                                                                                             \
        long calls = 0;                                                                              \
        double start = now(), t = 0;                                                                 \
        while ((t = now() - start) < (seconds)) {                                                    \
            for (int i = 0; i < 1000; i++)                                                           \
                call;                                                                                \
            calls += 1000;                                                                           \
        }                                                                                            \
        printf("%s=%.1f ", name, t / (double)calls * 1e9);                                           \
    } while (0)

static void ask_events(void *s)
{
    int value = -1;
    size_t size = sizeof value;
    CHECK(zmq_getsockopt(s, ZMQ_EVENTS, &value, &size) == 0 && value == 0);
}

static void ask_recv(void *s)
{
    char body[8];
    CHECK(zmq_recv(s, body, sizeof body, ZMQ_DONTWAIT) == -1 && errno == EAGAIN);
}

static void ask_poll(void *s)
{
    zmq_pollitem_t item = {.socket = s, .events = ZMQ_POLLIN};
    CHECK(zmq_poll(&item, 1, 0) == 0);
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "");
    char endpoint[ENDPOINT_ROOM], body[8];
    CHECK(pipe(b.report) == 0);
    void *push = bound(&b, ZMQ_PUSH);
    hear_endpoint(&b, endpoint);
    void *pull = connected(&b, ZMQ_PULL, endpoint);
    CHECK(zmq_send(push, "x", 1, 0) == 1 && zmq_recv(pull, body, sizeof body, 0) == 1);
    TIMED("events", b.seconds / 3, ask_events(pull));
    TIMED("recv", b.seconds / 3, ask_recv(pull));
    TIMED("poll", b.seconds / 3, ask_poll(pull));
    CHECK(zmq_close(push) == 0 && zmq_close(pull) == 0 && zmq_ctx_term(b.ctx) == 0);
    print_library();
    return 0;
}
