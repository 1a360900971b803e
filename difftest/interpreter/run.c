/* Interprets a script of calls on the public API and prints what each returned.
 *
 * run SCRIPT: one step a line, `NUMBER OPERATION ARGUMENT...`. Values that differ from run to run (ports,
 * descriptors, generated names of files) are printed in a form that does not. After each step that
 * may have effects in the background the program waits until they are over. The operations are in
 * the table at the end. */

#define _GNU_SOURCE
#include <zmq.h>

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "quiet.h"

enum { SLOTS = 32, TEXT = 512, WORDS = 40, MOST = 1 << 20, DEFAULT_TIMEOUT = 15 };

struct socket_slot {
    void *handle;
    unsigned char id[256]; /* the first frame of the last message: the peer to answer */
    size_t id_size;
    uint32_t first_number; /* of the names that the socket gives to its peers */
    bool numbered;
    bool in_proxy;
    bool watched; /* `events` was read, and nothing was called on it since */
    int events;
};

struct thread_slot {
    pthread_t thread;
    void *sockets[4];
    bool started;
    volatile bool done;
    int result, error;
};

static void *contexts[SLOTS];
static struct socket_slot sockets[SLOTS];
static struct thread_slot terms[SLOTS], proxy;
static char endpoints[SLOTS][TEXT];
static zmq_msg_t messages[SLOTS];
static bool message_valid[SLOTS];
static void *counters[SLOTS];
static int given, freed;
static bool lazy;
static char *words[WORDS];
static int word_count;

/* ---- printing ---- */

static const char *error_name (int error)
{
    static char number[24];
    switch (error) {
#define NAME(x) \
    case x: \
        return #x;
        NAME (EAGAIN) NAME (EINVAL) NAME (EFAULT) NAME (ENOTSOCK) NAME (ETERM) NAME (EFSM)
        NAME (ENOTSUP) NAME (EPROTONOSUPPORT) NAME (ENOCOMPATPROTO) NAME (EADDRINUSE)
        NAME (EADDRNOTAVAIL) NAME (ENODEV) NAME (ENOENT) NAME (EMTHREAD) NAME (ENAMETOOLONG)
        NAME (EHOSTUNREACH) NAME (EMFILE) NAME (EINTR) NAME (EINPROGRESS) NAME (ECONNREFUSED)
        NAME (ECONNRESET) NAME (EPIPE) NAME (EACCES) NAME (EPERM) NAME (ENOMEM) NAME (ENETUNREACH)
#undef NAME
    }
    snprintf (number, sizeof number, "errno %d", error);
    return number;
}

static int result (int value)
{
    int error = errno;
    if (value == -1)
        printf (" = -1 %s", error_name (error));
    else
        printf (" = %d", value);
    return value;
}

static uint32_t hash (const unsigned char *data, size_t size)
{
    uint32_t value = 2166136261u;
    for (size_t i = 0; i < size; i++)
        value = (value ^ data[i]) * 16777619u;
    return value;
}

/* The socket that the step is about; generated names count from the first one that it gave. */
static struct socket_slot *subject;

static bool print_number (const unsigned char *data)
{
    uint32_t value = (uint32_t) data[1] << 24 | (uint32_t) data[2] << 16 | (uint32_t) data[3] << 8 | data[4];
    if (data[0])
        return false;
    if (!subject)
        return printf ("[a number]");
    if (!subject->numbered)
        subject->first_number = value;
    subject->numbered = true;
    uint32_t distance = value - subject->first_number;
    /* others were given by another socket, and passed on */
    if (distance < 100)
        printf ("[number %u]", distance);
    else
        printf ("[a number]");
    return true;
}

static void print_data (const void *bytes, size_t size)
{
    const unsigned char *data = bytes;
    if (size == 5 && print_number (data))
        return;
    printf ("[%zu:", size);
    for (size_t i = 0; i < size && i < 12; i++)
        printf ("%02x", data[i]);
    if (size > 12)
        printf ("~%08x", hash (data, size));
    printf ("]");
}

