/* Shared by the programs on the public API in addition: contexts, sockets, endpoints, which library this is.
 * Each of them takes curve=1 and then encrypts with CURVE, and hwm=N. */
#ifndef BENCH_ZCOMMON_H
#define BENCH_ZCOMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif
#include "common.h"
#include <dlfcn.h>
#include <errno.h>
#include <zmq.h>

enum { ENDPOINT_ROOM = 256 };

/* Two processes have a context each, two threads share one: main calls this before bench_start for inproc. */
static inline void *bench_ctx(bench *b)
{
    if (!b->ctx)
        CHECK((b->ctx = zmq_ctx_new()) != NULL);
    return b->ctx;
}

/* The arguments of a program on the public API; `own` is a literal. */
#define bench_parse_zmq(argc, argv, own) bench_parse(argc, argv, "curve=0 hwm=-1 " own)

static inline void bench_start_zmq(bench *b, void (*partner)(void *))
{
    if (is_inproc(b))
        bench_ctx(b);
    bench_start(b, partner);
}

/* CURVE with keys that everybody knows; the partner is the server. */
static inline void secure(void *s, int server)
{
    static const char public_key[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    static const char secret_key[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    CHECK(zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, public_key, sizeof public_key) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, secret_key, sizeof secret_key) == 0);
    if (server)
        CHECK(zmq_setsockopt(s, ZMQ_CURVE_SERVER, &server, sizeof server) == 0);
    else
        CHECK(zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, public_key, sizeof public_key) == 0);
}

/* A socket as every program makes it: the kernel's buffers as asked; the high-water marks are the default or fewer, for
 * 64 MiB at most in a queue, unless hwm=N sets them. */
static inline void *opened(bench *b, int type, int server)
{
    int buffer = number_of(b, "buffer"), limit = number_of(b, "hwm");
    void *s = zmq_socket(bench_ctx(b), type);
    CHECK(s != NULL);
    CHECK(zmq_setsockopt(s, ZMQ_SNDBUF, &buffer, sizeof buffer) == 0);
    CHECK(zmq_setsockopt(s, ZMQ_RCVBUF, &buffer, sizeof buffer) == 0);
    if (limit < 0 && b->size > (64 << 20) / 1000)
        limit = (int)((64 << 20) / b->size);
    if (limit >= 0) {
        CHECK(zmq_setsockopt(s, ZMQ_SNDHWM, &limit, sizeof limit) == 0);
        CHECK(zmq_setsockopt(s, ZMQ_RCVHWM, &limit, sizeof limit) == 0);
    }
    if (number_of(b, "curve"))
        secure(s, server);
    return s;
}

/* The partner's socket: bound to a wildcard endpoint that it tells the main side. */
static inline void *bound(bench *b, int type)
{
    char endpoint[ENDPOINT_ROOM] = {0};
    size_t size = sizeof endpoint;
    void *s = opened(b, type, 1);
    const char *wildcard = is_inproc(b)                      ? "inproc://bench"
                           : strcmp(b->transport, "ipc") == 0 ? "ipc://*"
                                                              : "tcp://127.0.0.1:*";
    CHECK(zmq_bind(s, wildcard) == 0);
    CHECK(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    tell(b, endpoint, sizeof endpoint);
    return s;
}

/* Reads the endpoint that `bound` told. */
static inline void hear_endpoint(bench *b, char endpoint[ENDPOINT_ROOM])
{
    hear(b, endpoint, ENDPOINT_ROOM);
}

static inline void *connected(bench *b, int type, const char *endpoint)
{
    void *s = opened(b, type, 0);
    CHECK(zmq_connect(s, endpoint) == 0);
    return s;
}

/* Closes; a process of its own also ends its context, which flushes what is still queued. */
static inline void partner_end(bench *b, void *s)
{
    CHECK(zmq_close(s) == 0);
    if (!is_inproc(b))
        CHECK(zmq_ctx_term(b->ctx) == 0);
}

static inline void print_library(void)
{
    Dl_info info;
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    CHECK(dladdr((void *)(uintptr_t)&zmq_send, &info) != 0);
    printf(" zincmq=%d version=%d.%d.%d lib=%s\n", zmq_has("zincmq"), major, minor, patch, info.dli_fname);
}

#endif
