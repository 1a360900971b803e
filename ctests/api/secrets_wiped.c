/* Secrets are wiped after a conversation with CURVE and one with PLAIN, and when the context is gone. Neither
   secret keys, in either form, nor passwords are in the memory of the process, be it free, stack or static. Ours
   only: the original leaves them. */
#include "check.h"

enum { MOST = 16, MASK = 0x5a };

/* The part of each secret that is searched for: free() writes over the first 16 bytes, and the last byte
   changes where a key is multiplied with. Masked, so that it is not found here. */
static struct
{
    const char *name;
    size_t size;
    unsigned char masked[64];
} secrets[MOST];
static int secret_count;

static void
look_for (const char *name, const void *secret, size_t size)
{
    const size_t skip = 16;
    CHECK (secret_count < MOST && size > skip + 8 && size - skip <= 64);
    secrets[secret_count].name = name;
    secrets[secret_count].size = size - skip - 1;
    for (size_t i = skip; i < size - 1; i++)
        secrets[secret_count].masked[i - skip] = ((const unsigned char *) secret)[i] ^ MASK;
    secret_count++;
}

static unsigned char chunk[1 << 16];

static int
found_in (const char *region, unsigned long start, unsigned long end, int mem)
{
    const unsigned long own = (unsigned long) chunk;
    int found = 0;
    for (unsigned long at = start; at < end;) {
        unsigned long most = end - at < sizeof chunk ? end - at : sizeof chunk;
        if (at < own + sizeof chunk && at + most > own) {
            if (at >= own) {
                at = own + sizeof chunk;
                continue;
            }
            most = own - at;
        }
        ssize_t n = pread (mem, chunk, most, (off_t) at);
        if (n <= 0)
            break;
        for (int s = 0; s < secret_count; s++)
            for (ssize_t i = 0; i + (ssize_t) secrets[s].size <= n; i++) {
                size_t k = 0;
                while (k < secrets[s].size && (chunk[i + (ssize_t) k] ^ MASK) == secrets[s].masked[k])
                    k++;
                if (k == secrets[s].size) {
                    fprintf (stderr, "%s at %lx, %lu bytes before the end of %s", secrets[s].name,
                             at + (unsigned long) i, end - at - (unsigned long) i, region);
                    found++;
                }
            }
        /* a secret that lies across two chunks is in the next one too */
        at += (unsigned long) n > 64 && at + (unsigned long) n < end ? (unsigned long) n - 64 : (unsigned long) n;
    }
    explicit_bzero (chunk, sizeof chunk);
    return found;
}

static int
found (void)
{
    static char line[512];
    int found = 0, mem = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen ("/proc/self/maps", "r");
    CHECK (mem != -1 && maps != NULL);
    while (fgets (line, sizeof line, maps)) {
        unsigned long start, end;
        char mode[8];
        CHECK_EQ (sscanf (line, "%lx-%lx %7s", &start, &end, mode), 3);
        if (mode[0] == 'r' && mode[1] == 'w')
            found += found_in (line, start, end, mem);
    }
    fclose (maps);
    close (mem);
    return found;
}

static void
talk (void *server, void *client)
{
    char ep[EP_MAX];
    bind_tcp (server, ep);
    OK (zmq_connect (client, ep));
    send_str (client, "question", 0);
    expect (server, "question");
    send_str (server, "answer", 0);
    expect (client, "answer");
}

/* A new pair; the secret key in both forms. */
static void
new_pair (const char *names[2], char public[41], char secret[41], unsigned char bytes[32])
{
    OK (zmq_curve_keypair (public, secret));
    CHECK (zmq_z85_decode (bytes, secret) != NULL);
    look_for (names[0], bytes, 32);
    look_for (names[1], secret, 40);
}

