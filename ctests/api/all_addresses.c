/* A name with several addresses: all are tried, one after the other. The
   program stands in for the system's resolver. */
#include "check.h"
#include <netdb.h>

static int lookups;

/* First an address where nobody listens, then the one of this machine. */
static struct sockaddr_in addresses[2];
static struct addrinfo list[2];

int
getaddrinfo (const char *node, const char *service, const struct addrinfo *hints,
             struct addrinfo **result)
{
    if (strcmp (node, "several.example") != 0) {
        int (*real) (const char *, const char *, const struct addrinfo *, struct addrinfo **)
          = (__typeof__ (real)) dlsym (RTLD_NEXT, "getaddrinfo");
        return real (node, service, hints, result);
    }
    if (hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    __atomic_add_fetch (&lookups, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++) {
        addresses[i].sin_family = AF_INET;
        OK (inet_pton (AF_INET, i ? "127.0.0.1" : "127.9.9.9", &addresses[i].sin_addr));
        list[i].ai_family = AF_INET;
        list[i].ai_socktype = SOCK_STREAM;
        list[i].ai_addr = (struct sockaddr *) &addresses[i];
        list[i].ai_addrlen = sizeof addresses[i];
        list[i].ai_next = i ? NULL : &list[1];
    }
    *result = list;
    return 0;
}

void
freeaddrinfo (struct addrinfo *result)
{
    void (*real) (struct addrinfo *) = (__typeof__ (real)) dlsym (RTLD_NEXT, "freeaddrinfo");
    if (result != list)
        real (result);
}

int
main (void)
{
    char ep[EP_MAX], named[EP_MAX];
    void *ctx = new_ctx (), *b = new_sock (ctx, ZMQ_PAIR), *c = new_sock (ctx, ZMQ_PAIR);
    bind_tcp (b, ep);
    snprintf (named, sizeof named, "tcp://several.example:%d", port_of (ep));
    void *m = mon_open (ctx, c, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED
                                  | ZMQ_EVENT_CONNECTED);
    OK (zmq_connect (c, named));
    send_str (c, "there", 0);
    expect (b, "there");
    /* the first address fails, the second is tried at once, without a pause */
    mon_expect (m, ZMQ_EVENT_CLOSED);
    mon_expect (m, ZMQ_EVENT_CONNECTED);
    CHECK_EQ (__atomic_load_n (&lookups, __ATOMIC_SEQ_CST), 1);
    mon_close (c, m);
    close0 (c);
    close0 (b);
    term (ctx);
    return 0;
}
