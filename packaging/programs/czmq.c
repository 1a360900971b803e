/* CZMQ, the C binding, and its actors: authentication by certificates, a proxy, a poller, messages.
   packages: libczmq-dev
   build: cc -I$ROOT/usr/include czmq.c -o $OUT/czmq -L$ROOT/usr/lib/x86_64-linux-gnu -Wl,-rpath-link,$ROOT/usr/lib/x86_64-linux-gnu -lczmq -lzmq
   run: ./czmq
   quick: yes */
#include <czmq.h>

int main (void)
{
    zactor_t *auth = zactor_new (zauth, NULL);
    zstr_sendx (auth, "CURVE", CURVE_ALLOW_ANY, NULL);
    zsock_wait (auth);

    zcert_t *certificate = zcert_new (), *other = zcert_new ();
    zsock_t *server = zsock_new (ZMQ_REP), *client = zsock_new (ZMQ_REQ);
    zcert_apply (certificate, server);
    zsock_set_curve_server (server, 1);
    int port = zsock_bind (server, "tcp://127.0.0.1:*");
    zcert_apply (other, client);
    zsock_set_curve_serverkey (client, zcert_public_txt (certificate));
    zsock_connect (client, "tcp://127.0.0.1:%d", port);
    zsock_send (client, "sif", "question", 42, zframe_new ("frame", 5));
    char *text = NULL;
    int number = 0;
    zframe_t *frame = NULL;
    zsock_recv (server, "sif", &text, &number, &frame);
    printf ("%s %d %zu\n", text, number, zframe_size (frame));
    zstr_send (server, "answer");
    char *answer = zstr_recv (client);
    puts (answer);

    zactor_t *proxy = zactor_new (zproxy, NULL);
    zstr_sendx (proxy, "FRONTEND", "XSUB", "inproc://in", NULL);
    zsock_wait (proxy);
    zstr_sendx (proxy, "BACKEND", "XPUB", "inproc://out", NULL);
    zsock_wait (proxy);
    zsock_t *sub = zsock_new_sub (">inproc://out", "news");
    zsock_t *pub = zsock_new_xpub (">inproc://in");
    zframe_t *subscription = zframe_recv (pub);
    printf ("subscribed %zu\n", zframe_size (subscription));
    zstr_sendx (pub, "sport", "no", NULL);
    zstr_sendx (pub, "news", "yes", NULL);
    zpoller_t *poller = zpoller_new (sub, client, NULL);
    printf ("ready: %s\n", zpoller_wait (poller, 10000) == sub ? "sub" : "other");
    zmsg_t *message = zmsg_recv (sub);
    printf ("%zu frames, %zu bytes\n", zmsg_size (message), zmsg_content_size (message));

    zmsg_destroy (&message);
    zframe_destroy (&subscription);
    zframe_destroy (&frame);
    zstr_free (&text);
    zstr_free (&answer);
    zpoller_destroy (&poller);
    zsock_destroy (&sub);
    zsock_destroy (&pub);
    zactor_destroy (&proxy);
    zsock_destroy (&server);
    zsock_destroy (&client);
    zcert_destroy (&certificate);
    zcert_destroy (&other);
    zactor_destroy (&auth);
    return 0;
}