/* An endpoint that is known by a name, or the text with its numbers taken out. */
static void print_endpoint (const char *text)
{
    for (int i = 0; i < SLOTS; i++) {
        const char *known = endpoints[i], *bare = strstr (known, "://");
        if (!known[0] || !strcmp (text, ""))
            continue;
        if (!strcmp (text, known)) {
            printf (" $%d", i);
            return;
        }
        if (bare && !strcmp (text, bare + 3)) {
            printf (" bare $%d", i);
            return;
        }
    }
    const char *generated = strstr (text, "/tmp");
    const char *colon = strrchr (text, ':');
    bool port = colon && isdigit ((unsigned char) colon[1])
                && (!strncmp (text, "tcp", 3) || !strncmp (text, "ws:", 3));
    if (generated && strstr (generated, "/socket"))
        printf (" '%.*s/tmp#'", (int) (generated - text), text);
    else if (port)
        printf (" '%.*s:#'", (int) (colon - text), text);
    else
        printf (" '%s'", text);
}

/* ---- reading arguments ---- */

static const char *word (int i)
{
    return i < word_count ? words[i] : "";
}

static int number (int i)
{
    return (int) strtoll (word (i), NULL, 0);
}

static int slot (int i)
{
    return number (i) & (SLOTS - 1);
}

static void *handle (const char *text)
{
    static long junk[64];
    if (*text == '!')
        return junk;
    if (!isdigit ((unsigned char) *text))
        return NULL;
    subject = &sockets[atoi (text) & (SLOTS - 1)];
    subject->watched = false;
    return subject->handle;
}

static void *socket_of (int i)
{
    return handle (word (i));
}

/* `$N` is the endpoint of that name, `%` stands for nothing at all, `~` for a space. */
static const char *endpoint_of (int i)
{
    const char *text = word (i);
    if (text[0] == '$')
        return endpoints[atoi (text + 1) & (SLOTS - 1)];
    return strcmp (text, "%") ? text : "";
}

/* HEAD.SIZE.SEED: SIZE bytes that begin with HEAD, given in hexadecimal. @S: the name that socket S
 * was last addressed with, and @S+HEX: that, and more. */
static unsigned char *payload (const char *text, size_t *size)
{
    static unsigned char buffer[MOST];
    if (text[0] == '@') {
        char *more;
        const struct socket_slot *from = &sockets[strtol (text + 1, &more, 10) & (SLOTS - 1)];
        memcpy (buffer, from->id, from->id_size);
        *size = from->id_size;
        return buffer;
    }
    size_t head = 0;
    unsigned byte;
    while (isxdigit ((unsigned char) text[0]) && sscanf (text, "%2x", &byte) == 1 && head < 256) {
        buffer[head++] = (unsigned char) byte;
        text += 2;
    }
    *size = head;
    uint32_t seed = 1;
    if (*text == '.') {
        *size = strtoul (text + 1, (char **) &text, 10) % MOST;
        if (*text == '.')
            seed = strtoul (text + 1, NULL, 10) * 2654435761u + 1;
        for (size_t i = head; i < *size; i++) {
            seed = seed * 1664525 + 1013904223;
            buffer[i] = seed >> 24;
        }
    }
    return buffer;
}

/* ---- contexts ---- */

static void op_ctx (void)
{
    contexts[slot (2)] = zmq_ctx_new ();
    printf (" = %s", contexts[slot (2)] ? "context" : "NULL");
}

static void *context_of (int i)
{
    return isdigit ((unsigned char) *word (i)) ? contexts[slot (i)] : NULL;
}

static void op_ctxset (void)
{
    result (zmq_ctx_set (context_of (2), number (3), number (4)));
}

static void op_ctxget (void)
{
    errno = 0;
    int value = zmq_ctx_get (context_of (2), number (3));
    if (value == -1 && errno != EFAULT && errno != EINVAL)
        errno = 0; /* it is the value */
    result (value);
}

static void op_shutdown (void)
{
    result (zmq_ctx_shutdown (context_of (2)));
}

static void *run_term (void *argument)
{
    struct thread_slot *term = argument;
    term->result = zmq_ctx_term (term->sockets[0]);
    term->error = errno;
    term->done = true;
    return NULL;
}

