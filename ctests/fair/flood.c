/* Peers flood one receiver (or one sender serves them all): how even are their shares, how long is anybody
   silent, how late is a calm peer heard beside them? One scenario a run, on the public API only:

     into=pull|router|dealer|sub|xsub|rep|xpub|pair   the receiver that is flooded; pair: one thread polls a set of them
     into=push-out|dealer-out|router-out              one socket sends to all peers, or answers their requests
     transport=tcp|ipc|inproc   peers are processes, or threads with inproc
     form=recv|msg|poll|fd      zmq_recv, zmq_msg_recv, zmq_poll and then a message, ZMQ_FD with ZMQ_EVENTS
     peers=N mark=N size=BYTES io=THREADS work=NS      work: for each message, at its receiver
     place=pinned|free|one|busy  receiver and peers on a core each, anywhere, all on one, beside busy processes
     seconds=S window=S         how long to measure, and over what time a share is one
     calm=MS                    a further peer sends so often, with heartbeats (0: none)
     visitor=1                  a further peer connects anew for each message
     beside=1                   another socket of the receiver's context accepts a new connection for each question

   Printed: share_min and share_max (of the mean of all peers in that window), mean (messages of a peer in a
   window), silence (longest, ms), cuts (disconnections of the calm peer), delays in microseconds.

   A silence of one peer is counted on a clock that goes on only while the receiver is at work: a step between two
   messages counts 2 ms at most, unless the receiver itself waited for nothing. So the time in which a busy machine
   does not run the receiver is nobody's silence. */
#include "fair.h"

enum { PEERS_MAX = 32, EXTRAS = 2, WINDOWS_MAX = 600, LONGEST_STEP_MS = 2, PATIENCE_MS = 20 };

static const struct kind
{
    const char *name;
    int here, peer;
    int out;
} kinds[] = {
  {"pull", ZMQ_PULL, ZMQ_PUSH, 0},         {"router", ZMQ_ROUTER, ZMQ_DEALER, 0},
  {"dealer", ZMQ_DEALER, ZMQ_DEALER, 0},   {"sub", ZMQ_SUB, ZMQ_XPUB, 0},
  {"xsub", ZMQ_XSUB, ZMQ_XPUB, 0},          {"rep", ZMQ_REP, ZMQ_DEALER, 0},
  {"xpub", ZMQ_XPUB, ZMQ_XSUB, 0},         {"pair", ZMQ_PAIR, ZMQ_PAIR, 0},
  {"push-out", ZMQ_PUSH, ZMQ_PULL, 1},     {"dealer-out", ZMQ_DEALER, ZMQ_DEALER, 1},
  {"router-out", ZMQ_ROUTER, ZMQ_DEALER, 0},
};

struct peer
{
    _Alignas (128) _Atomic uint64_t heard; /* messages, since the beginning */
    double last, silence;                  /* ms, on the clock of the one that measures */
    uint32_t counts[WINDOWS_MAX];
};

static struct shared
{
    _Atomic int ready, go, stop, cuts;
    _Atomic uint64_t start; /* of measuring, ns; 0: not yet */
    char endpoints[PEERS_MAX + EXTRAS][EP_MAX];
    char beside_endpoint[EP_MAX];
    struct delays calm, visitor, beside;
    struct peer peers[PEERS_MAX];
} *shared;

static struct kind kind;
static const char *transport, *place;
static enum { RECV, MSG, POLL, FD } form;
static int peers, mark, io_threads, calm_ms, visitor, beside, answers;
static size_t size;
static uint64_t work_ns, length_ns, window_ns;
static uint64_t credit; /* messages on their way from one peer at most; 0: as many as the marks allow */
static void *ctx;

static int
inproc (void)
{
    return strcmp (transport, "inproc") == 0;
}

static int
stopped (void)
{
    return atomic_load_explicit (&shared->stop, memory_order_relaxed);
}

static void
run_at (int receiver)
{
    if (strcmp (place, "pinned") == 0)
        run_on_core (receiver);
    else if (strcmp (place, "one") == 0)
        run_on_core (0);
}

/* ------------------------------------------------------------- messages */

/* The first eight bytes of a message: 8 bits say which peer, the rest is a number or a time in ns. */
#define WORD(peer, rest) ((uint64_t) (peer) << 56 | ((rest) & WORD_REST))
#define WORD_REST ((UINT64_C (1) << 56) - 1)

