/* For the yardsticks: a connected pair of kernel stream sockets, blocking, TCP_NODELAY. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include "common.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef struct {
    int ours, partners;
} raw_pair;

static inline void raw_buffers(const bench *b, int fd)
{
    int bytes = number_of(b, "buffer");
    if (bytes < 0)
        return;
    CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0);
}

static inline raw_pair raw_connect(const bench *b)
{
    raw_pair p;
    if (strcmp(b->transport, "ipc") == 0) {
        int both[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
        raw_buffers(b, both[0]);
        raw_buffers(b, both[1]);
        return (raw_pair){both[0], both[1]};
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    raw_buffers(b, listener);
    CHECK(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
    p.ours = socket(AF_INET, SOCK_STREAM, 0);
    raw_buffers(b, p.ours);
    CHECK(connect(p.ours, (struct sockaddr *)&a, sizeof a) == 0);
    CHECK((p.partners = accept(listener, NULL, NULL)) >= 0);
    CHECK(setsockopt(p.ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    CHECK(setsockopt(p.partners, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    close(listener);
    return p;
}

static inline void write_all(int fd, const void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, (const char *)data + done, size - done, MSG_NOSIGNAL);
        CHECK(n > 0);
        done += (size_t)n;
    }
}

static inline void read_all(int fd, void *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = recv(fd, (char *)data + done, size - done, 0);
        CHECK(n > 0);
        done += (size_t)n;
    }
}

#endif