static void start_term (int context)
{
    struct thread_slot *term = &terms[context];
    if (term->started || !contexts[context])
        return;
    term->started = true;
    term->sockets[0] = contexts[context];
    pthread_create (&term->thread, NULL, run_term, term);
}

static void join_term (int context)
{
    struct thread_slot *term = &terms[context];
    if (!term->started)
        return;
    for (int i = 0; i < 60 && !term->done; i++) {
        quiet ();
        sleep_us (3000);
    }
    printf (" context %d", context);
    if (!term->done) {
        printf (" blocks");
        return;
    }
    pthread_join (term->thread, NULL);
    term->started = false;
    term->done = false;
    contexts[context] = NULL;
    errno = term->error;
    result (term->result);
}

static void op_term (void)
{
    start_term (slot (2));
}

static void op_join (void)
{
    join_term (slot (2));
}

/* ---- sockets ---- */

static void op_sock (void)
{
    void *new = zmq_socket (context_of (3), number (4));
    int error = errno;
    printf (" = %s", new ? "socket" : error_name (error));
    if (!new)
        return;
    int timeout = DEFAULT_TIMEOUT, never_in_this_run = 3600000;
    zmq_setsockopt (new, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt (new, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt (new, ZMQ_RECONNECT_IVL, &never_in_this_run, sizeof never_in_this_run);
    sockets[slot (2)] = (struct socket_slot){.handle = new};
}

static void op_close (void)
{
    void *socket = socket_of (2);
    result (zmq_close (socket));
    if (isdigit ((unsigned char) *word (2)))
        sockets[slot (2)].handle = NULL;
}

static void op_set (void)
{
    const char *value = word (4);
    int integer = (int) strtoll (value + (*value ? 2 : 0), NULL, 0);
    int64_t wide = strtoll (value + (*value ? 2 : 0), NULL, 0);
    size_t size;
    switch (*value) {
        case 'i':
            result (zmq_setsockopt (socket_of (2), number (3), &integer, sizeof integer));
            break;
        case 'l':
            result (zmq_setsockopt (socket_of (2), number (3), &wide, sizeof wide));
            break;
        case 'd': {
            unsigned char *data = payload (value + 2, &size);
            result (zmq_setsockopt (socket_of (2), number (3), data, size));
            break;
        }
        default:
            result (zmq_setsockopt (socket_of (2), number (3), NULL, 0));
    }
}

static void op_get (void)
{
    unsigned char value[600];
    memset (value, 0xee, sizeof value);
    int option = number (3);
    size_t size = (size_t) number (4);
    if (size > sizeof value)
        size = sizeof value;
    size_t room = size;
    if (result (zmq_getsockopt (socket_of (2), option, value, &size)) == -1)
        return;
    if (option == ZMQ_FD && size == sizeof (int))
        printf (" descriptor");
    else if (option == ZMQ_LAST_ENDPOINT && size) {
        printf (" size %s", size == strlen ((char *) value) + 1 ? "right" : "wrong");
        print_endpoint ((char *) value);
    } else
        print_data (value, size);
    size_t filled = size;
    while (filled < room && value[filled] == 0)
        filled++;
    if (room > size && option != ZMQ_LAST_ENDPOINT)
        printf (" rest %s", filled == room ? "zero" : "kept");
}

static void op_bind (void)
{
    void *socket = socket_of (2);
    int bound = result (zmq_bind (socket, endpoint_of (3)));
    if (bound == -1 || !*word (4))
        return;
    char text[TEXT];
    size_t size = sizeof text;
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, text, &size) == 0)
        strcpy (endpoints[slot (4)], text);
}

static void op_connect (void)
{
    result (zmq_connect (socket_of (2), endpoint_of (3)));
}

static void op_unbind (void)
{
    result (zmq_unbind (socket_of (2), endpoint_of (3)));
}

static void op_disconnect (void)
{
    result (zmq_disconnect (socket_of (2), endpoint_of (3)));
}

/* ---- sending and receiving ---- */