struct end
{
    void *socket;
    char *buffer;
};

static struct end
end_of (void *context, int type)
{
    struct end e = {zmq_socket (context, type), calloc (1, size + 16)};
    CHECK (e.socket != NULL && e.buffer != NULL);
    OK (set_int (e.socket, ZMQ_LINGER, 0));
    OK (set_int (e.socket, ZMQ_SNDHWM, mark));
    OK (set_int (e.socket, ZMQ_RCVHWM, mark));
    OK (set_int (e.socket, ZMQ_RCVTIMEO, PATIENCE_MS));
    OK (set_int (e.socket, ZMQ_SNDTIMEO, PATIENCE_MS));
    if (type == ZMQ_SUB)
        OK (zmq_setsockopt (e.socket, ZMQ_SUBSCRIBE, "", 0));
    if (type == ZMQ_XPUB) {
        OK (set_int (e.socket, ZMQ_XPUB_VERBOSER, 1));
        OK (set_int (e.socket, ZMQ_XPUB_NODROP, 1)); /* a publisher that waits for room is a flood, too */
    }
    return e;
}

/* Sends one message of a peer; 0 if there was no room. Subscriptions are given up again, so that they do not add up.
   The calm peer's messages are small, whatever the others send. */
static int
send_word (struct end *e, uint64_t word, int on)
{
    size_t length = word >> 56 < (uint64_t) peers || answers ? size : sizeof word;
    if (kind.here == ZMQ_XPUB) {
        e->buffer[0] = (char) on;
        memcpy (e->buffer + 1, &word, sizeof word);
        return zmq_send (e->socket, e->buffer, 9, 0) != -1;
    }
    if (kind.here == ZMQ_REP && zmq_send (e->socket, "", 0, ZMQ_SNDMORE) == -1)
        return 0;
    memcpy (e->buffer, &word, sizeof word);
    return zmq_send (e->socket, e->buffer, length, 0) != -1;
}

static int
recv_frame (struct end *e, int flags)
{
    if (form != MSG)
        return zmq_recv (e->socket, e->buffer, size + 16, flags);
    zmq_msg_t m;
    CHECK_EQ (zmq_msg_init (&m), 0);
    int n = zmq_msg_recv (&m, e->socket, flags);
    if (n > 0)
        memcpy (e->buffer, zmq_msg_data (&m), n < 16 ? (size_t) n : 16);
    zmq_msg_close (&m);
    return n;
}

/* Receives one message at the socket that is flooded, and answers it where its type does; 0: there is none. */
static int
recv_word (struct end *e, int flags, uint64_t *word)
{
    char id[256];
    int id_size = 0;
    if (kind.here == ZMQ_ROUTER && (id_size = zmq_recv (e->socket, id, sizeof id, flags)) == -1)
        return 0;
    int n = recv_frame (e, kind.here == ZMQ_ROUTER ? ZMQ_DONTWAIT : flags);
    if (n == -1)
        return 0;
    CHECK (n >= 8);
    memcpy (word, e->buffer + (kind.here == ZMQ_XPUB), sizeof *word);
    if (kind.here == ZMQ_REP)
        zmq_send (e->socket, word, sizeof *word, ZMQ_DONTWAIT);
    if (answers && zmq_send (e->socket, id, (size_t) id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) != -1)
        zmq_send (e->socket, e->buffer, size, ZMQ_DONTWAIT);
    return 1;
}

/* ------------------------------------------------------------ measuring */

static void
do_work (uint64_t since)
{
    while (work_ns && now_ns () < since + work_ns)
        ;
}

/* A message of peer `i` has come; `clock_ms` is the clock that silences are measured on. */
static void
count (int i, uint64_t now, double clock_ms)
{
    struct peer *p = &shared->peers[i];
    atomic_store_explicit (&p->heard, atomic_load_explicit (&p->heard, memory_order_relaxed) + 1, memory_order_relaxed);
    uint64_t start = atomic_load_explicit (&shared->start, memory_order_relaxed);
    if (!start || now < start)
        return;
    if (p->last == 0)
        p->last = clock_ms;
    uint64_t window = (now - start) / window_ns;
    if (window < WINDOWS_MAX)
        p->counts[window]++;
    if (clock_ms - p->last > p->silence)
        p->silence = clock_ms - p->last;
    p->last = clock_ms;
}

/* ---------------------------------------------------------------- peers */

