/* A host of a group, for `scripts/multicast`: publishers and subscribers that
   agree by files of a directory that they share when to begin and to end.

   host pub DIR NAME ENDPOINT LISTENERS COUNT SIZE
     says "NAME hello" until there is a file heard-LISTENER-NAME for each of
     the LISTENERS (their names with commas). Then it sends COUNT messages, and
     waits for a file done-LISTENER of each.
   host sub DIR NAME ENDPOINT SOURCES COUNT
     subscribes to the SOURCES only, and wants all COUNT messages of each, in
     order, unless COUNT is negative: then it may come late, but has to hear the
     last ones without a gap. */
#include "../check.h"

#define PATH 1000

static const char *dir, *name;

static int
env_int (const char *variable, int otherwise)
{
    const char *value = getenv (variable);
    return value ? atoi (value) : otherwise;
}

static void
path_of (char *path, const char *what, const char *more)
{
    snprintf (path, PATH, "%s/%s%s", dir, what, more);
}

static void
make_file (const char *what, const char *more)
{
    char path[PATH];
    path_of (path, what, more);
    FILE *file = fopen (path, "w");
    CHECK (file != NULL);
    fclose (file);
}

static int
has_file (const char *what, const char *more)
{
    char path[PATH];
    path_of (path, what, more);
    return access (path, F_OK) == 0;
}

/* Whether a file "BEFORE part AFTER" exists for each part of the list. */
static int
all_have (const char *list, const char *before, const char *after)
{
    char copy[200], *rest = copy;
    snprintf (copy, sizeof copy, "%s", list);
    for (char *part; (part = strtok_r (rest, ",", &rest));) {
        char what[300];
        snprintf (what, sizeof what, "%s%s", before, part);
        if (!has_file (what, after))
            return 0;
    }
    return 1;
}

static int
size_of (int number, int most)
{
    return most ? (int) ((unsigned) number * 7919u % ((unsigned) most + 1)) : 0;
}

static double
now (void)
{
    struct timespec t;
    clock_gettime (CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void
settle (void *s, const char *variable, int option)
{
    if (getenv (variable))
        OK (set_int (s, option, env_int (variable, 0)));
}

static void *
join (void *ctx, int type, const char *endpoint)
{
    void *s = new_sock (ctx, type);
    settle (s, "RATE", ZMQ_RATE);
    OK (set_int (s, ZMQ_RCVBUF, 1000000));
    OK (set_int (s, ZMQ_SNDHWM, 0));
    /* both join the group */
    OK (type == ZMQ_PUB ? zmq_bind (s, endpoint) : zmq_connect (s, endpoint));
    return s;
}

static void
publish (void *ctx, char **argv)
{
    const char *listeners = argv[1], *hello = " hello";
    int count = atoi (argv[2]), most = atoi (argv[3]);
    void *s = join (ctx, ZMQ_PUB, argv[0]);
    char text[100], heard[110], *body = malloc ((size_t) most + 1);
    double end = now () + env_int ("SECONDS", 20);

    snprintf (heard, sizeof heard, "-%s", name);
    while (!all_have (listeners, "heard-", heard)) {
        CHECK (now () < end);
        snprintf (text, sizeof text, "%s%s", name, hello);
        CHECK (zmq_send (s, text, strlen (text), 0) > 0);
        usleep (20000);
    }
    for (int i = 0; i < count; i++) {
        int size = size_of (i, most);
        snprintf (text, sizeof text, "%s %d", name, i);
        memset (body, 'a' + i % 26, (size_t) most + 1);
        CHECK (zmq_send (s, text, strlen (text), ZMQ_SNDMORE) > 0);
        CHECK_EQ (zmq_send (s, body, (size_t) size, ZMQ_SNDMORE), size);
        CHECK_EQ (zmq_send (s, "end", 3, 0), 3);
        if (i == 0)
            make_file ("began-", name);
        if (getenv ("GAP"))
            usleep ((useconds_t) env_int ("GAP", 0));
    }
    /* missed messages have to be sent again meanwhile */
    while (!all_have (listeners, "done-", "")) {
        CHECK (now () < end);
        usleep (10000);
    }
    free (body);
    OK (zmq_close (s));
}

/* The rest of message `number`: a body of one letter, and the end. */
static void
check_rest (void *s, int number)
{
    zmq_msg_t msg;
    zmq_msg_init (&msg);
    CHECK (zmq_msg_recv (&msg, s, 0) >= 0);
    CHECK_EQ (zmq_msg_more (&msg), 1);
    const char *data = zmq_msg_data (&msg);
    for (size_t at = 0; at < zmq_msg_size (&msg); at++)
        CHECK_EQ (data[at], 'a' + number % 26);
    int most = env_int ("SIZE", -1);
    if (most >= 0)
        CHECK_EQ ((int) zmq_msg_size (&msg), size_of (number, most));
    CHECK_EQ (zmq_msg_recv (&msg, s, 0), 3);
    CHECK_EQ (zmq_msg_more (&msg), 0);
    zmq_msg_close (&msg);
}

static int
place_of (char sources[][50], int known, const char *source)
{
    for (int i = 0; i < known; i++)
        if (strcmp (sources[i], source) == 0)
            return i;
    return -1;
}

static void
listen_to (void *ctx, char **argv)
{
    int count = atoi (argv[2]), late = count < 0, open = 0, known = 0, next[8];
    char sources[8][50], copy[200], *rest = copy, buffer[100], heard[120];
    count = abs (count);
    void *s = join (ctx, ZMQ_SUB, argv[0]);
    OK (set_int (s, ZMQ_RCVTIMEO, 1000 * env_int ("SECONDS", 20)));
    snprintf (copy, sizeof copy, "%s", argv[1]);
    for (char *part; known < 8 && (part = strtok_r (rest, ",", &rest)); known++) {
        snprintf (sources[known], sizeof *sources, "%s", part);
        next[known] = late ? -1 : 0;
        /* the name and the space, so that no name is the beginning of another */
        snprintf (buffer, sizeof buffer, "%s ", part);
        OK (set_str (s, ZMQ_SUBSCRIBE, buffer));
    }
    for (open = known; open > 0;) {
        char source[50], what[50];
        int len = zmq_recv (s, buffer, sizeof buffer - 1, 0);
        if (len < 0)
            for (int i = 0; i < known; i++)
                fprintf (stderr, "%s waits for %d of %s\n", name, next[i], sources[i]);
        CHECK (len > 0);
        buffer[len] = 0;
        CHECK_EQ (sscanf (buffer, "%49s %49s", source, what), 2);
        int at = place_of (sources, known, source);
        CHECK (at >= 0);
        if (strcmp (what, "hello") == 0) {
            snprintf (heard, sizeof heard, "%s-%s", name, source);
            make_file ("heard-", heard);
            continue;
        }
        int number = atoi (what);
        if (next[at] < 0)
            next[at] = number;
        CHECK_EQ (number, next[at]++);
        check_rest (s, number);
        open -= next[at] == count;
    }
    make_file ("done-", name);
    close0 (s);
}

int
main (int argc, char **argv)
{
    CHECK (argc >= 7);
    dir = argv[2];
    name = argv[3];
    void *ctx = new_ctx ();
    if (strcmp (argv[1], "pub") == 0)
        publish (ctx, argv + 4);
    else
        listen_to (ctx, argv + 4);
    term (ctx);
    return 0;
}