static void op_send (void)
{
    size_t size;
    unsigned char *data = payload (word (4), &size);
    result (zmq_send (socket_of (2), data, size, number (3)));
}

static void op_sendc (void)
{
    static const char constant[] = "constants live for ever, they are never copied or freed";
    size_t size = (size_t) number (4) % sizeof constant;
    result (zmq_send_const (socket_of (2), constant, size, number (3)));
}

/* Several messages of two frames at once. */
static void op_burst (void)
{
    int count = number (4);
    size_t size;
    for (int i = 0; i < count; i++) {
        unsigned char *data = payload (word (5), &size);
        if (size > 0)
            data[size - 1] = (unsigned char) i;
        result (zmq_send (socket_of (2), data, size, number (3) | ZMQ_SNDMORE));
        result (zmq_send (socket_of (2), data, size, number (3)));
    }
}

static void keep_id (int i, const void *data, size_t size)
{
    if (!isdigit ((unsigned char) *word (i)) || size > sizeof sockets[0].id)
        return;
    memcpy (sockets[slot (i)].id, data, size);
    sockets[slot (i)].id_size = size;
}

static void op_recv (void)
{
    static unsigned char buffer[MOST];
    size_t room = (size_t) number (4) % MOST;
    memset (buffer, 0xee, room + 1);
    int size = result (zmq_recv (socket_of (2), buffer, room, number (3)));
    if (size == 5 && buffer[0] == 0)
        printf (" perhaps a number");
    else if (size >= 0) {
        print_data (buffer, (size_t) size < room ? (size_t) size : room);
        printf ("%s", buffer[room] == 0xee ? "" : " overrun");
    }
}

/* One message of any number of frames; says nothing if there is none. */
static int receive (void *socket, int flags)
{
    for (int frame = 0;; frame++) {
        zmq_msg_t msg;
        zmq_msg_init (&msg);
        int size = zmq_msg_recv (&msg, socket, flags);
        if (size == -1) {
            int error = errno;
            zmq_msg_close (&msg);
            errno = error;
            return -1;
        }
        result (size);
        print_data (zmq_msg_data (&msg), zmq_msg_size (&msg));
        if (frame == 0)
            keep_id (2, zmq_msg_data (&msg), zmq_msg_size (&msg));
        bool more = zmq_msg_more (&msg);
        zmq_msg_close (&msg);
        if (!more)
            return frame;
    }
}

static void op_recvmsg (void)
{
    if (receive (socket_of (2), number (3)) == -1)
        result (-1);
}

static void op_drain (void)
{
    bool waited = false;
    for (int left = 200; left > 0; left--) {
        if (receive (socket_of (2), ZMQ_DONTWAIT) >= 0) {
            printf (" /");
            waited = false;
        } else if (errno != EAGAIN || waited) {
            result (-1);
            return;
        } else {
            quiet (); /* more may come into the room that there is now */
            waited = true;
        }
    }
}

static void op_sendiov (void)
{
    static unsigned char buffers[8][8192];
    struct iovec parts[8];
    int count = 0;
    for (int i = 4; i < word_count && count < 8; i++, count++) {
        size_t size;
        unsigned char *data = payload (word (i), &size);
        size = size > sizeof buffers[0] ? sizeof buffers[0] : size;
        memcpy (buffers[count], data, size);
        parts[count] = (struct iovec){buffers[count], size};
    }
    result (zmq_sendiov (socket_of (2), parts, (size_t) count, number (3)));
}

static void op_recviov (void)
{
    struct iovec parts[8];
    memset (parts, 0, sizeof parts);
    size_t count = (size_t) number (4) % 9;
    result (zmq_recviov (socket_of (2), parts, &count, number (3)));
    printf (" count %zu", count);
    for (size_t i = 0; i < count && i < 8; i++) {
        if (parts[i].iov_base)
            print_data (parts[i].iov_base, parts[i].iov_len);
        free (parts[i].iov_base);
    }
}