/* Waits until fewer than `credit` messages of the peer are on their way. */
static void
await_credit (int i, uint64_t sent)
{
    while (credit && !stopped () && sent >= atomic_load (&shared->peers[i].heard) + credit)
        pause_us (50);
}

static void
read_answers (struct end *e)
{
    while (zmq_recv (e->socket, e->buffer, 8, ZMQ_DONTWAIT) != -1)
        ;
}

static void
flood (struct end *e, int i)
{
    for (uint64_t sent = atomic_load (&shared->peers[i].heard); !stopped ();) {
        await_credit (i, sent);
        if (send_word (e, WORD (i, sent / 2), sent % 2 == 0))
            sent++;
        if (kind.here == ZMQ_REP && sent % 16 == 0)
            read_answers (e);
    }
}

/* Keeps 32 requests on their way and counts the answers. */
static void
ask_and_count (struct end *e, int i)
{
    for (int waiting = 0; !stopped ();) {
        while (waiting < 32 && send_word (e, WORD (i, 0), 1))
            waiting++;
        if (recv_frame (e, 0) == -1)
            continue;
        waiting--;
        uint64_t t = now_ns ();
        count (i, t, (double) t / MS);
    }
}

static void
receive_and_count (struct end *e, int i)
{
    while (!stopped ()) {
        if (recv_frame (e, 0) == -1)
            continue;
        uint64_t t = now_ns ();
        count (i, t, (double) t / MS);
        do_work (t);
    }
}

/* Says something until the receiver has heard everybody. */
static void
say_hello (struct end *e, int i)
{
    while (!atomic_load (&shared->go) && !stopped ()) {
        if (!atomic_load (&shared->peers[i].heard)) {
            send_word (e, WORD (i, WORD_REST), 1);
            send_word (e, WORD (i, WORD_REST), 0);
        }
        pause_us (2000);
    }
}

static void
count_cuts (void *monitor)
{
    for (mon_event e; (e = mon_next (monitor, 0)).event != -1;)
        if (e.event == ZMQ_EVENT_DISCONNECTED && atomic_load (&shared->start) && !stopped ())
            atomic_fetch_add (&shared->cuts, 1);
}

/* An answer has the time of its question; a late one may come with the next. */
static void
read_timed_answers (struct end *e)
{
    for (int flags = 0; recv_frame (e, flags) != -1; flags = ZMQ_DONTWAIT) {
        uint64_t asked;
        memcpy (&asked, e->buffer, sizeof asked);
        if (atomic_load (&shared->start))
            delay_add (&shared->calm, (double) ((now_ns () & WORD_REST) - (asked & WORD_REST)) / 1e3);
    }
}

/* One message every calm_ms, whatever becomes of it. */
static void
be_calm (void *context)
{
    void *monitor = NULL;
    struct end e = end_of (context, kind.peer);
    if (!inproc ()) {
        OK (set_int (e.socket, ZMQ_HEARTBEAT_IVL, 100));
        OK (set_int (e.socket, ZMQ_HEARTBEAT_TIMEOUT, 400));
        monitor = mon_open (context, e.socket, ZMQ_EVENT_DISCONNECTED);
    }
    OK (zmq_connect (e.socket, shared->endpoints[peers]));
    while (!atomic_load (&shared->go) && !stopped ())
        pause_us (1000);
    for (uint64_t next = now_ns (); !stopped (); next += (uint64_t) calm_ms * MS) {
        uint64_t t = now_ns ();
        if (t < next) {
            pause_us ((long) ((next - t) / 1000));
            t = now_ns ();
        } else
            next = t;
        if (send_word (&e, WORD (peers, t), 1) && kind.here == ZMQ_XPUB)
            send_word (&e, WORD (peers, t), 0);
        if (answers)
            read_timed_answers (&e);
        if (kind.here == ZMQ_REP)
            read_answers (&e);
        if (monitor)
            count_cuts (monitor);
    }
    if (monitor)
        close0 (monitor);
    close0 (e.socket);
}

/* A connection for each message. */
static void
visit (void *context)
{
    while (!stopped ()) {
        if (!atomic_load (&shared->go)) {
            pause_us (1000);
            continue;
        }
        struct end e = end_of (context, kind.peer);
        OK (set_int (e.socket, ZMQ_LINGER, 1000));
        OK (set_int (e.socket, ZMQ_SNDTIMEO, 1000));
        uint64_t t = now_ns ();
        OK (zmq_connect (e.socket, shared->endpoints[0]));
        send_word (&e, WORD (peers + 1, t), 1);
        OK (zmq_close (e.socket));
        free (e.buffer);
        pause_us (5000);
    }
}

