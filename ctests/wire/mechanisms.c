/* PLAIN and CURVE peers made by hand that say something wrong: which event
   the other side raises, and whether it closes or answers. */
#include "check.h"

static void *ctx;

/* Waits for what the peer says about the handshake. Without an event the end
   of the connection is told. */
static void
say_outcome (const char *label, void *monitor)
{
    for (;;) {
        mon_event e = mon_next (monitor, LONG_WAIT);
        if (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
            SAY ("%s: PROTOCOL %x", label, (unsigned) e.value);
        else if (e.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            SAY ("%s: AUTH %d", label, e.value);
        else if (e.event == ZMQ_EVENT_DISCONNECTED || e.event == -1)
            SAY ("%s: %s", label, e.event == -1 ? "nothing" : "DISCONNECTED");
        else
            continue;
        return;
    }
}

static void
exchange_greetings (int fd, const char *mechanism)
{
    unsigned char g[64], theirs[64];
    z_greeting (g, 3, 1);
    memset (g + 12, 0, 20);
    memcpy (g + 12, mechanism, strlen (mechanism));
    raw_send (fd, g, sizeof g);
    CHECK_EQ (raw_recv (fd, theirs, 64, LONG_WAIT), 64);
    CHECK (memcmp (theirs + 12, g + 12, 20) == 0);
    CHECK_EQ (theirs[32], 0);
}

typedef struct
{
    const char *label;
    const char *body;
    size_t size;
} command;

#define C(label, text) {label, text, sizeof text - 1}

static const command any[] = {
  C ("nothing", ""), C ("one byte", "\0"), C ("a short name", "\5HEL"), C ("a name only", "\4PING"),
  C ("no name", "\0xyz"), C ("READY", "\5READY"), C ("WELCOME", "\7WELCOME"),
  C ("INITIATE", "\10INITIATE"), C ("ERROR 400", "\5ERROR\003400"), C ("ERROR odd", "\5ERROR\003abc"),
  C ("ERROR empty", "\5ERROR\0"), C ("ERROR short", "\5ERROR"), C ("ERROR cut", "\5ERROR\00340"),
  C ("MESSAGE", "\7MESSAGE"), C ("long", "\7WELCOME."), C ("HELLO", "\5HELLO"),
};

static const command hello[] = {
  C ("no fields", "\5HELLO"), C ("user cut", "\5HELLO\5use"), C ("no password", "\5HELLO\4user"),
  C ("password cut", "\5HELLO\4user\4pas"), C ("more behind", "\5HELLO\4user\4pass."),
  C ("other case", "\5hello\4user\4pass"),
};

#define COUNT(list) (sizeof list / sizeof *list)

static void
set_keys (void *s, int server)
{
    /* any pair will do */
    static const char pub[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    static const char sec[] = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, sec, 41));
    if (server)
        OK (set_int (s, ZMQ_CURVE_SERVER, 1));
    else {
        OK (zmq_setsockopt (s, ZMQ_CURVE_PUBLICKEY, pub, 41));
        OK (zmq_setsockopt (s, ZMQ_CURVE_SERVERKEY, pub, 41));
    }
}

/* A raw client says `c` to a server. */
static void
to_server (const char *mechanism, const command *c)
{
    char ep[EP_MAX], label[100];
    void *s = new_sock (ctx, ZMQ_DEALER);
    if (*mechanism == 'P')
        OK (set_int (s, ZMQ_PLAIN_SERVER, 1));
    else
        set_keys (s, 1);
    void *monitor = mon_open (ctx, s, ZMQ_EVENT_ALL);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    exchange_greetings (fd, mechanism);
    z_send (fd, Z_COMMAND, c->body, c->size);
    snprintf (label, sizeof label, "%s server, %s", mechanism, c->label);
    say_outcome (label, monitor);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_close (s, monitor);
    close0 (s);
}

/* The original spells the ERROR of PLAIN in its own way and understands no
   other; ours understands both. */
static command
spelled (const char *mechanism, const command *c, char copy[16])
{
    command result = *c;
    if (*mechanism == 'P' && strncmp (c->label, "ERROR", 5) == 0) {
        memcpy (copy, c->body, c->size);
        copy[0] = '^';
        memmove (copy + 1, copy + 2, c->size - 2);
        result.body = copy;
        result.size--;
    }
    return result;
}

/* A raw server says `c` to a client, perhaps after `before`. */
static void
to_client (const char *mechanism, const command *before, const command *c)
{
    char ep[EP_MAX], label[100];
    int listener = raw_listen (ep);
    void *s = new_sock (ctx, ZMQ_DEALER);
    if (*mechanism == 'P') {
        OK (set_str (s, ZMQ_PLAIN_USERNAME, "joe"));
        OK (set_str (s, ZMQ_PLAIN_PASSWORD, "secret"));
    } else
        set_keys (s, 0);
    void *monitor = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, ep));
    int fd = raw_accept (listener);
    exchange_greetings (fd, mechanism);
    z_frame *f = z_recv (fd);
    CHECK (f->flags == Z_COMMAND && memcmp (f->body, "\5HELLO", 6) == 0);
    if (*mechanism == 'P')
        CHECK (f->size == 17 && memcmp (f->body + 6, "\3joe\6secret", 11) == 0);
    else {
        CHECK_EQ (f->size, 200);
        say_bytes ("HELLO", f->body, 16);
        say_bytes ("nonce", f->body + 112, 8);
    }
    if (before) {
        z_send (fd, Z_COMMAND, before->body, before->size);
        f = z_recv (fd);
        say_bytes ("then", f->body, f->size);
    }
    char copy[16];
    command said = spelled (mechanism, c, copy);
    z_send (fd, Z_COMMAND, said.body, said.size);
    snprintf (label, sizeof label, "%s client, %s%s", mechanism, before ? "later " : "", c->label);
    say_outcome (label, monitor);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    close (listener);
    mon_close (s, monitor);
    close0 (s);
}