/* forward FROM TO: one message, frame by frame. */
static void op_forward (void)
{
    for (bool more = true; more;) {
        zmq_msg_t msg;
        zmq_msg_init (&msg);
        if (result (zmq_msg_recv (&msg, socket_of (2), ZMQ_DONTWAIT)) == -1) {
            zmq_msg_close (&msg);
            return;
        }
        more = zmq_msg_more (&msg);
        printf (" ->");
        if (result (zmq_msg_send (&msg, socket_of (3), ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0))) == -1)
            zmq_msg_close (&msg);
    }
}

/* answer SOCKET PAYLOAD: one message goes back to where it came from, as far as its first empty frame,
 * with something else behind it. */
static void op_answer (void)
{
    bool copy = true;
    for (bool more = true; more;) {
        zmq_msg_t msg;
        zmq_msg_init (&msg);
        if (zmq_msg_recv (&msg, socket_of (2), ZMQ_DONTWAIT) == -1) {
            result (-1);
            zmq_msg_close (&msg);
            return;
        }
        bool empty = zmq_msg_size (&msg) == 0;
        more = zmq_msg_more (&msg);
        print_data (zmq_msg_data (&msg), zmq_msg_size (&msg));
        if (copy && more)
            result (zmq_msg_send (&msg, socket_of (2), ZMQ_DONTWAIT | ZMQ_SNDMORE));
        zmq_msg_close (&msg);
        copy = copy && !empty;
    }
    size_t size;
    unsigned char *data = payload (word (3), &size);
    result (zmq_send (socket_of (2), data, size, ZMQ_DONTWAIT));
}

#include "strangers.h"

#include "floods.h"

/* poll TIMEOUT SOCKET:EVENTS... */
static void op_poll (void)
{
    zmq_pollitem_t items[WORDS];
    memset (items, 0, sizeof items);
    int count = 0;
    for (int i = 3; i < word_count; i++, count++) {
        const char *colon = strchr (word (i), ':');
        items[count].socket = *word (i) == 'f' ? NULL : handle (word (i));
        items[count].fd = *word (i) == 'f' ? -1 : 0;
        items[count].events = colon ? (short) atoi (colon + 1) : 0;
        if (!items[count].socket && *word (i) != 'f')
            items[count].socket = handle ("!");
    }
    int ready = result (zmq_poll (items, count, number (2)));
    for (int i = 0; i < count && ready >= 0; i++)
        printf (" %d", items[i].revents);
}

static int events_of (void *socket)
{
    int events = -1;
    size_t size = sizeof events;
    return zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size) == 0 ? events : -1;
}

/* A change of ZMQ_EVENTS is told by ZMQ_FD, if nothing was called on the socket before it. */
static void op_fdpoll (void)
{
    struct pollfd item = {.events = POLLIN};
    size_t size = sizeof item.fd;
    struct socket_slot *own = &sockets[slot (2)];
    bool watched = own->watched;
    if (result (zmq_getsockopt (socket_of (2), ZMQ_FD, &item.fd, &size)) == -1)
        return;
    int readable = poll (&item, 1, 0), now = events_of (own->handle);
    printf (" events %d", now);
    if (watched && now > 0 && (now & ~own->events) && !readable)
        printf (" that nobody was told of");
    own->watched = true;
    own->events = now;
}

/* Sockets see what happened to them inside calls only: so there is one for each. */
static void settle (void)
{
    quiet ();
    if (lazy)
        return;
    for (int i = 0; i < SLOTS; i++)
        if (sockets[i].handle && !sockets[i].in_proxy && !sockets[i].watched)
            events_of (sockets[i].handle);
    quiet ();
}

static void op_lazy (void)
{
    lazy = number (2);
}

#include "authenticator.h"

/* ---- monitors and proxies ---- */

static void op_monitor (void)
{
    const char *endpoint = strcmp (word (3), "-") ? endpoint_of (3) : NULL;
    result (zmq_socket_monitor (socket_of (2), endpoint, number (4)));
}

