/* Measures the memory of a queued message: COUNTx messages of SIZE bytes wait where no high-water mark bounds them.
 * The result is the growth of the process for each. Afterwards they are received, so they were there.
 *
 *   where=send      in a PUSH that found nobody: the port of its peer is taken, and nobody listens
 *   where=receive   in a PULL that does not read its messages, in another process; the sender has gone */
#include "zcommon.h"
#include <arpa/inet.h>
#include <sys/socket.h>

static void send_numbers(void *s, long from, long count, size_t size)
{
    char *body = calloc(1, size);
    CHECK(body != NULL);
    for (long i = from; i < from + count; i++) {
        set_stamp(body, (uint64_t)i);
        CHECK(zmq_send(s, body, size, 0) == (int)size);
    }
    free(body);
}

static void receive_numbers(void *s, long from, long count, size_t size)
{
    char *body = malloc(size);
    for (long i = from; i < from + count; i++)
        CHECK(zmq_recv(s, body, size, 0) == (int)size && stamp(body) == (uint64_t)i);
    free(body);
}

/* A socket at a port of the loopback that refuses connections. */
static int taken_port(char endpoint[ENDPOINT_ROOM])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&a, &length) == 0);
    snprintf(endpoint, ENDPOINT_ROOM, "tcp://127.0.0.1:%d", ntohs(a.sin_port));
    return fd;
}

static double in_sender(bench *b)
{
    char endpoint[ENDPOINT_ROOM];
    int port = taken_port(endpoint);
    void *push = opened(b, ZMQ_PUSH, 0);
    CHECK(zmq_connect(push, endpoint) == 0);
    send_numbers(push, 0, 1, b->size);
    double before = resident(getpid());
    send_numbers(push, 1, b->count, b->size);
    double grown = resident(getpid()) - before;
    close(port);
    void *pull = opened(b, ZMQ_PULL, 1);
    CHECK(zmq_bind(pull, endpoint) == 0);
    receive_numbers(pull, 0, 1 + b->count, b->size);
    CHECK(zmq_close(push) == 0 && zmq_close(pull) == 0 && zmq_ctx_term(b->ctx) == 0);
    return grown;
}

/* Tells when the first message is there, and by how much all the others made the process grow. */
static void receiver(void *arg)
{
    bench *b = arg;
    char event[ENDPOINT_ROOM];
    void *monitor, *s = bound(b, ZMQ_PULL);
    CHECK(zmq_socket_monitor(s, "inproc://events", ZMQ_EVENT_DISCONNECTED) == 0);
    CHECK((monitor = zmq_socket(b->ctx, ZMQ_PAIR)) != NULL && zmq_connect(monitor, "inproc://events") == 0);
    receive_numbers(s, 0, 1, b->size);
    double before = resident(getpid());
    tell(b, "", 1);
    CHECK(zmq_recv(monitor, event, sizeof event, 0) > 0); /* the sender has gone, and all it sent was read */
    double grown = resident(getpid()) - before;
    tell(b, &grown, sizeof grown);
    receive_numbers(s, 1, b->count, b->size);
    CHECK(zmq_close(monitor) == 0);
    partner_end(b, s);
}

static double in_receiver(bench *b)
{
    char endpoint[ENDPOINT_ROOM], ready;
    double grown;
    bench_start_zmq(b, receiver);
    hear_endpoint(b, endpoint);
    void *push = connected(b, ZMQ_PUSH, endpoint);
    send_numbers(push, 0, 1, b->size);
    hear(b, &ready, 1);
    send_numbers(push, 1, b->count, b->size);
    CHECK(zmq_close(push) == 0 && zmq_ctx_term(b->ctx) == 0);
    hear(b, &grown, sizeof grown);
    bench_join(b);
    return grown;
}

int main(int argc, char **argv)
{
    bench b = bench_parse_zmq(argc, argv, "where=send");
    CHECK(set_words(&b, "hwm=0", 1));
    CHECK(strcmp(b.transport, "tcp") == 0 && b.count > 0);
    double grown = is(&b, "where", "receive") ? in_receiver(&b) : in_sender(&b);
    printf("bytes=%.1f messages=%ld", grown / (double)b.count, b.count);
    print_library();
    return 0;
}
