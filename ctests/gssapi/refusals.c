/* Where the original hangs, forgets or lets everybody in: a refusal by the
   authenticator ends the connection. A client that cannot prove who it is
   says so and tries again. Subscriptions and heartbeats survive encryption, and
   a key server that does not answer holds up nobody else. */
#include "realm.h"

static void
denied (void)
{
    static const char *const status[] = {"300", "400", "500"};
    char ep[EP_MAX];
    void *zap = new_sock (ctx, ZMQ_REP);
    OK (zmq_bind (zap, "inproc://zeromq.zap.01"));
    for (int i = 0; i < 3; i++) {
        void *s = server (ZMQ_DEALER), *c = client (ZMQ_DEALER);
        void *ms = mon_open (ctx, s, ZMQ_EVENT_ALL), *mc = mon_open (ctx, c, ZMQ_EVENT_ALL);
        OK (set_int (c, ZMQ_RECONNECT_IVL, -1));
        bind_tcp (s, ep);
        OK (zmq_connect (c, ep));
        send_str (c, "let me in", ZMQ_DONTWAIT);
        answer (zap, status[i]);
        mon_expect (ms, ZMQ_EVENT_LISTENING);
        mon_expect (ms, ZMQ_EVENT_ACCEPTED);
        CHECK_EQ (mon_expect (ms, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value, atoi (status[i]));
        mon_expect (ms, ZMQ_EVENT_DISCONNECTED);
        CHECK_EQ (mon_until (mc, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EPIPE);
        mon_expect (mc, ZMQ_EVENT_DISCONNECTED);
        quiet (s);
        mon_close (s, ms);
        mon_close (c, mc);
        close0 (c);
        close0 (s);
    }
    close0 (zap);
}

/* The client has nothing to show: an event, and another attempt later. */
static void
without_proof (void *c)
{
    char ep[EP_MAX];
    void *s = server (ZMQ_DEALER);
    void *m = mon_open (ctx, c, ZMQ_EVENT_ALL);
    OK (set_int (c, ZMQ_RECONNECT_IVL, 20));
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    CHECK_EQ (mon_until (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EACCES);
    mon_expect (m, ZMQ_EVENT_DISCONNECTED);
    mon_expect (m, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_EQ (mon_until (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EACCES);
    quiet (s);
    mon_close (c, m);
    close0 (c);
    close0 (s);
}

static void
unproven (void)
{
    void *c = client (ZMQ_DEALER);
    OK (set_str (c, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "nosuch"));
    without_proof (c);
    without_proof (client_named (ZMQ_DEALER, "stranger" REALM));
    without_proof (client_named (ZMQ_DEALER, "@@@"));
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_int (c, ZMQ_GSSAPI_SERVER, 0));
    without_proof (c);
    char *table = strdup (getenv ("KRB5_CLIENT_KTNAME"));
    char *cache = strdup (getenv ("KRB5CCNAME"));
    OK (setenv ("KRB5_CLIENT_KTNAME", "FILE:/nonexistent", 1));
    OK (setenv ("KRB5CCNAME", "MEMORY:none", 1));
    c = new_sock (ctx, ZMQ_DEALER);
    OK (set_str (c, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVICE));
    without_proof (c);
    OK (setenv ("KRB5_CLIENT_KTNAME", table, 1));
    OK (setenv ("KRB5CCNAME", cache, 1));
    free (table);
    free (cache);
}

/* A client needs no key that a service has. */
static void
client_only (void)
{
    char ep[EP_MAX];
    void *s = server (ZMQ_DEALER), *c = client_named (ZMQ_DEALER, "guest" REALM);
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    send_str (c, "good day", 0);
    expect (s, "good day");
    close0 (c);
    close0 (s);
}

/* A server without keys knows nobody; a token that is none proves nothing. */
static void
strange_tokens (void)
{
    static const char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\1GSSAPI";
    static const char initiate[] = "\4\x10\x08INITIATE\0\0\0\3abc";
    for (int keys = 0; keys < 2; keys++) {
        char ep[EP_MAX], buf[64];
        void *s = server (ZMQ_DEALER), *m = mon_open (ctx, s, ZMQ_EVENT_ALL);
        if (!keys)
            OK (set_str (s, ZMQ_GSSAPI_PRINCIPAL, "nosuch"));
        bind_tcp (s, ep);
        int fd = raw_connect (ep);
        CHECK_EQ (send (fd, greeting, 64, 0), 64);
        CHECK_EQ (send (fd, initiate, sizeof initiate - 1, 0), sizeof initiate - 1);
        mon_expect (m, ZMQ_EVENT_LISTENING);
        mon_expect (m, ZMQ_EVENT_ACCEPTED);
        if (keys)
            CHECK_EQ (mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value,
                      ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
        else
            CHECK_EQ (mon_expect (m, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value, EACCES);
        mon_expect (m, ZMQ_EVENT_DISCONNECTED);
        ssize_t got;
        while ((got = recv (fd, buf, sizeof buf, 0)) > 0)
            ;
        CHECK (got == 0 || errno == ECONNRESET);
        close (fd);
        mon_close (s, m);
        close0 (s);
    }
}

static void
subscriptions (void)
{
    char ep[EP_MAX];
    void *pub = server (ZMQ_XPUB), *sub = client (ZMQ_SUB);
    OK (set_str (sub, ZMQ_SUBSCRIBE, "top"));
    bind_tcp (pub, ep);
    OK (zmq_connect (sub, ep));
    expect (pub, "\1top");
    send_str (pub, "nothing", 0);
    send_str (pub, "topic", 0);
    expect (sub, "topic");
    /* they are told again to the next one */
    close0 (pub);
    pub = server (ZMQ_XPUB);
    OK (zmq_bind (pub, ep));
    AWAIT ((events (sub), wait_for (pub, ZMQ_POLLIN, 5)));
    expect (pub, "\1top");
    send_str (pub, "topic", 0);
    expect (sub, "topic");
    OK (set_str (sub, ZMQ_UNSUBSCRIBE, "top"));
    char cancel[8];
    CHECK_EQ (zmq_recv (pub, cancel, sizeof cancel, 0), 4);
    CHECK (memcmp (cancel, "\0top", 4) == 0);
    close0 (sub);
    close0 (pub);
}

/* Commands travel between the messages, encrypted too. */
static void
heartbeats (void)
{
    char ep[EP_MAX];
    void *s = server (ZMQ_PAIR), *c = client (ZMQ_PAIR);
    void *m = mon_open (ctx, c, ZMQ_EVENT_DISCONNECTED);
    OK (set_int (c, ZMQ_HEARTBEAT_IVL, 20));
    OK (set_int (c, ZMQ_HEARTBEAT_TIMEOUT, LONG_WAIT));
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    for (int n = 0; n < 20; n++) {
        send_str (c, "beat", 0);
        expect (s, "beat");
        pause_ms (10);
        send_str (s, "back", 0);
        expect (c, "back");
    }
    CHECK_EQ (mon_next (m, 0).event, -1);
    mon_close (c, m);
    close0 (c);
    close0 (s);
}

/* A realm whose key server takes every question and answers none. */
static void
deaf_key_server (void)
{
    char dir[EP_MAX], path[EP_MAX + 16], ep[EP_MAX];
    make_dir (dir);
    int deaf = raw_listen (ep);
    snprintf (path, sizeof path, "%s/krb5.conf", dir);
    FILE *f = fopen (path, "w");
    CHECK (f != NULL);
    fprintf (f, "[libdefaults]\n default_realm = ZINCMQ.TEST\n udp_preference_limit = 1\n"
                " dns_canonicalize_hostname = false\n qualify_shortname = \"\"\n"
                "[realms]\n ZINCMQ.TEST = {\n  kdc = 127.0.0.1:%d\n }\n", port_of (ep));
    CHECK_EQ (fclose (f), 0);
    char *config = strdup (getenv ("KRB5_CONFIG"));
    OK (setenv ("KRB5_CONFIG", path, 1));
    OK (setenv ("KRB5CCNAME", "MEMORY:deaf", 1));

    /* one I/O thread for all */
    void *other = new_ctx (), *usual = ctx;
    ctx = other;
    void *s = server (ZMQ_DEALER), *c = client (ZMQ_DEALER);
    bind_tcp (s, ep);
    OK (zmq_connect (c, ep));
    /* the question is there, and nobody answers */
    int question = raw_accept (deaf);
    CHECK (raw_wait (question, POLLIN, LONG_WAIT));
    for (int n = 0; n < 50; n++) {
        void *b, *d;
        pair_up (ctx, ZMQ_PAIR, ZMQ_PAIR, &b, &d);
        send_str (d, "meanwhile", 0);
        expect (b, "meanwhile");
        close0 (b);
        close0 (d);
    }
    quiet (s);
    close0 (c);
    close0 (s);
    term (ctx);
    /* all that while the answer was waited for */
    char bytes[512];
    ssize_t got;
    while ((got = recv (question, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        ;
    CHECK (got == -1 && errno == EAGAIN);
    close (question);
    close (deaf);
    ctx = usual;
    OK (setenv ("KRB5_CONFIG", config, 1));
    free (config);
    remove_dir (dir);
}

int
main (void)
{
    ctx = new_ctx ();
    denied ();
    unproven ();
    client_only ();
    strange_tokens ();
    subscriptions ();
    heartbeats ();
    deaf_key_server ();
    term (ctx);
    SAY ("done");
    return 0;
}