static void *
peer (void *argument)
{
    int i = (int) (intptr_t) argument;
    run_at (0);
    while (!atomic_load (&shared->ready))
        pause_us (500);
    void *context = inproc () ? ctx : new_ctx ();
    if (i == peers) {
        be_calm (context);
        return NULL;
    }
    if (i == peers + 1) {
        visit (context);
        return NULL;
    }
    struct end e = end_of (context, kind.peer);
    OK (zmq_connect (e.socket, shared->endpoints[i]));
    if (!kind.out)
        say_hello (&e, i);
    if (kind.out)
        receive_and_count (&e, i);
    else if (answers)
        ask_and_count (&e, i);
    else
        flood (&e, i);
    close0 (e.socket);
    return NULL;
}

/* Another socket of the receiver's context, and its clients. */
static void *
serve_beside (void *socket)
{
    char c;
    while (!stopped ())
        if (zmq_recv (socket, &c, 1, 0) != -1)
            zmq_send (socket, &c, 1, 0);
    close0 (socket);
    return NULL;
}

static void
ask_beside (void)
{
    run_at (0);
    while (!atomic_load (&shared->go))
        pause_us (1000);
    for (void *context = new_ctx ();; pause_us (3000)) {
        char c;
        void *s = new_sock (context, ZMQ_REQ);
        uint64_t t = now_ns ();
        OK (zmq_connect (s, shared->beside_endpoint));
        send_str (s, "x", 0);
        CHECK_EQ (zmq_recv (s, &c, 1, 0), 1);
        if (atomic_load (&shared->start))
            delay_add (&shared->beside, (double) (now_ns () - t) / 1e3);
        close0 (s);
    }
}

/* --------------------------------------------------------- the receiver */

static struct end ends[PEERS_MAX + EXTRAS];
static int end_count;
static zmq_pollitem_t items[PEERS_MAX + EXTRAS];
static struct pollfd fds[PEERS_MAX + EXTRAS];
static double active_ms; /* the clock of silences */
static uint64_t last_step, last_calm;

static void
step_clock (uint64_t now, int waited)
{
    double step = (double) (now - last_step) / MS;
    active_ms += step > LONGEST_STEP_MS && !waited ? LONGEST_STEP_MS : step;
    last_step = now;
}

static void
heard (uint64_t word)
{
    int i = (int) (word >> 56);
    uint64_t t = now_ns (), start = atomic_load_explicit (&shared->start, memory_order_relaxed);
    step_clock (t, 0);
    if (answers) {
        atomic_fetch_add_explicit (&shared->peers[i].heard, 1, memory_order_relaxed);
    } else if (i < peers) {
        count (i, t, active_ms);
    } else if ((word & WORD_REST) != WORD_REST && start && (word & WORD_REST) >= (start & WORD_REST)) {
        double us = (double) ((t & WORD_REST) - (word & WORD_REST)) / 1e3;
        delay_add (i == peers ? &shared->calm : &shared->visitor, us);
        if (i == peers)
            last_calm = word & WORD_REST;
    }
    do_work (t);
}

/* One turn of the program's loop: a message, or one from each socket that has some. */
static void
receive_turn (void)
{
    uint64_t word;
    int got = 0;
    if (form == RECV || form == MSG) {
        if (recv_word (&ends[0], 0, &word)) {
            heard (word);
            return;
        }
    } else if (form == POLL) {
        zmq_poll (items, end_count, PATIENCE_MS);
        for (int i = 0; i < end_count; i++)
            if (items[i].revents & ZMQ_POLLIN && recv_word (&ends[i], ZMQ_DONTWAIT, &word)) {
                heard (word);
                got = 1;
            }
    } else {
        for (int i = 0; i < end_count; i++)
            if (events (ends[i].socket) & ZMQ_POLLIN && recv_word (&ends[i], ZMQ_DONTWAIT, &word)) {
                heard (word);
                got = 1;
            }
        if (!got && poll (fds, (nfds_t) end_count, PATIENCE_MS) > 0)
            return;
    }
    if (!got)
        step_clock (now_ns (), 1);
}

