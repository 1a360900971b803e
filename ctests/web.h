/* WebSockets by hand (RFC 6455, RFC 45): a client or a server on a raw socket. */
#ifndef ZINCMQ_WEB_H
#define ZINCMQ_WEB_H

#include "check.h"

#define W_BINARY 0x82
#define W_CLOSE 0x88
#define W_PING 0x89
#define W_PONG 0x8a

/* Flags of a frame of ZWS. */
#define W_MORE 1
#define W_COMMAND 2

/* The key of the RFC's example, and what a server makes of it. */
#define W_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define W_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* A request for a sub-protocol, or a response that chooses it. */
#define W_REQUEST(protocol)                                                    \
    "GET /path HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"          \
    "Connection: Upgrade\r\nSec-WebSocket-Key: " W_KEY "\r\n"                  \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " protocol           \
    "\r\n\r\n"
#define W_RESPONSE(protocol)                                                   \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"               \
    "Connection: Upgrade\r\nSec-WebSocket-Accept: " W_ACCEPT "\r\n"            \
    "Sec-WebSocket-Protocol: " protocol "\r\n\r\n"

#define raw_send_str(fd, text) raw_send (fd, text, strlen (text))

/* Reads a request or response to its empty line, and no further. */
static size_t
w_head (int fd, char head[4096])
{
    size_t n = 0;
    while (n < 4095 && raw_recv (fd, head + n, 1, LONG_WAIT) == 1) {
        head[++n] = 0;
        if (n >= 4 && memcmp (head + n - 4, "\r\n\r\n", 4) == 0)
            return n;
    }
    FAIL ("no whole head came, but %zu bytes", n);
}

static void
w_mask (unsigned char *bytes, size_t size, const unsigned char mask[4])
{
    for (size_t i = 0; i < size; i++)
        bytes[i] ^= mask[i % 4];
}

/* A frame with any header: `first`, and the length in a form of 1, 3 or 9
   bytes. A program that plays a client has to mask. */
static void
w_send_as (int fd, int first, int masked, int form, const void *payload, size_t size)
{
    static const unsigned char mask[4] = {0x11, 0x22, 0x33, 0x44};
    unsigned char *out = malloc (size + 14);
    CHECK (out != NULL);
    size_t n = 0;
    out[n++] = (unsigned char) first;
    int code = form == 1 ? (int) size : form == 3 ? 126 : 127;
    out[n++] = (unsigned char) (code | (masked ? 0x80 : 0));
    for (int shift = form == 1 ? -8 : form == 3 ? 8 : 56; shift >= 0; shift -= 8)
        out[n++] = (unsigned char) ((uint64_t) size >> shift);
    if (masked) {
        memcpy (out + n, mask, 4);
        n += 4;
    }
    if (size)
        memcpy (out + n, payload, size);
    if (masked)
        w_mask (out + n, size, mask);
    raw_send (fd, out, n + size);
    free (out);
}

static void
w_send (int fd, int first, int masked, const void *payload, size_t size)
{
    w_send_as (fd, first, masked, size < 126 ? 1 : size < 65536 ? 3 : 9, payload, size);
}

#define w_send_str(fd, masked, text) w_send (fd, W_BINARY, masked, text, sizeof (text) - 1)

typedef struct
{
    int first; /* -1: closed or nothing in time */
    int masked;
    int form;
    size_t size;
    unsigned char payload[140000];
} w_frame;

static w_frame *
w_recv (int fd)
{
    static __thread w_frame f;
    unsigned char head[2], more[8], mask[4] = {0};
    f = (w_frame){-1, 0, 1, 0, {0}};
    if (raw_recv (fd, head, 2, LONG_WAIT) != 2)
        return &f;
    f.masked = head[1] >> 7;
    f.size = head[1] & 0x7f;
    size_t width = f.size == 126 ? 2 : f.size == 127 ? 8 : 0;
    if (raw_recv (fd, more, width, LONG_WAIT) != width)
        return &f;
    f.form = 1 + (int) width;
    if (width)
        f.size = 0;
    for (size_t i = 0; i < width; i++)
        f.size = f.size << 8 | more[i];
    CHECK (f.size <= sizeof f.payload);
    if (f.masked && raw_recv (fd, mask, 4, LONG_WAIT) != 4)
        return &f;
    if (raw_recv (fd, f.payload, f.size, LONG_WAIT) != f.size)
        return &f;
    w_mask (f.payload, f.size, mask);
    f.first = head[0];
    return &f;
}

#define w_expect(fd, want_first, want_masked, want, want_size)                 \
    do {                                                                       \
        w_frame *f_ = w_recv (fd);                                             \
        if (f_->first != (want_first) || f_->masked != (want_masked)           \
            || f_->size != (want_size)                                         \
            || memcmp (f_->payload, want, want_size) != 0) {                   \
            say_bytes ("got", f_->payload, f_->size);                          \
            FAIL ("expected frame %s, got first byte %x", #want, f_->first);   \
        }                                                                      \
    } while (0)

#define w_expect_str(fd, want_masked, text)                                    \
    w_expect (fd, W_BINARY, want_masked, text, sizeof (text) - 1)

/* The payload of a READY. */
static size_t
w_ready (unsigned char out[1024], const char *type, const char *id)
{
    out[0] = W_COMMAND;
    return 1 + z_ready_body (out + 1, type, id);
}

static void
w_send_ready (int fd, int masked, const char *type, const char *id)
{
    unsigned char out[1024];
    w_send (fd, W_BINARY, masked, out, w_ready (out, type, id));
}

/* A client of a bound socket, up to the end of the NULL handshake. */
static int
w_client (const char *ep, const char *type, const char *id)
{
    char head[4096];
    int fd = raw_connect (ep);
    raw_send_str (fd, W_REQUEST ("ZWS2.0/NULL"));
    w_head (fd, head);
    CHECK_STR (head, W_RESPONSE ("ZWS2.0/NULL"));
    w_frame *f = w_recv (fd);
    CHECK (f->first == W_BINARY && !f->masked && memcmp (f->payload, "\2\5READY", 7) == 0);
    w_send_ready (fd, 1, type, id);
    return fd;
}

/* A server of a connecting socket, up to the end of the NULL handshake. */
static int
w_server (int listener, const char *type, const char *id)
{
    char head[4096];
    int fd = raw_accept (listener);
    w_head (fd, head);
    raw_send_str (fd, W_RESPONSE ("ZWS2.0/NULL"));
    w_frame *f = w_recv (fd);
    CHECK (f->first == W_BINARY && f->masked && memcmp (f->payload, "\2\5READY", 7) == 0);
    w_send_ready (fd, 0, type, id);
    return fd;
}

static void
bind_ws (void *s, char ep[EP_MAX])
{
    bind_to (s, "ws://127.0.0.1:*/path", ep);
}

/* A listening socket and its ws endpoint. */
static int
raw_listen_ws (char ep[EP_MAX])
{
    char tcp[EP_MAX];
    int fd = raw_listen (tcp);
    snprintf (ep, EP_MAX, "ws://127.0.0.1:%d/path", port_of (tcp));
    return fd;
}

#endif
