/* Groups that cannot be joined, of which the original ends the process: the
   error comes from the call. */
#include "../check.h"

#define GROUP "127.0.0.1;239.192.77.1:5577"

static void
refused (void *ctx, int type, const char *endpoint, int error)
{
    void *s = new_sock (ctx, type);
    CHECK_ERRNO (zmq_connect (s, endpoint), error);
    CHECK_ERRNO (zmq_bind (s, endpoint), error);
    CHECK_ERRNO (zmq_disconnect (s, endpoint), ENOENT);
    close0 (s);
}

static void
refused_with (void *ctx, int type, int option, int value)
{
    void *s = new_sock (ctx, type);
    OK (set_int (s, option, value));
    CHECK_ERRNO (zmq_connect (s, "epgm://" GROUP), EINVAL);
    close0 (s);
}

/* Texts that the library of PGM does not survive. */
static void
misread (void *ctx)
{
#define TEN "1234567890"
#define FIFTY TEN TEN TEN TEN TEN
#define G6(last) "ff08:1111:2222:3333:4444:5555:6666:777" last
    static const char *const bad[] = {
      /* it has room for 46 bytes of an interface, */
      "epgm://x123456789" FIFTY ":5577", "epgm://[" FIFTY "];239.192.77.1:5577",
      "epgm://lo,x" FIFTY "/8;239.192.77.1:5577",
      /* for the description of some groups, */
      "epgm://[::1];" G6 ("1") "," G6 ("2") "," G6 ("3") "," G6 ("4") "," G6 ("5") "," G6 ("6") ",ff08::1,ff08::2,ff08::3,ff08::4:5577",
      "epgm://[::1];ff08::1,ff08::2,ff08::3,ff08::4,ff08::5,ff08::6,ff08::7:5577",
      "epgm://127.0.0.1;239.1.1.1,239.1.1.2,239.1.1.3,239.1.1.4,239.1.1.5,239.1.1.6,239.1.1.7,239.1.1.8,239.1.1.9,239.1.1.10,239.1.1.11:5577",
      /* and ends with the fourth part, or the third after a group */
      "epgm://127.0.0.1;239.192.77.1;239.192.77.2;x:5577", "epgm://;;;;:5577",
      "epgm://239.192.77.1;239.192.77.2;x:5577", "epgm://239.192.77.1;239.192.77.2,239.192.77.3;;;:5577"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused (ctx, ZMQ_PUB, bad[i], EINVAL);
        refused (ctx, ZMQ_SUB, bad[i], EINVAL);
    }
    /* and those that come near */
    static const char *const good[] = {
      "epgm://127.0.0.1;239.1.1.1,239.1.1.2,239.1.1.3,239.1.1.4,239.1.1.5,239.1.1.6,239.1.1.7,239.1.1.8,239.1.1.9,239.1.1.10;239.1.1.11:5577",
      "epgm://127.0.0.1;239.192.77.1;:5577"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
        OK (zmq_connect (pub, good[i]));
        OK (zmq_connect (sub, good[i]));
        close0 (sub);
        close0 (pub);
    }
}

static void *
look_up (void *ctx)
{
    void *s = new_sock (ctx, ZMQ_PUB);
    for (int i = 0; i < 200; i++)
        CHECK_ERRNO (zmq_connect (s, "epgm://127.0.0.1;net19:5577"), EINVAL);
    close0 (s);
    return NULL;
}

/* Threads that have names looked up at once, in a list that its library reads as only one thread may. */
static void
looked_up_at_once (void *ctx)
{
    char dir[EP_MAX], path[EP_MAX + 10];
    make_dir (dir);
    snprintf (path, sizeof path, "%s/networks", dir);
    FILE *list = fopen (path, "w");
    CHECK (list != NULL);
    for (int i = 0; i < 20; i++)
        fprintf (list, "net%d 10.%d.0.0 some other names\n", i, i);
    CHECK_EQ (fclose (list), 0);
    setenv ("PGM_NETDB", path, 1);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start (look_up, ctx);
    for (int i = 0; i < 4; i++)
        finish (threads[i]);
    unsetenv ("PGM_NETDB");
    remove_dir (dir);
}