static void print_event (const unsigned char *data, size_t size)
{
    uint16_t event;
    uint32_t value;
    if (size != 6) {
        print_data (data, size);
        return;
    }
    memcpy (&event, data, 2);
    memcpy (&value, data + 2, 4);
    printf (" | %04x", event);
    /* The others carry a descriptor, an interval with chance in it, or an error that may be old. */
    if (event & (ZMQ_EVENT_CONNECT_DELAYED | ZMQ_EVENT_BIND_FAILED))
        printf (" %s", error_name ((int) value));
    if (event & (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH))
        printf (" %x", value);
}

static void op_monread (void)
{
    for (int left = 100; left > 0; left--) {
        zmq_msg_t event, address;
        zmq_msg_init (&event);
        if (zmq_msg_recv (&event, socket_of (2), ZMQ_DONTWAIT) == -1) {
            printf (" %s", error_name (errno));
            return;
        }
        print_event (zmq_msg_data (&event), zmq_msg_size (&event));
        bool more = zmq_msg_more (&event);
        zmq_msg_close (&event);
        if (!more)
            continue;
        char text[TEXT] = "";
        zmq_msg_init (&address);
        zmq_msg_recv (&address, socket_of (2), ZMQ_DONTWAIT);
        size_t size = zmq_msg_size (&address);
        memcpy (text, zmq_msg_data (&address), size < TEXT ? size : TEXT - 1);
        print_endpoint (text);
        zmq_msg_close (&address);
    }
}

static void *run_proxy (void *argument)
{
    struct thread_slot *own = argument;
    own->result = own->sockets[3]
                    ? zmq_proxy_steerable (own->sockets[0], own->sockets[1], own->sockets[2], own->sockets[3])
                    : zmq_proxy (own->sockets[0], own->sockets[1], own->sockets[2]);
    own->error = errno;
    own->done = true;
    return NULL;
}

static void op_proxy (void)
{
    if (proxy.started)
        return;
    for (int i = 0; i < 4; i++) {
        proxy.sockets[i] = socket_of (2 + i);
        if (proxy.sockets[i])
            subject->in_proxy = true;
    }
    proxy.started = true;
    proxy.done = false;
    pthread_create (&proxy.thread, NULL, run_proxy, &proxy);
}

static void op_proxyjoin (void)
{
    for (int i = 0; proxy.started && i < 20 && !proxy.done; i++)
        quiet ();
    if (!proxy.started || !proxy.done) {
        printf (" %s", proxy.started ? "runs" : "none");
        return;
    }
    pthread_join (proxy.thread, NULL);
    proxy.started = false;
    for (int i = 0; i < SLOTS; i++)
        sockets[i].in_proxy = false;
    errno = proxy.error;
    result (proxy.result);
}

/* ---- messages ---- */

static void free_data (void *data, void *hint)
{
    (void) hint;
    free (data);
    __atomic_add_fetch (&freed, 1, __ATOMIC_SEQ_CST);
}

static void drop_message (int m)
{
    if (message_valid[m])
        zmq_msg_close (&messages[m]);
    message_valid[m] = false;
}

static void op_minit (void)
{
    drop_message (slot (2));
    result (zmq_msg_init (&messages[slot (2)]));
    message_valid[slot (2)] = true;
}

static void op_msize (void)
{
    int m = slot (2);
    size_t size;
    unsigned char *data = payload (word (3), &size);
    drop_message (m);
    result (zmq_msg_init_size (&messages[m], size));
    memcpy (zmq_msg_data (&messages[m]), data, size);
    message_valid[m] = true;
}

static void op_mdata (void)
{
    int m = slot (2);
    size_t size;
    unsigned char *data = payload (word (3), &size);
    void *copy = malloc (size + 1);
    memcpy (copy, data, size);
    drop_message (m);
    result (zmq_msg_init_data (&messages[m], copy, size, free_data, NULL));
    message_valid[m] = true;
    given++;
}

static void op_mconst (void)
{
    static unsigned char constant[64] = "a constant message";
    drop_message (slot (2));
    result (zmq_msg_init_data (&messages[slot (2)], constant, (size_t) number (3) % 64, NULL, NULL));
    message_valid[slot (2)] = true;
}

static void op_mclose (void)
{
    result (zmq_msg_close (&messages[slot (2)]));
    message_valid[slot (2)] = false;
}

