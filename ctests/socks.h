/* A SOCKS5 proxy by hand (RFC 1928, RFC 1929): the program says each answer
   itself, byte by byte if it likes, and may then pass bytes on. */
#ifndef ZINCMQ_SOCKS_H
#define ZINCMQ_SOCKS_H

#include "check.h"

/* Answers, each with its length. */
#define NO_LOGIN "\5\0", 2
#define GRANTED "\5\0\0\1\12\0\0\1\0\120", 10

/* The text that ZMQ_SOCKS_PROXY wants: an endpoint without its scheme. */
#define proxy_text(ep) (strchr (ep, '/') + 2)

/* A socket that connects to `ep` through the proxy, once only, and its monitor. */
static void *
proxied_once (void *ctx, const char *proxy, const char *ep, void **m)
{
    void *s = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (s, ZMQ_RECONNECT_IVL, -1));
    OK (set_str (s, ZMQ_SOCKS_PROXY, proxy_text (proxy)));
    *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, ep));
    return s;
}

static void
say_hex (const char *label, const unsigned char *bytes, size_t n)
{
    printf ("%s:", label);
    for (size_t i = 0; i < n; i++)
        printf (" %02x", bytes[i]);
    putchar ('\n');
}

/* Prints the client's request. */
static void
say_request (int fd)
{
    unsigned char b[4 + 1 + 255 + 2];
    CHECK_EQ (raw_recv (fd, b, 5, LONG_WAIT), 5);
    size_t n = b[3] == 1 ? 10 : b[3] == 4 ? 22 : 7 + b[4];
    CHECK_EQ (raw_recv (fd, b + 5, n - 5, LONG_WAIT), n - 5);
    say_hex ("request", b, n);
}

/* Sends the bytes one at a time, so that the other side sees pieces. */
static void
raw_drip (int fd, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        raw_send (fd, (const char *) data + i, 1);
        pause_ms (2);
    }
}

/* Passes bytes between two connections until one of them ends. */
static void
proxy_relay (int a, int b)
{
    struct pollfd p[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    char buf[4096];
    for (;;) {
        if (poll (p, 2, -1) == -1) {
            CHECK_EQ (errno, EINTR);
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (!p[i].revents)
                continue;
            ssize_t n = recv (p[i].fd, buf, sizeof buf, 0);
            if (n <= 0)
                return;
            raw_send (p[1 - i].fd, buf, (size_t) n);
        }
    }
}

#endif