/* Sets a key twice, so that one is replaced, and reads it in both forms. */
static void
set_key (void *s, const void *key, size_t size)
{
    char text[41], bytes[32];
    size_t n = sizeof text;
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, key, size));
    OK (zmq_setsockopt (s, ZMQ_CURVE_SECRETKEY, key, size));
    OK (zmq_getsockopt (s, ZMQ_CURVE_SECRETKEY, text, &n));
    n = sizeof bytes;
    OK (zmq_getsockopt (s, ZMQ_CURVE_SECRETKEY, bytes, &n));
    explicit_bzero (text, sizeof text);
    explicit_bzero (bytes, sizeof bytes);
}

static void
curve (void *ctx)
{
    void *server = new_sock (ctx, ZMQ_REP), *client = new_sock (ctx, ZMQ_REQ);
    char server_public[41], client_public[41], secret[41], derived[41];
    unsigned char bytes[32];
    new_pair ((const char *[]){"key of the server", "text of the key of the server"}, server_public, secret, bytes);
    OK (set_int (server, ZMQ_CURVE_SERVER, 1));
    set_key (server, secret, 40);
    OK (zmq_curve_public (derived, secret));
    CHECK_STR (derived, server_public);
    CHECK (zmq_z85_encode (secret, bytes, 32) != NULL);
    new_pair ((const char *[]){"key of the client", "text of the key of the client"}, client_public, secret, bytes);
    OK (zmq_setsockopt (client, ZMQ_CURVE_SERVERKEY, server_public, 41));
    OK (zmq_setsockopt (client, ZMQ_CURVE_PUBLICKEY, client_public, 41));
    set_key (client, bytes, 32);
    explicit_bzero (secret, sizeof secret);
    explicit_bzero (bytes, sizeof bytes);
    talk (server, client);
    close0 (client);
    close0 (server);
}

static void
make_up (char text[32], const char *name)
{
    FILE *f = fopen ("/dev/urandom", "r");
    CHECK (f != NULL);
    setvbuf (f, NULL, _IONBF, 0);
    CHECK_EQ (fread (text, 1, 31, f), 31);
    fclose (f);
    for (int i = 0; i < 31; i++)
        text[i] = (char) ('a' + (unsigned char) text[i] % 26);
    text[31] = 0;
    look_for (name, text, 31);
}

/* Lets one peer in. */
static void *
authenticator (void *zap)
{
    char frame[64], id[64];
    int id_size = 0;
    for (int i = 0, more = 1; more; i++) {
        int n = zmq_recv (zap, frame, sizeof frame, 0);
        CHECK (n >= 0);
        if (i == 1) {
            memcpy (id, frame, sizeof id);
            id_size = n;
        }
        more = rcvmore (zap);
        explicit_bzero (frame, sizeof frame);
    }
    send_str (zap, "1.0", ZMQ_SNDMORE);
    CHECK_EQ (zmq_send (zap, id, (size_t) id_size, ZMQ_SNDMORE), id_size);
    send_parts (zap, "200", "OK", "user", "");
    return NULL;
}

static void
plain (void *ctx)
{
    void *zap = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
    pthread_t t = start (authenticator, zap);
    void *server = new_sock (ctx, ZMQ_REP), *client = new_sock (ctx, ZMQ_REQ);
    char text[32], got[64];
    size_t n = sizeof got;
    OK (set_int (server, ZMQ_PLAIN_SERVER, 1));
    make_up (text, "name");
    OK (set_str (client, ZMQ_PLAIN_USERNAME, text));
    make_up (text, "password that is replaced");
    OK (set_str (client, ZMQ_PLAIN_PASSWORD, text));
    make_up (text, "password");
    OK (set_str (client, ZMQ_PLAIN_PASSWORD, text));
    OK (zmq_getsockopt (client, ZMQ_PLAIN_PASSWORD, got, &n));
    explicit_bzero (got, sizeof got);
    explicit_bzero (text, sizeof text);
    talk (server, client);
    finish (t);
    close0 (zap);
    close0 (client);
    close0 (server);
}

int
main (void)
{
    void *ctx = new_ctx ();
    curve (ctx);
    plain (ctx);
    term (ctx);
    CHECK_EQ (found (), 0);
    return 0;
}
