/* An authenticator (ZAP) in a thread of its own. The question says which answer it gives: by the last
 * letter of the user's name, or of the domain where there is none. Included by run.c. */

static pthread_mutex_t asked_lock = PTHREAD_MUTEX_INITIALIZER;
static char asked[4096];

enum { ZAP_FRAMES = 12 };

static void note_question (char frames[][TEXT], const int *sizes, int count)
{
    pthread_mutex_lock (&asked_lock);
    size_t used = strlen (asked);
    for (int i = 0; i < count && used < sizeof asked - TEXT - 8; i++) {
        /* The address of a local peer has numbers of the process in it. */
        bool address = i == 3 && strspn (frames[i], "0123456789.") != (size_t) sizes[i];
        const char *text = address ? "local" : frames[i];
        int size = address ? 5 : sizes[i];
        used += (size_t) snprintf (asked + used, 8, "%s", i ? "," : " |");
        for (int k = 0; k < size && k < 40; k++)
            used += (size_t) snprintf (asked + used, 4, isgraph ((unsigned char) text[k]) ? "%c" : "%02x",
                                       (unsigned char) text[k]);
    }
    pthread_mutex_unlock (&asked_lock);
}

static void answer_question (void *socket, char frames[][TEXT], const int *sizes, int count)
{
    int decides = count > 6 && !strcmp (frames[5], "PLAIN") ? 6 : 2;
    char letter = count > decides && sizes[decides] > 0 ? frames[decides][sizes[decides] - 1] : 'a';
    const char *status = letter == 'b' ? "300" : letter == 'c' ? "400" : letter == 'd' ? "500" : "200";
    bool in = *status == '2';
    /* X-zap: a property that the peer does not have, as ZAP spells it */
    static const char property[] = "\5X-zap\0\0\0\2it";
    zmq_send (socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send (socket, frames[1], (size_t) sizes[1], ZMQ_SNDMORE);
    zmq_send (socket, status, 3, ZMQ_SNDMORE);
    zmq_send (socket, in ? "OK" : "No", 2, ZMQ_SNDMORE);
    zmq_send (socket, &letter, in ? 1 : 0, ZMQ_SNDMORE);
    zmq_send (socket, property, in && letter == 'a' ? sizeof property - 1 : 0, 0);
}

static void *run_authenticator (void *socket)
{
    static char frames[ZAP_FRAMES][TEXT];
    for (;;) {
        int count = 0, sizes[ZAP_FRAMES], more = 1;
        while (more && count < ZAP_FRAMES) {
            size_t size = sizeof more;
            memset (frames[count], 0, TEXT);
            sizes[count] = zmq_recv (socket, frames[count], TEXT - 1, 0);
            if (sizes[count] == -1) {
                zmq_close (socket);
                return NULL;
            }
            zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size);
            count++;
        }
        note_question (frames, sizes, count);
        answer_question (socket, frames, sizes, count);
    }
}

/* zap CONTEXT */
static void op_zap (void)
{
    pthread_t thread;
    int none = 0;
    void *socket = zmq_socket (context_of (2), ZMQ_REP);
    if (!socket || zmq_bind (socket, "inproc://zeromq.zap.01") == -1) {
        printf (" = %s", error_name (errno));
        zmq_close (socket);
        return;
    }
    zmq_setsockopt (socket, ZMQ_LINGER, &none, sizeof none);
    pthread_create (&thread, NULL, run_authenticator, socket);
    pthread_detach (thread);
}

/* Prints the questions to the authenticator since the last time. */
static void op_zaplog (void)
{
    pthread_mutex_lock (&asked_lock);
    printf ("%s", asked);
    asked[0] = 0;
    pthread_mutex_unlock (&asked_lock);
}
