#include "lib.h"

#include <stdarg.h>

frame *
frame_new (const void *data, size_t size)
{
    frame *f = allocate (sizeof *f);
    if (zmq_msg_init_size (&f->body, size))
        die ("zmq_msg_init_size");
    if (size)
        memcpy (zmq_msg_data (&f->body), data, size);
    return f;
}

frame *
frame_text (const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start (arguments, format);
    int size = vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    if (size < 0 || (size_t) size >= sizeof text) {
        errno = EMSGSIZE;
        die ("frame_text");
    }
    return frame_new (text, (size_t) size);
}

frame *
frame_copy (const frame *f)
{
    return frame_new (frame_data (f), frame_size (f));
}

void
frame_free (frame *f)
{
    if (!f)
        return;
    zmq_msg_close (&f->body);
    free (f);
}

const void *
frame_data (const frame *f)
{
    return zmq_msg_data ((zmq_msg_t *) &f->body);
}

size_t
frame_size (const frame *f)
{
    return zmq_msg_size (&f->body);
}

bool
frame_is (const frame *f, const char *text)
{
    return f && frame_size (f) == strlen (text) && memcmp (frame_data (f), text, frame_size (f)) == 0;
}

bool
frame_same (const frame *a, const frame *b)
{
    return frame_size (a) == frame_size (b) && memcmp (frame_data (a), frame_data (b), frame_size (a)) == 0;
}

bool
frame_is_byte (const frame *f, unsigned char byte)
{
    return f && frame_size (f) == 1 && *(const unsigned char *) frame_data (f) == byte;
}

char *
frame_string (const frame *f)
{
    char *text = allocate (frame_size (f) + 1);
    memcpy (text, frame_data (f), frame_size (f));
    return text;
}

long
frame_number (const frame *f)
{
    if (!f)
        return -1;
    char *text = frame_string (f), *end;
    long value = strtol (text, &end, 10);
    if (end == text || *end)
        value = -1;
    free (text);
    return value;
}

message *
message_new (void)
{
    message *m = allocate (sizeof *m);
    m->end = &m->first;
    return m;
}

message *
message_copy (const message *m)
{
    message *copy = message_new ();
    for (const frame *f = m->first; f; f = f->next)
        message_add (copy, frame_copy (f));
    return copy;
}

void
message_free (message *m)
{
    if (!m)
        return;
    frame *f;
    while ((f = message_take (m)))
        frame_free (f);
    free (m);
}

/* A call may be interrupted although no handler ran: being frozen and thawed (SIGSTOP, SIGCONT) is enough. */
static int
receive_frame (frame *f, void *socket, int flags)
{
    int size;
    do
        size = zmq_msg_recv (&f->body, socket, flags);
    while (size == -1 && errno == EINTR);
    return size;
}

static message *
receive (void *socket, int flags)
{
    message *m = message_new ();
    frame *f;
    do {
        f = frame_new (NULL, 0);
        if (receive_frame (f, socket, flags) == -1) {
            int error = errno;
            frame_free (f);
            message_free (m);
            errno = error;
            return NULL;
        }
        message_add (m, f);
    } while (zmq_msg_more (&f->body));
    return m;
}

message *
message_receive (void *socket)
{
    return receive (socket, 0);
}

message *
message_receive_now (void *socket)
{
    return receive (socket, ZMQ_DONTWAIT);
}

static int
send_frame (frame *f, void *socket, int flags)
{
    int size;
    do
        size = zmq_msg_send (&f->body, socket, flags | (f->next ? ZMQ_SNDMORE : 0));
    while (size == -1 && errno == EINTR);
    return size;
}

static bool
send_all (message *m, void *socket, int flags)
{
    /* Only the first frame can be refused: once that was taken the rest is taken too. */
    bool sent = true;
    for (frame *f = m->first; f && sent; f = f->next)
        sent = send_frame (f, socket, flags) != -1;
    int error = errno;
    message_free (m);
    errno = error;
    return sent;
}

bool
message_send (message *m, void *socket)
{
    return send_all (m, socket, 0);
}

bool
message_send_now (message *m, void *socket)
{
    return send_all (m, socket, ZMQ_DONTWAIT);
}

size_t
message_count (const message *m)
{
    size_t count = 0;
    for (const frame *f = m->first; f; f = f->next)
        count++;
    return count;
}

frame *
message_at (const message *m, size_t index)
{
    frame *f = m->first;
    while (f && index--)
        f = f->next;
    return f;
}

frame *
message_take (message *m)
{
    frame *f = m->first;
    if (f) {
        m->first = f->next;
        f->next = NULL;
        if (!m->first)
            m->end = &m->first;
    }
    return f;
}

void
message_put (message *m, frame *f)
{
    f->next = m->first;
    if (!m->first)
        m->end = &f->next;
    m->first = f;
}

void
message_add (message *m, frame *f)
{
    f->next = NULL;
    *m->end = f;
    m->end = &f->next;
}

void
message_put_text (message *m, const char *text)
{
    message_put (m, frame_new (text, strlen (text)));
}

void
message_add_text (message *m, const char *text)
{
    message_add (m, frame_new (text, strlen (text)));
}

void
message_join (message *m, message *rest)
{
    frame *f;
    while ((f = message_take (rest)))
        message_add (m, f);
    message_free (rest);
}
