/* Bindings move zmq_msg_t by memcpy: content and reference stay good. */
#include "check.h"

static void
moved (zmq_msg_t *m, char first, size_t size)
{
    zmq_msg_t elsewhere;
    memcpy (&elsewhere, m, sizeof elsewhere);
    memset (m, 0xee, sizeof *m);
    CHECK_EQ (zmq_msg_size (&elsewhere), size);
    CHECK (((char *) zmq_msg_data (&elsewhere))[0] == first);
    CHECK (((char *) zmq_msg_data (&elsewhere))[size - 1] == first);
    OK (zmq_msg_close (&elsewhere));
}

static int freed;

static void
release (void *data, void *hint)
{
    (void) data;
    (void) hint;
    freed++;
}

int
main (void)
{
    static char buffer[100];
    static const size_t sizes[] = {1, 29, 33, 34, 1000};
    for (size_t i = 0; i < 5; i++) {
        zmq_msg_t m;
        OK (zmq_msg_init_size (&m, sizes[i]));
        memset (zmq_msg_data (&m), 'x', sizes[i]);
        moved (&m, 'x', sizes[i]);
    }
    zmq_msg_t m;
    memset (buffer, 'y', sizeof buffer);
    OK (zmq_msg_init_data (&m, buffer, sizeof buffer, release, NULL));
    moved (&m, 'y', sizeof buffer);
    CHECK_EQ (freed, 1);
    return 0;
}