static void op_mmove (void)
{
    result (zmq_msg_move (&messages[slot (2)], &messages[slot (3)]));
}

static void op_mcopy (void)
{
    result (zmq_msg_copy (&messages[slot (2)], &messages[slot (3)]));
}

static bool absent (int m)
{
    if (!message_valid[m])
        printf (" no message");
    return !message_valid[m];
}

static void op_mdump (void)
{
    int m = slot (2);
    if (absent (m))
        return;
    print_data (zmq_msg_data (&messages[m]), zmq_msg_size (&messages[m]));
    printf (" more %d shared %d %s", zmq_msg_more (&messages[m]), zmq_msg_get (&messages[m], ZMQ_SHARED),
            zmq_msg_get (&messages[m], ZMQ_SRCFD) >= 0 ? "from a descriptor" : "from nowhere");
}

static void op_mget (void)
{
    if (!absent (slot (2)) && number (3) != ZMQ_SRCFD)
        result (zmq_msg_get (&messages[slot (2)], number (3)));
}

static void op_mset (void)
{
    if (!absent (slot (2)))
        result (zmq_msg_set (&messages[slot (2)], number (3), number (4)));
}

static void op_mgets (void)
{
    if (absent (slot (2)))
        return;
    const char *value = zmq_msg_gets (&messages[slot (2)], word (3));
    int error = errno;
    if (!value)
        printf (" NULL %s", error_name (error));
    else if (!strcmp (word (3), "Peer-Address") && strchr (value, ':'))
        printf (" credentials");
    else if (!strcmp (word (3), "__fd"))
        printf (" descriptor");
    else
        printf (" '%s'", value);
}

static void op_msend (void)
{
    if (!absent (slot (3))) {
        result (zmq_msg_send (&messages[slot (3)], socket_of (2), number (4)));
        printf (" left %zu", zmq_msg_size (&messages[slot (3)]));
    }
}

static void op_mrecv (void)
{
    int m = slot (3);
    if (absent (m))
        return;
    if (result (zmq_msg_recv (&messages[m], socket_of (2), number (4))) >= 0)
        print_data (zmq_msg_data (&messages[m]), zmq_msg_size (&messages[m]));
    else
        printf (" left %zu", zmq_msg_size (&messages[m]));
}

/* ---- utilities ---- */

static void op_has (void)
{
    result (zmq_has (word (2)));
}

static void op_strerror (void)
{
    printf (" %s", zmq_strerror (number (2)));
}

static void op_z85e (void)
{
    size_t size;
    char text[800];
    unsigned char *data = payload (word (2), &size);
    size = size > 600 ? 600 : size;
    printf (" %s", zmq_z85_encode (text, data, size) ? text : error_name (errno));
}

static void op_z85d (void)
{
    unsigned char data[TEXT];
    memset (data, 0, sizeof data);
    size_t length = strlen (endpoint_of (2));
    if (length >= TEXT || !zmq_z85_decode (data, endpoint_of (2)))
        printf (" %s", error_name (errno));
    else
        print_data (data, length / 5 * 4);
}

/* counter N inc|dec|value|destroy or a number to set */
static void op_counter (void)
{
    int c = slot (2);
    if (!counters[c])
        counters[c] = zmq_atomic_counter_new ();
    if (!strcmp (word (3), "inc"))
        printf (" %d", zmq_atomic_counter_inc (counters[c]));
    else if (!strcmp (word (3), "dec"))
        printf (" %d", zmq_atomic_counter_dec (counters[c]));
    else if (!strcmp (word (3), "value"))
        printf (" %d", zmq_atomic_counter_value (counters[c]));
    else if (!strcmp (word (3), "destroy")) {
        zmq_atomic_counter_destroy (&counters[c]);
        printf (" %s", counters[c] ? "kept" : "NULL");
    } else
        zmq_atomic_counter_set (counters[c], number (3));
}

/* Tells who reads the script something. */
static void op_note (void)
{
}

static void op_wait (void)
{
    sleep_us (number (2) * 1000L);
}

/* ---- the table, and the way through a script ---- */

