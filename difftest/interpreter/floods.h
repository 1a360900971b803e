/* Several peers of one socket that say much at once. Three results are definite: everything comes, each peer's
 * messages are in order, and peers take turns while all of them have something waiting. */

enum { MARKER = 0xf1, TURNS = 4096 };

static uint32_t said[SLOTS], seen[SLOTS];
static bool in_order[SLOTS];
static unsigned char turns[TURNS];
static int turn_count, others;

/* Forgets the flood before. */
static void begin_flood (void)
{
    for (int i = 0; i < SLOTS; i++) {
        said[i] = seen[i] = 0;
        in_order[i] = true;
    }
    turn_count = others = 0;
}

/* The next message of a sender: a mark, who says it, its number. False if there is no room. */
static bool say_next (int i, size_t size)
{
    static unsigned char body[1 << 16];
    int from = slot (i);
    body[0] = MARKER;
    body[1] = (unsigned char) from;
    memcpy (body + 2, &said[from], 4);
    if (zmq_send (socket_of (i), body, size < 6 ? 6 : size % sizeof body, ZMQ_DONTWAIT) == -1)
        return false;
    said[from]++;
    return true;
}

static void note_turn (const unsigned char *data, size_t size)
{
    if (size < 6 || data[0] != MARKER || data[1] >= SLOTS) {
        others++;
        return;
    }
    uint32_t count;
    memcpy (&count, data + 2, 4);
    in_order[data[1]] = in_order[data[1]] && count == seen[data[1]];
    seen[data[1]]++;
    if (turn_count < TURNS)
        turns[turn_count++] = data[1];
}

/* Takes one message, of which the last frame counts. */
static bool take_turn (void *socket)
{
    for (;;) {
        zmq_msg_t msg;
        zmq_msg_init (&msg);
        if (zmq_msg_recv (&msg, socket, ZMQ_DONTWAIT) == -1) {
            int error = errno;
            zmq_msg_close (&msg);
            errno = error;
            return false;
        }
        bool more = zmq_msg_more (&msg);
        if (!more)
            note_turn (zmq_msg_data (&msg), zmq_msg_size (&msg));
        zmq_msg_close (&msg);
        if (!more)
            return true;
    }
}

static void print_flood (void)
{
    for (int i = 0; i < SLOTS; i++)
        if (seen[i])
            printf (" %d from %d%s", (int) seen[i], i, in_order[i] ? "" : " in disorder");
    if (others)
        printf (" and %d others", others);
}

/* flood COUNT SIZE SENDER...: each says so much at once, and how much of it was taken. */
static void op_flood (void)
{
    begin_flood ();
    for (int i = 4; i < word_count; i++) {
        int left = number (2);
        while (left > 0 && say_next (i, (size_t) number (3)))
            left--;
        printf (" %d", number (2) - left);
    }
}

/* gather READER even|any: takes all there is; whether the peers, who said equally much, took turns. */
static void op_gather (void)
{
    void *reader = socket_of (2);
    while (take_turn (reader))
        ;
    int error = errno, peers = 0;
    for (int i = 0; i < SLOTS; i++)
        peers += seen[i] > 0;
    print_flood ();
    printf (" %s", error_name (error));
    if (strcmp (word (3), "even") || !peers)
        return;
    for (int round = 0; round + peers <= turn_count; round += peers)
        for (int i = round; i < round + peers; i++)
            for (int j = round; j < i; j++)
                if (turns[i] == turns[j]) {
                    printf (" uneven after %d", round);
                    return;
                }
    printf (" even");
}

/* through READER COUNT SIZE SENDER...: the reader takes what comes while they still talk, whatever their marks are. */
static void op_through (void)
{
    int talking = word_count - 5;
    uint32_t count = (uint32_t) number (3);
    begin_flood ();
    for (int idle = 0; idle < 20000;) {
        bool moved = false;
        int heard = 0;
        for (int i = 5; i < word_count; i++) {
            moved = (said[slot (i)] < count && say_next (i, (size_t) number (4))) || moved;
            heard += seen[slot (i)] == count;
        }
        if (heard == talking)
            break;
        moved = take_turn (socket_of (2)) || moved;
        idle = moved ? 0 : idle + 1;
        if (!moved)
            sleep_us (100);
    }
    print_flood ();
}