/* Bare PGM wants a right that this process has given up. */
static void
without_the_right (void)
{
    pid_t child = fork ();
    CHECK (child >= 0);
    if (child == 0) {
        if (geteuid () == 0)
            CHECK (setgid (65534) == 0 && setuid (65534) == 0);
        void *ctx = new_ctx ();
        refused (ctx, ZMQ_PUB, "pgm://" GROUP, EPERM);
        refused (ctx, ZMQ_SUB, "pgm://" GROUP, EPERM);
        term (ctx);
        _exit (0);
    }
    int status;
    CHECK (waitpid (child, &status, 0) == child && status == 0);
}

/* Messages sent to a NORM session go out although its socket is closed. */
static void
closed_at_once (void *ctx)
{
    char endpoint[EP_MAX];
    snprintf (endpoint, sizeof endpoint, "norm://127.0.0.1;239.192.77.3:%d", free_udp_port ());
    void *pub = new_sock (ctx, ZMQ_PUB), *sub = new_sock (ctx, ZMQ_SUB);
    OK (set_str (sub, ZMQ_SUBSCRIBE, ""));
    OK (zmq_connect (sub, endpoint));
    OK (zmq_connect (pub, endpoint));
    OK (set_int (sub, ZMQ_RCVTIMEO, 20));
    char text[100] = "";
    do
        send_str (pub, "hello", 0);
    while (zmq_recv (sub, text, sizeof text, 0) < 0);
    for (int i = 0; i < 100; i++)
        CHECK_EQ (zmq_send (pub, text, sizeof text, 0), sizeof text);
    OK (zmq_close (pub));
    OK (set_int (sub, ZMQ_RCVTIMEO, LONG_WAIT));
    for (int heard = 0; heard < 100;)
        heard += zmq_recv (sub, text, sizeof text, 0) == sizeof text;
    close0 (sub);
}

int
main (void)
{
    /* or its library speaks on stdout */
    setenv ("PGM_MIN_LOG_LEVEL", "FATAL", 1);
    if (zmq_has ("pgm"))
        without_the_right ();
    void *ctx = new_ctx ();
    if (zmq_has ("pgm")) {
        refused (ctx, ZMQ_PUB, "epgm://127.0.0.1;239.192.77.1:0", EINVAL);
        refused (ctx, ZMQ_SUB, "epgm://127.0.0.1;239.192.77.1:x", EINVAL);
        refused (ctx, ZMQ_SUB, "epgm://127.0.0.1;239.192.77.1:*", EINVAL);
        for (int i = 0; i < 2; i++) {
            int type = i ? ZMQ_SUB : ZMQ_PUB;
            refused_with (ctx, type, ZMQ_MULTICAST_MAXTPDU, 1);
            refused_with (ctx, type, ZMQ_MULTICAST_MAXTPDU, 127);
            refused_with (ctx, type, ZMQ_MULTICAST_MAXTPDU, 65536);
        }
        misread (ctx);
        looked_up_at_once (ctx);
        /* less than a packet in a second */
        refused_with (ctx, ZMQ_XPUB, ZMQ_RATE, 11);
        /* and the least and the most that can be */
        void *s = new_sock (ctx, ZMQ_PUB);
        OK (set_int (s, ZMQ_RATE, 0x7fffffff));
        OK (set_int (s, ZMQ_RECOVERY_IVL, 0x7fffffff));
        OK (set_int (s, ZMQ_MULTICAST_HOPS, 255));
        OK (zmq_connect (s, "epgm://" GROUP));
        close0 (s);
    }
    if (zmq_has ("norm")) {
        closed_at_once (ctx);
        static const char *const bad[] = {
          "norm://239.192.77.1",        "norm://239.192.77.1:0",      "norm://239.192.77.1:x",
          "norm://*:5577",              "norm://:5577",               "norm://,239.192.77.1:5577",
          "norm://0,239.192.77.1:5577", "norm://x,239.192.77.1:5577", "norm://-1,239.192.77.1:5577"};
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            refused (ctx, ZMQ_PUB, bad[i], EINVAL);
            refused (ctx, ZMQ_SUB, bad[i], EINVAL);
        }
        refused (ctx, ZMQ_PUB, "norm://nosuch0;239.192.77.1:5577", ENODEV);
        refused (ctx, ZMQ_SUB, "norm://nosuch0;239.192.77.1:5577", ENODEV);
    }
    term (ctx);
    return 0;
}
