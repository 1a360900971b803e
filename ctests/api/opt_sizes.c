/* Sizes of option values: wrong ones are refused, strings come back with
   their NUL, binary values as they are. */
#include "check.h"

static void
text_option (void *s, int o, const char *label)
{
    static char big[400];
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 254, 255, 256, 300};
    memset (big, 'k', sizeof big);
    for (int i = 0; i < 10; i++) {
        errno = 0;
        int rc = zmq_setsockopt (s, o, big, sizes[i]);
        printf ("%s size %zu: %s", label, sizes[i], rc == 0 ? "ok" : err_name (errno));
        char got[512];
        size_t size = sizeof got;
        if (zmq_getsockopt (s, o, got, &size) == 0)
            printf (", reads %zu", size);
        putchar ('\n');
    }
    errno = 0;
    int rc = zmq_setsockopt (s, o, NULL, 0);
    printf ("%s NULL: %s", label, rc == 0 ? "ok" : err_name (errno));
    char got[512];
    size_t size = sizeof got;
    if (zmq_getsockopt (s, o, got, &size) == 0)
        printf (", reads %zu", size);
    putchar ('\n');
}

int
main (void)
{
    void *ctx = new_ctx ();
    void *s = new_sock (ctx, ZMQ_DEALER);
    /* ints of other sizes */
    int64_t wide = 5;
    for (int o = 0; o < 93; o++) {
        if ((o >= 62 && o <= 65) || (o >= 85 && o <= 91))
            continue;
        static const size_t sizes[] = {0, 1, 2, 3, 5, 8, 16};
        char buf[16] = {0};
        memcpy (buf, &wide, 8);
        printf ("option %d:", o);
        for (int i = 0; i < 7; i++) {
            errno = 0;
            int rc = zmq_setsockopt (s, o, buf, sizes[i]);
            printf (" %zu=%s", sizes[i], rc == 0 ? "ok" : err_name (errno));
        }
        putchar ('\n');
    }
    close0 (s);
    s = new_sock (ctx, ZMQ_DEALER);
    text_option (s, ZMQ_ROUTING_ID, "ROUTING_ID");
    text_option (s, ZMQ_BINDTODEVICE, "BINDTODEVICE");
    text_option (s, ZMQ_SUBSCRIBE, "SUBSCRIBE on DEALER");
    close0 (s);
    s = new_sock (ctx, ZMQ_SUB);
    text_option (s, ZMQ_SUBSCRIBE, "SUBSCRIBE");
    text_option (s, ZMQ_UNSUBSCRIBE, "UNSUBSCRIBE");
    close0 (s);
    s = new_sock (ctx, ZMQ_XPUB);
    text_option (s, ZMQ_XPUB_WELCOME_MSG, "XPUB_WELCOME_MSG");
    text_option (s, ZMQ_SUBSCRIBE, "SUBSCRIBE on XPUB");
    close0 (s);
    s = new_sock (ctx, ZMQ_XSUB);
    text_option (s, ZMQ_SUBSCRIBE, "SUBSCRIBE on XSUB");
    close0 (s);
    s = new_sock (ctx, ZMQ_ROUTER);
    text_option (s, ZMQ_CONNECT_ROUTING_ID, "CONNECT_ROUTING_ID");
    close0 (s);

    /* a routing id may hold any byte */
    s = new_sock (ctx, ZMQ_DEALER);
    OK (zmq_setsockopt (s, ZMQ_ROUTING_ID, "\0a\0", 3));
    char id[300];
    size_t size = sizeof id;
    OK (zmq_getsockopt (s, ZMQ_ROUTING_ID, id, &size));
    say_bytes ("routing id", id, size);
    size = 2;
    SHOW (zmq_getsockopt (s, ZMQ_ROUTING_ID, id, &size));
    size = 3;
    SHOW (zmq_getsockopt (s, ZMQ_ROUTING_ID, id, &size));

    /* LAST_ENDPOINT: needs room for its NUL */
    size = 1;
    SHOW (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, id, &size));
    SAY ("size %zu", size);
    OK (zmq_bind (s, "inproc://abc"));
    size = 12;
    SHOW (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, id, &size));
    size = 13;
    SHOW (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, id, &size));
    SAY ("size %zu, %s", size, id);
    memset (id, 'x', sizeof id);
    size = 50;
    OK (zmq_getsockopt (s, ZMQ_LAST_ENDPOINT, id, &size));
    SAY ("size %zu, the rest %s", size, id[13] == 0 && id[49] == 0 && id[50] == 'x' ? "zeroed" : "left");

    /* 8-byte options */
    int64_t n = 77;
    uint64_t u = 1;
    SHOW (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &n, 8));
    SHOW (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &n, 4));
    SHOW (zmq_setsockopt (s, ZMQ_AFFINITY, &u, 8));
    SHOW (zmq_setsockopt (s, ZMQ_AFFINITY, &u, 4));
    size = 8;
    SHOW (zmq_getsockopt (s, ZMQ_MAXMSGSIZE, &n, &size));
    SAY ("%lld", (long long) n);
    n = -5;
    SHOW (zmq_setsockopt (s, ZMQ_MAXMSGSIZE, &n, 8));
    n = 0;
    size = 8;
    SHOW (zmq_getsockopt (s, ZMQ_MAXMSGSIZE, &n, &size));
    SAY ("%lld", (long long) n);

    /* accept filters */
    static const char *const filters[] = {"foo", "127.0.0.1", "127.0.0.1/24", "127.0.0.1/33",
                                          "127.0.0.1/-1", "127.0.0.1/", "127.0.0.1/x", "::1",
                                          "::1/64", "0.0.0.0/0", "", "/", "127.0.0.1/32"};
    for (int i = 0; i < 13; i++) {
        errno = 0;
        int rc = zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, filters[i], strlen (filters[i]));
        SAY ("filter \"%s\": %s", filters[i], rc == 0 ? "ok" : err_name (errno));
    }
    SHOW (zmq_setsockopt (s, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
    close0 (s);
    term (ctx);
    return 0;
}