/* CURVE commands of the right size whose content is wrong. */
static void
curve_noise (void)
{
    unsigned char bytes[300];
    for (int version = 0; version < 3; version++)
        for (size_t size = 199; size <= 201; size++) {
            memset (bytes, 7, sizeof bytes);
            memcpy (bytes, "\5HELLO\1\0", 8);
            bytes[6] = (unsigned char) version;
            char label[50];
            snprintf (label, sizeof label, "HELLO %d, %zu bytes", version, size);
            command c = {label, (char *) bytes, size};
            to_server ("CURVE", &c);
        }
    memcpy (bytes, "\5HELLO\1\1", 8);
    to_server ("CURVE", &(command){"HELLO 1.1", (char *) bytes, 200});
    memcpy (bytes, "\5HELLX\1\0", 8);
    to_server ("CURVE", &(command){"HELLX", (char *) bytes, 200});
    memcpy (bytes, "\10INITIATE", 9);
    to_server ("CURVE", &(command){"INITIATE first", (char *) bytes, 300});
    for (size_t size = 167; size <= 169; size++) {
        memcpy (bytes, "\7WELCOME", 8);
        char label[50];
        snprintf (label, sizeof label, "WELCOME of %zu bytes", size);
        to_client ("CURVE", NULL, &(command){label, (char *) bytes, size});
    }
    memcpy (bytes, "\5READY", 6);
    to_client ("CURVE", NULL, &(command){"READY first", (char *) bytes, 100});
}

/* Both sides name different mechanisms. */
static void
mismatch (void)
{
    unsigned char g[64];
    char ep[EP_MAX];
    z_greeting (g, 3, 1);
    memcpy (g + 12, "PLAIN", 5);
    void *s = new_sock (ctx, ZMQ_DEALER);
    void *monitor = mon_open (ctx, s, ZMQ_EVENT_ALL);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    raw_send (fd, g, sizeof g);
    say_outcome ("NULL server, PLAIN client", monitor);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_close (s, monitor);
    close0 (s);
    int listener = raw_listen (ep);
    s = new_sock (ctx, ZMQ_DEALER);
    monitor = mon_open (ctx, s, ZMQ_EVENT_ALL);
    OK (zmq_connect (s, ep));
    fd = raw_accept (listener);
    raw_send (fd, g, sizeof g);
    say_outcome ("NULL client, PLAIN server", monitor);
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    close (listener);
    mon_close (s, monitor);
    close0 (s);
}

/* A client that says more while it is being asked about. */
static void
impatient (const command *c)
{
    char ep[EP_MAX], label[100];
    void *handler = new_sock (ctx, ZMQ_REP), *s = new_sock (ctx, ZMQ_DEALER);
    AWAIT (zmq_bind (handler, "inproc://zeromq.zap.01") == 0);
    OK (set_int (s, ZMQ_PLAIN_SERVER, 1));
    void *monitor = mon_open (ctx, s, ZMQ_EVENT_ALL);
    bind_tcp (s, ep);
    int fd = raw_connect (ep);
    exchange_greetings (fd, "PLAIN");
    z_send (fd, Z_COMMAND, "\5HELLO\3joe\6secret", 17);
    expect (handler, "1.0", "1", "", "127.0.0.1", "", "PLAIN", "joe", "secret");
    z_send (fd, Z_COMMAND, c->body, c->size);
    snprintf (label, sizeof label, "while asked about, %s", c->label);
    say_outcome (label, monitor);
    send_parts (handler, "1.0", "1", "200", "", "joe", "");
    CHECK (raw_closed (fd, LONG_WAIT));
    close (fd);
    mon_close (s, monitor);
    close0 (s);
    close0 (handler);
}

int
main (void)
{
    static const command welcome = C ("WELCOME", "\7WELCOME");
    static const command misfit = C ("misfit", "\5READY\13Socket-Type\0\0\0\3PUB");
    static const command half = C ("half a property", "\5READY\13Socket");
    ctx = new_ctx ();
    for (size_t i = 0; i < COUNT (any); i++) {
        const command *c = &any[i];
        to_server ("CURVE", c);
        to_client ("CURVE", NULL, c);
        to_server ("PLAIN", c);
        /* the only one that is right here */
        if (strcmp (c->label, "WELCOME") != 0)
            to_client ("PLAIN", NULL, c);
        /* the one that is right there */
        if (strcmp (c->label, "READY") != 0)
            to_client ("PLAIN", &welcome, c);
    }
    for (size_t i = 0; i < COUNT (hello); i++)
        to_server ("PLAIN", &hello[i]);
    to_client ("PLAIN", &welcome, &misfit);
    to_client ("PLAIN", &welcome, &half);
    curve_noise ();
    mismatch ();
    impatient (&(command) C ("HELLO", "\5HELLO\3joe\6secret"));
    impatient (&(command) C ("READY", "\5READY"));
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);
    CHECK_TOLD (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    term (ctx);
    return 0;
}
