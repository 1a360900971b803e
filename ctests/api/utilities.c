/* Error texts, zmq_has, counters, stopwatch, threads, z85. */
#include "check.h"

static void
worker (void *arg)
{
    sigset_t set;
    OK (pthread_sigmask (SIG_BLOCK, NULL, &set));
    ((int *) arg)[0] = 1;
    ((int *) arg)[1] = sigismember (&set, SIGINT);
    ((int *) arg)[2] = sigismember (&set, SIGTERM);
}

static void
decode (const char *text)
{
    uint8_t out[64];
    memset (out, 0xee, sizeof out);
    errno = 0;
    uint8_t *p = zmq_z85_decode (out, text);
    int e = errno;
    CHECK (p == NULL || p == out);
    printf ("decode \"%s\": %s", text, p ? "ok" : err_name (e));
    if (p)
        for (size_t i = 0; i < strlen (text) / 5 * 4; i++)
            printf (" %02x", out[i]);
    putchar ('\n');
}

int
main (void)
{
    /* error texts */
    static const int errors[] = {EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD, EHOSTUNREACH, EAGAIN,
                                 EINVAL, ENOTSOCK, EINTR, EADDRINUSE, 0, -1, 99999,
                                 ZMQ_HAUSNUMERO, ZMQ_HAUSNUMERO + 1, ZMQ_HAUSNUMERO + 17};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        SAY ("error %d: %s", errors[i], zmq_strerror (errors[i]));
    errno = 77;
    int e = zmq_errno ();
    CHECK (e == 77);

    /* features that every build answers alike */
    static const char *const names[] = {"ipc", "draft", "tcp", "inproc", "IPC", "vmci", "", "ws", "udp", "epgm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp (names[i], "draft") != 0)
            SAY ("has \"%s\": %d", names[i], zmq_has (names[i]));

    /* counters */
    void *c = zmq_atomic_counter_new ();
    CHECK (c != NULL);
    SHOW (zmq_atomic_counter_value (c));
    SHOW (zmq_atomic_counter_inc (c));
    SHOW (zmq_atomic_counter_inc (c));
    SHOW (zmq_atomic_counter_inc (c));
    SHOW (zmq_atomic_counter_value (c));
    SHOW (zmq_atomic_counter_dec (c));
    SHOW (zmq_atomic_counter_dec (c));
    SHOW (zmq_atomic_counter_dec (c));
    SHOW (zmq_atomic_counter_value (c));
    zmq_atomic_counter_set (c, 2);
    SHOW (zmq_atomic_counter_value (c));
    SHOW (zmq_atomic_counter_dec (c));
    SHOW (zmq_atomic_counter_dec (c));
    zmq_atomic_counter_destroy (&c);
    CHECK (c == NULL);

    /* stopwatch */
    void *w = zmq_stopwatch_start ();
    CHECK (w != NULL);
    pause_ms (20);
    unsigned long first = zmq_stopwatch_intermediate (w);
    pause_ms (20);
    unsigned long second = zmq_stopwatch_stop (w);
    CHECK (first >= 15000 && second >= first + 15000);
    int64_t t = now_ms ();
    zmq_sleep (1);
    CHECK (now_ms () - t >= 990);

    /* threads have all signals blocked */
    int seen[3] = {0, 0, 0};
    void *thread = zmq_threadstart (worker, seen);
    CHECK (thread != NULL);
    zmq_threadclose (thread);
    SAY ("thread ran %d, SIGINT blocked %d, SIGTERM blocked %d", seen[0], seen[1], seen[2]);

    /* z85 */
    static const uint8_t hello[8] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    uint8_t all[256], back[256];
    char text[400];
    CHECK (zmq_z85_encode (text, hello, 8) == text);
    CHECK_STR (text, "HelloWorld");
    CHECK (zmq_z85_encode (text, hello, 0) == text && text[0] == 0);
    for (size_t n = 1; n < 8; n++)
        if (n % 4)
            CHECK_NULL_ERRNO (zmq_z85_encode (text, hello, n), EINVAL);
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t) (i * 7 + 3);
    CHECK (zmq_z85_encode (text, all, 256) == text);
    SAY ("%s", text);
    CHECK (zmq_z85_decode (back, text) == back && memcmp (back, all, 256) == 0);
    decode ("HelloWorld");
    decode ("00000");
    decode ("%nSc0");
    decode ("%nSc1");
    decode ("#####");
    decode ("####0");
    decode ("");
    decode ("0");
    decode ("0000");
    decode ("000000");
    decode ("00000%nSc1");
    decode ("0000 ");
    decode ("0000\"");
    decode ("0000'");
    decode ("0000,");
    decode ("0000;");
    decode ("0000\\");
    decode ("0000_");
    decode ("0000`");
    decode ("0000|");
    decode ("0000~");
    decode ("0000\x7f");
    decode ("0000\xc3");
    return 0;
}