/* Sends one message to any peer that has room. */
static void
send_turn (void)
{
    static uint64_t sent;
    memcpy (ends[0].buffer, &sent, sizeof sent);
    if (zmq_send (ends[0].socket, ends[0].buffer, size, 0) != -1)
        sent++;
    if (!atomic_load_explicit (&shared->go, memory_order_relaxed))
        pause_us (200);
}

static void
turn (void)
{
    if (kind.out)
        send_turn ();
    else
        receive_turn ();
}

static void
open_ends (void)
{
    end_count = kind.here == ZMQ_PAIR ? peers + (calm_ms > 0) : 1;
    for (int i = 0; i < end_count; i++) {
        char wildcard[EP_MAX];
        snprintf (wildcard, sizeof wildcard, "%s://%s", transport, strcmp (transport, "tcp") ? "*" : "127.0.0.1:*");
        ends[i] = end_of (ctx, kind.here);
        bind_to (ends[i].socket, wildcard, shared->endpoints[i]);
        if (kind.here == ZMQ_XSUB)
            OK (zmq_send (ends[i].socket, "\1", 1, 0));
        items[i] = (zmq_pollitem_t) {ends[i].socket, 0, ZMQ_POLLIN, 0};
        fds[i] = (struct pollfd) {get_int (ends[i].socket, ZMQ_FD), POLLIN, 0};
    }
    for (int i = end_count; i < PEERS_MAX + EXTRAS; i++)
        strcpy (shared->endpoints[i], shared->endpoints[0]);
}

static int
everybody_was_heard (void)
{
    for (int i = 0; i < peers; i++)
        if (!atomic_load (&shared->peers[i].heard))
            return 0;
    return 1;
}

static void
run_until (uint64_t end)
{
    while (now_ns () < end)
        turn ();
}

/* Waits for everybody's first message, lets the flood rise, and measures. */
static void
measure (void)
{
    last_step = now_ns ();
    for (uint64_t end = now_ns () + LONG_WAIT * MS; !everybody_was_heard ();) {
        turn ();
        if (now_ns () > end)
            FAIL ("not everybody was heard");
    }
    atomic_store (&shared->go, 1);
    run_until (now_ns () + 150 * MS);
    uint64_t start = now_ns ();
    if (!kind.out && !answers)
        for (int i = 0; i < peers; i++)
            shared->peers[i].last = active_ms + 1e-9;
    else
        for (int i = 0; i < peers; i++)
            shared->peers[i].last = (double) start / MS;
    last_calm = start & WORD_REST;
    atomic_store (&shared->start, start);
    run_until (start + length_ns);
}

/* Counts the calm peer's messages that have not been heard yet: it sent them at its times nevertheless. */
static void
add_unheard (uint64_t end)
{
    uint64_t step = (uint64_t) calm_ms * MS;
    if (calm_ms && !answers)
        for (uint64_t t = last_calm + 2 * step; t + 10 * MS < (end & WORD_REST); t += step)
            delay_add (&shared->calm, (double) ((end & WORD_REST) - t) / 1e3);
}

static void
print_shares (uint64_t end)
{
    double least = 1e9, most = 0, silence = 0, mean_of_all = 0;
    uint64_t total = 0;
    int windows = (int) (length_ns / window_ns);
    for (int w = 0; w < windows; w++) {
        double sum = 0;
        for (int i = 0; i < peers; i++)
            sum += shared->peers[i].counts[w];
        double mean = sum / peers;
        mean_of_all += mean / windows;
        for (int i = 0; i < peers && mean > 0; i++) {
            double share = shared->peers[i].counts[w] / mean;
            least = share < least ? share : least;
            most = share > most ? share : most;
        }
        total += (uint64_t) sum;
    }
    int at_peers = kind.out || answers;
    for (int i = 0; i < peers; i++) {
        struct peer *p = &shared->peers[i];
        double open = (at_peers ? (double) end / MS : active_ms) - p->last;
        silence = open > silence ? open : silence;
        silence = p->silence > silence ? p->silence : silence;
    }
    printf ("share_min=%.3f share_max=%.3f mean=%.1f silence=%.1f total=%llu cuts=%d", least, most, mean_of_all,
            silence, (unsigned long long) total, atomic_load (&shared->cuts));
}

