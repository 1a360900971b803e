/* Talks nonsense: noise TYPE ENDPOINT SEED COUNT

   Sends so many messages of chance to a server of these examples, made of the words of all their protocols; TYPE is dealer or
   pub. Servers have to live with it. */
#include "lib.h"

static const char *const words[] = {
    "",      "MDPC01", "MDPW01", "\1",        "\2",         "\3",           "\4",          "\5",          "square",
    "7",     "-7",     "x",      "mmi.service", "ICANHAZ?",   "KTHXBAI",      "HUGZ",        "PING",        "1.0",
    "/key",  "/",      "12345678", "ttl=1\n",   "ttl=-1\n",  "titanic.request", "titanic.reply", "titanic.close", "mmi.weather",
    "99999999999999999999999999", "0123456789abcdef0123456789abcdef",
};

static frame *
word_of_chance (unsigned *seed)
{
    char bytes[300];
    size_t size = (size_t) rand_r (seed) % sizeof bytes;
    if (rand_r (seed) % 4) {
        const char *word = words[(size_t) rand_r (seed) % (sizeof words / sizeof *words)];
        return frame_new (word, strlen (word));
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char) rand_r (seed);
    return frame_new (bytes, size);
}

static message *
message_of_chance (unsigned *seed)
{
    message *m = message_new ();
    if (rand_r (seed) % 2) /* the way past every first check */
        message_add_text (m, "");
    for (int left = 1 + rand_r (seed) % 7; left > 0; left--)
        message_add (m, word_of_chance (seed));
    return m;
}

int
main (int argc, char **argv)
{
    catch_signals ();
    if (argc != 5)
        usage ("noise dealer|pub ENDPOINT SEED COUNT");
    void *context = context_new ();
    void *socket = socket_new (context, strcmp (argv[1], "pub") ? ZMQ_DEALER : ZMQ_XPUB);
    set_number (socket, ZMQ_SNDHWM, 0);
    set_number (socket, ZMQ_SNDTIMEO, 500); /* a peer that speaks another language than the server gets no connection */
    connect_to (socket, argv[2]);
    if (strcmp (argv[1], "pub") == 0)
        message_free (message_receive (socket)); /* somebody listens */
    unsigned seed = (unsigned) number (argv[3]);
    for (long left = number (argv[4]); left > 0 && message_send (message_of_chance (&seed), socket); left--)
        ;
    socket_close (socket);
    context_end (context);
    return 0;
}