static const struct operation {
    const char *name;
    void (*run) (void);
    bool settle;
} operations[] = {
  {"ctx", op_ctx, false},           {"ctxset", op_ctxset, false},
  {"ctxget", op_ctxget, false},     {"shutdown", op_shutdown, true},
  {"term", op_term, true},          {"join", op_join, true},
  {"sock", op_sock, true},          {"close", op_close, true},
  {"set", op_set, true},            {"get", op_get, true},
  {"bind", op_bind, true},          {"connect", op_connect, true},
  {"unbind", op_unbind, true},      {"disconnect", op_disconnect, true},
  {"send", op_send, true},          {"sendc", op_sendc, true},
  {"burst", op_burst, true},        {"recv", op_recv, true},
  {"recvmsg", op_recvmsg, true},    {"drain", op_drain, true},
  {"sendiov", op_sendiov, true},    {"recviov", op_recviov, true},
  {"poll", op_poll, true},          {"fdpoll", op_fdpoll, true},
  {"monitor", op_monitor, true},    {"monread", op_monread, true},
  {"proxy", op_proxy, true},        {"proxyjoin", op_proxyjoin, true},
  {"minit", op_minit, false},       {"msize", op_msize, false},
  {"mdata", op_mdata, false},       {"mconst", op_mconst, false},
  {"mclose", op_mclose, false},     {"mmove", op_mmove, false},
  {"mcopy", op_mcopy, false},       {"mdump", op_mdump, false},
  {"mget", op_mget, false},         {"mset", op_mset, false},
  {"mgets", op_mgets, false},       {"msend", op_msend, true},
  {"mrecv", op_mrecv, true},        {"has", op_has, false},
  {"strerror", op_strerror, false}, {"z85e", op_z85e, false},
  {"z85d", op_z85d, false},         {"counter", op_counter, false},
  {"wait", op_wait, true},          {"lazy", op_lazy, false},
  {"note", op_note, false},         {"forward", op_forward, true},
  {"answer", op_answer, true},      {"raw", op_raw, true},
  {"rawbind", op_rawbind, false},   {"rawaccept", op_rawaccept, true},
  {"rawsend", op_rawsend, true},    {"rawread", op_rawread, false},
  {"rawclose", op_rawclose, true},  {"zap", op_zap, true},
  {"zaplog", op_zaplog, false},     {"flood", op_flood, true},
  {"gather", op_gather, true},      {"through", op_through, true},
};

static void step (char *line)
{
    line[strcspn (line, "\n")] = 0;
    if (!*line || *line == '#')
        return;
    printf ("%s", line);
    word_count = 0;
    for (char *next = strtok (line, " "); next && word_count < WORDS; next = strtok (NULL, " "))
        words[word_count++] = next;
    subject = NULL;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp (operations[i].name, word (1)))
            continue;
        operations[i].run ();
        printf ("\n");
        if (operations[i].settle)
            settle ();
        return;
    }
    printf (" ? no such operation\n");
    exit (2);
}

/* Ends what the script left open, and says how that went. */
static void finish (void)
{
    printf ("end");
    if (proxy.started) {
        for (int i = 0; i < SLOTS; i++)
            if (contexts[i])
                zmq_ctx_shutdown (contexts[i]);
        op_proxyjoin ();
    }
    for (int i = 0; i < SLOTS; i++) {
        drop_message (i);
        if (sockets[i].handle)
            zmq_close (sockets[i].handle);
    }
    for (int i = 0; i < SLOTS; i++)
        start_term (i);
    for (int i = 0; i < SLOTS; i++)
        join_term (i);
    printf (" freed %d of %d\n", freed, given);
}

int main (int argc, char **argv)
{
    static char line[1 << 16];
    FILE *script = argc == 2 ? fopen (argv[1], "r") : NULL;
    if (!script) {
        fprintf (stderr, "usage: run SCRIPT\n");
        return 2;
    }
    setvbuf (stdout, NULL, _IOLBF, 1 << 16);
    alarm (20);
    while (fgets (line, sizeof line, script))
        step (line);
    finish ();
    fflush (stdout);
    _exit (0);
}