static void
read_arguments (void)
{
    const char *name = arg ("into", "pull");
    static const char *const forms[] = {"recv", "msg", "poll", "fd"};
    const char *wanted = arg ("form", "recv");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp (kinds[i].name, name) == 0)
            kind = kinds[i];
    CHECK (kind.name != NULL);
    for (form = RECV; form <= FD && strcmp (forms[form], wanted); form++)
        ;
    CHECK (form <= FD);
    if (kind.here == ZMQ_PAIR && form < POLL)
        form = POLL;
    answers = strcmp (kind.name, "router-out") == 0;
    transport = arg ("transport", "tcp");
    place = arg ("place", "pinned");
    peers = (int) arg_number ("peers", 4);
    mark = (int) arg_number ("mark", 1000);
    size = (size_t) arg_number ("size", 100);
    io_threads = (int) arg_number ("io", 1);
    work_ns = (uint64_t) arg_number ("work", 0);
    length_ns = (uint64_t) (arg_number ("seconds", 1) * 1e9);
    window_ns = (uint64_t) (arg_number ("window", 1) * 1e9);
    calm_ms = (int) arg_number ("calm", 2);
    visitor = (int) arg_number ("visitor", 0);
    beside = (int) arg_number ("beside", 0);
    args_end ();
    if (window_ns > length_ns)
        window_ns = length_ns;
    CHECK (peers > 0 && peers <= PEERS_MAX && size >= 8 && length_ns / window_ns <= WINDOWS_MAX);
    if (kind.out)
        calm_ms = 0;
    if (kind.here == ZMQ_XPUB)
        mark = 1000; /* a subscription that is dropped at a mark would never be heard */
    /* Without a mark, or with one that means gigabytes, the program itself limits what is on its way. */
    double most = (double) (mark ? mark : 1 << 20) * 2 * (double) size * peers;
    if (!kind.out && (kind.here == ZMQ_XPUB || most > 128e6))
        credit = kind.here == ZMQ_XPUB ? 50 : (uint64_t) (64e6 / (double) size / peers);
    if (credit > 20000)
        credit = 20000;
    if (kind.out && most > 128e6)
        mark = (int) (64e6 / (double) size / peers) + 1;
}

/* Removes what ipc has made in the file system. */
static void
forget_path (char *endpoint)
{
    if (strncmp (endpoint, "ipc:///", 7) == 0) {
        char *path = endpoint + 6;
        unlink (path);
        *strrchr (path, '/') = 0;
        rmdir (path);
    }
}

int
main (int argc, char **argv)
{
    args_begin (argc, argv);
    read_arguments ();
    signal (SIGPIPE, SIG_IGN);
    shared = shared_memory (sizeof *shared);
    int all = peers + (calm_ms > 0) + (visitor > 0);
    pthread_t threads[PEERS_MAX + EXTRAS], server = 0;
    for (int k = 0; strcmp (place, "busy") == 0 && k < cores (); k++)
        fork_spinner (-1);
    for (int i = 0; i < all && !inproc (); i++)
        if (fork_child () == 0) {
            peer ((void *) (intptr_t) (i == peers && !calm_ms ? peers + 1 : i));
            _exit (0);
        }
    if (beside && fork_child () == 0)
        ask_beside ();
    run_at (1);
    ctx = new_ctx ();
    OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, io_threads));
    open_ends ();
    if (beside) {
        void *rep = new_sock (ctx, ZMQ_REP);
        OK (set_int (rep, ZMQ_RCVTIMEO, PATIENCE_MS));
        bind_tcp (rep, shared->beside_endpoint);
        server = start (serve_beside, rep);
    }
    for (int i = 0; i < all && inproc (); i++)
        threads[i] = start (peer, (void *) (intptr_t) (i == peers && !calm_ms ? peers + 1 : i));
    atomic_store (&shared->ready, 1);
    measure ();
    uint64_t end = now_ns ();
    atomic_store (&shared->stop, 1);
    for (int i = 0; i < all && inproc (); i++)
        finish (threads[i]);
    kill_children ();
    if (beside)
        finish (server);
    print_shares (end);
    add_unheard (end);
    if (calm_ms)
        delay_print (&shared->calm, "calm");
    if (visitor)
        delay_print (&shared->visitor, "visitor");
    if (beside)
        delay_print (&shared->beside, "beside");
    putchar ('\n');
    for (int i = 0; i < end_count; i++)
        forget_path (shared->endpoints[i]);
    fflush (stdout);
    _exit (0); /* the original may hang in zmq_ctx_term after peers were killed */
}
